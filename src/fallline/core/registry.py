"""Names to classes, found by looking: every public class in the files of one package.

Adding a method is adding a file; no list is kept beside it.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import MISSING
from typing import Any, Generic, TypeVar

from fallline.core.errors import InvalidValue, did_you_mean
from fallline.core.grammar import Call, parse
from fallline.core.node import Hyper, Node, fields

T = TypeVar("T", bound=Node)


class Registry(Mapping[str, type[T]], Generic[T]):
    """The classes of `kind` defined in the files of `package`, by name.

    `nested` is the registry that calls inside arguments are looked up in, `adam(lr=exponential(0.1, 0.9))`: this one
    itself if no other is given.
    """

    def __init__(self, package: str, kind: type[T], nested: Registry[Any] | None = None) -> None:
        self.package, self.kind, self.nested = package, kind, nested

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
        """Return the class called `name`, in any case; the nearest names are in the error."""
        try:
            return self.classes[name.lower()]
        except KeyError:
            word = self.kind.__name__.lower()
            raise InvalidValue(f"unknown {word} {name!r}.{did_you_mean(name, self)}") from None

    def build(self, text: str | Call) -> T:
        """Make an instance from the command line's words: `"adam(lr=1e-3)"`."""
        call = parse(text) if isinstance(text, str) else text
        cls = self.find(call.name)
        names = [f.name for f in fields(cls)]
        if len(call.args) > len(names):
            raise InvalidValue(f"{call}: {cls.name()} takes no more than {', '.join(names)}.")
        values = dict(zip(names, call.args, strict=False))
        for name, value in call.kwargs.items():
            if name in values:
                raise InvalidValue(f"{call}: {name} is given twice.")
            values[name] = value
        required = [f.name for f in fields(cls) if f.default is MISSING and f.name not in values]
        if required:
            raise InvalidValue(f"{call}: {cls.name()} needs {', '.join(required)}.")
        return cls(**{name: self._value(value) for name, value in values.items()})

    def _value(self, value: Any) -> Any:
        if not isinstance(value, Call):
            return value
        return (self if self.nested is None else self.nested).build(value)


def to_call(node: Node) -> Call:
    """Return the call that builds the node again: every number, and each option that is not the default.

    Numbers are written out, as floats, so that text made on one day means the same when defaults have changed.
    """

    def value(number: Any) -> Any:
        return to_call(number) if isinstance(number, Node) else float(number)

    given: dict[str, Any] = {}
    for field in fields(type(node)):
        chosen = getattr(node, field.name)
        if isinstance(field.metadata["meta"], Hyper) and chosen is not None:
            given[field.name] = value(chosen)
        elif chosen != field.default:
            given[field.name] = chosen
    return Call(type(node).name(), (), given)
