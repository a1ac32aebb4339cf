"""Names to classes, found by looking: every public class in the files of one package.

Adding a method is adding a file; no list is kept beside it.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING
from typing import Any, Generic, TypeVar

from fallline.core.errors import InvalidValue, did_you_mean
from fallline.core.grammar import Call, parse
from fallline.core.node import Hyper, Node, Option, Part, fields

T = TypeVar("T", bound=Node)


class Registry(Mapping[str, type[T]], Generic[T]):
    """The classes of `kind` defined in the files of `package`, by name.

    Args:
        package: where to look.
        kind: what to look for.
        words: more registries, whose names may stand in the words of this one: `adam(lr=exponential(0.1, 0.9))`.
        foreign: classes made on demand, by the first word of a dotted name: `optax.muon` → `foreign["optax"]("muon")`.
    """

    def __init__(
        self,
        package: str,
        kind: type[T],
        words: tuple[Registry[Any], ...] = (),
        foreign: Mapping[str, Callable[[str], type[T]]] | None = None,
    ) -> None:
        self.package, self.kind, self.words, self.foreign = package, kind, words, foreign or {}

    @functools.cached_property
    def classes(self) -> dict[str, type[T]]:
        """Every class by name, in alphabetical order."""
        path = importlib.import_module(self.package).__path__
        found: dict[str, type[T]] = {}
        for module in pkgutil.iter_modules(path, self.package + "."):
            for value in vars(importlib.import_module(module.name)).values():
                own = isinstance(value, type) and issubclass(value, self.kind) and value.__module__ == module.name
                if not own or value.__name__.startswith("_"):
                    continue
                if (known := found.setdefault(value.name(), value)) is not value:
                    both = f"{known.__module__} and {value.__module__}"
                    raise InvalidValue(f"{both} both define {value.name()!r}: rename one of the classes.")
        return dict(sorted(found.items()))

    def __getitem__(self, name: str) -> type[T]:
        return self.classes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.classes)

    def __len__(self) -> int:
        return len(self.classes)

    def find(self, name: str) -> type[T]:
        """Return the class called `name`, in any case, with or without underscores; the nearest are in the error."""
        found = self._found(name)
        if found is None or not issubclass(found, self.kind):
            word = self.kind.__name__.lower()
            raise InvalidValue(f"unknown {word} {name!r}.{did_you_mean(name, self)}")
        return found

    def _found(self, name: str) -> type[Any] | None:
        origin, _, rest = name.partition(".")
        if rest and origin in self.foreign:
            return self.foreign[origin](rest)
        plain = name.lower().replace("_", "")
        known = [scope.classes for scope in (self, *self.words)]
        return next((classes[plain] for classes in known if plain in classes), None)

    def build(self, text: str | Call) -> T:
        """Make an instance from the command line's words: `"adam(lr=1e-3)"`."""
        call = parse(text) if isinstance(text, str) else text
        made: T = self._made(self.find(call.name), call)
        return made

    def _made(self, cls: type[Any], call: Call) -> Any:
        declared = {f.name: f.metadata["meta"] for f in fields(cls)}
        values = cls.arranged(call)
        required = [f.name for f in fields(cls) if f.default is MISSING and f.name not in values]
        if required and values.keys() <= declared.keys():  # a name that is unknown, the class refuses
            raise InvalidValue(f"{call}: {cls.name()} needs {', '.join(required)}.")
        return cls(**{name: self._value(declared.get(name), value) for name, value in values.items()})

    def _value(self, meta: Any, value: Any) -> Any:
        """Return what an argument means in its place: a call is a node, and so is a bare name where a node belongs."""
        if isinstance(value, tuple):
            return tuple(self._value(meta, v) for v in value)
        if isinstance(value, str) and (isinstance(meta, Part) or (isinstance(meta, Hyper) and self._found(value))):
            value = parse(value)
        if not isinstance(value, Call):
            return value
        found = self._found(value.name)
        if found is None:
            kind = "method" if isinstance(meta, Part) else "schedule"
            known = [name for scope in (self, *self.words) if scope.kind.__name__.lower() == kind for name in scope]
            raise InvalidValue(f"unknown {kind} {value.name!r}.{did_you_mean(value.name, known)}")
        return self._made(found, value)


def to_call(node: Node) -> Call:
    """Return the call that builds the node again: every number, and each option that is not the default.

    Numbers are written out, as floats, so that text made on one day means the same when defaults have changed.
    """
    given: dict[str, Any] = {}
    for field in fields(type(node)):
        chosen = getattr(node, field.name)
        number = not isinstance(field.metadata["meta"], Option) and chosen is not None
        if number or chosen != field.default:
            given[field.name] = _written(chosen) if number else chosen
    return node.spoken(given)


def _written(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_written(v) for v in value)
    return to_call(value) if isinstance(value, Node) else float(value)
