"""Different methods for different parameters, chosen by their paths."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Self

from fallline.core import lift
from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.grammar import Call
from fallline.core.method import Method, require_methods
from fallline.core.node import option, part


class ByPath(Method):
    """Different methods, or rates, for different parameters.

    W[path] ← W[path] + methods[i](g[path]), i the first pattern that matches the path

    A path is the way to an array through the pytree, `layers.0.w`; `*` in a pattern stands for any text, so `*.b` are
    all arrays called b. Each method sees its own arrays only: a norm over all arrays is one over all of its arrays. The
    learning rate reported and replaced is that of the last pattern, the others are recorded as `pattern lr`.

    State: that of the methods.
    Cost a step: that of the methods.

    Source: optax.partition; torch's parameter groups.

    Example:
        >>> import numpy as np
        >>> from fallline.methods.sgd import SGD
        >>> method = by_path({"*b": SGD(lr=1.0), "*": SGD(lr=0.1)})
        >>> w = {"w": np.zeros(1), "b": np.zeros(1)}
        >>> method.update({"w": np.ones(1), "b": np.ones(1)}, method.init(w), w)[0]
        {'b': array([-1.]), 'w': array([-0.1])}
    """

    patterns: tuple[str, ...] = option((), help="patterns of paths, the first that matches counts")
    methods: tuple[Method, ...] = part((), help="the method of each pattern")

    def init(self, params: Any) -> dict[str, Any]:
        """Return every method's state; each is a state over a dict of its arrays by path."""
        groups = self._groups(params)
        for pattern, group in zip(self.patterns, groups, strict=True):
            if not group:
                raise InvalidValue(
                    f"by_path: no path is left for the pattern {pattern!r}. The paths: {', '.join(lift.paths(params))}."
                )
        return {"methods": tuple(m.init(group) for m, group in zip(self.methods, groups, strict=True))}

    def update(
        self, grads: Any, state: dict[str, Any], params: Any = None, value_fn: Any = None, **extra: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Step every group by its method."""
        groups = self._groups(grads)
        points = [None] * len(groups) if params is None else self._groups(params)
        found: dict[str, Any] = {}
        after = []
        slopes = self._groups(extra.pop("grad", grads))
        every = zip(self.methods, state["methods"], groups, points, slopes, strict=True)
        for method, own, group, point, slope in every:
            fn = None if value_fn is None else functools.partial(_value_of_part, value_fn, params)
            updates, own = method.update(group, own, point, value_fn=fn, grad=slope, **extra)
            found |= updates
            after.append(own)
        return _merged(grads, found), {"methods": tuple(after)}

    @property
    def descends(self) -> bool:
        """Whether all of them do."""
        return all(m.descends for m in self.methods)

    @property
    def reports_elsewhere(self) -> bool:
        """Whether one of the methods does."""
        return any(m.reports_elsewhere for m in self.methods)

    def eval_params(self, params: Any, state: dict[str, Any]) -> Any:
        """Return the points that the methods report."""
        groups = zip(self.methods, self._groups(params), state["methods"], strict=True)
        found: dict[str, Any] = {}
        for method, group, own in groups:
            found |= method.eval_params(group, own)
        return _merged(params, found)

    def in_force(self, xp: Any, state: dict[str, Any], dtype: Any) -> dict[str, Any]:
        """Return the last pattern's numbers, and the others' with their pattern before the name."""
        every = [m.in_force(xp, own, dtype) for m, own in zip(self.methods, state["methods"], strict=True)]
        named = [{f"{p} {n}": v for n, v in numbers.items()} for p, numbers in zip(self.patterns, every, strict=True)]
        return {n: v for numbers in named[:-1] for n, v in numbers.items()} | every[-1]

    @property
    def has_lr(self) -> bool:
        """Whether the last pattern's method has a learning rate."""
        return self.methods[-1].has_lr

    @property
    def rate(self) -> Any:
        """The learning rate of the last pattern's method."""
        return self.methods[-1].rate

    def with_lr(self, lr: Any) -> Self:
        """Return the same with the rate of the last pattern replaced."""
        return self.replace(methods=(*self.methods[:-1], self.methods[-1].with_lr(lr)))

    def _groups(self, tree: Any) -> list[dict[str, Any]]:
        """Return the arrays of each pattern by path."""
        leaves, _ = lift.flatten(tree)
        groups: list[dict[str, Any]] = [{} for _ in self.patterns]
        paths = lift.paths(tree)
        if twice := {path for path in paths if paths.count(path) > 1}:
            raise InvalidValue(
                f"by_path: two arrays are called {min(twice)!r}. Keep dots out of the names of their tree."
            )
        for path, leaf in zip(paths, leaves, strict=True):
            matching = [i for i, pattern in enumerate(self.patterns) if fnmatchcase(path, pattern)]
            if not matching:
                raise InvalidValue(
                    f"by_path: no pattern matches {path}; there are {', '.join(map(repr, self.patterns))}. "
                    f"End with '*' for all the rest."
                )
            groups[matching[0]][path] = leaf
        return groups

    @classmethod
    def arranged(cls, call: Call) -> dict[str, Any]:
        """Read `by_path({"*.b": sgd(lr=0.1), "*": adam})`."""
        match call:
            case Call(args=(dict() as table,), kwargs={}):
                return {"patterns": tuple(table), "methods": tuple(table.values())}
        raise InvalidValue(f"{call}: write by_path({{'*.b': sgd(lr=0.1), '*': adam}}).")

    def spoken(self, given: dict[str, Any]) -> Call:
        """Return `by_path({'*.b': sgd(lr=0.1), '*': adam(lr=0.001)})`."""
        return Call("by_path", (dict(zip(self.patterns, given["methods"], strict=True)),), {})

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.patterns:
            raise InvalidValue("by_path({}): give at least one pattern, as in by_path({'*.b': fl.SGD, '*': fl.Adam}).")
        for pattern in self.patterns:
            if not isinstance(pattern, str):
                raise InvalidType(f"by_path({{{pattern!r}: ...}}): a pattern of paths is text, as in '*.b' or '0.*'.")
        require_methods(self, self.methods)


def by_path(methods: Mapping[str, Method | type[Method]]) -> ByPath:
    """Return a method that steps every parameter by the method of the first pattern that matches its path.

    Args:
        methods: pattern → method, in order of precedence; `"*"` last for all the rest.
    """
    if not isinstance(methods, Mapping):
        raise InvalidType(f"by_path({methods!r}): give a dict of patterns and methods, as in {{'*.b': fl.SGD}}.")
    return ByPath(tuple(methods), tuple(m() if isinstance(m, type) else m for m in methods.values()))


def _value_of_part(value_fn: Callable[[Any], Any], params: Any, part: dict[str, Any]) -> Any:
    """Return the loss with some of the arrays replaced."""
    leaves, _ = lift.flatten(params)
    return value_fn(_merged(params, dict(zip(lift.paths(params), leaves, strict=True)) | part))


def _merged(like: Any, leaves: Mapping[str, Any]) -> Any:
    """Return a tree shaped as `like` of the arrays by path."""
    paths = lift.paths(like)
    _, tree = lift.flatten(like)
    return tree.unflatten([leaves[path] for path in paths])
