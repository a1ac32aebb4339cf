"""Numbers that remember how they came about: an array namespace in which a method's rule writes itself down."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Origin(NamedTuple):
    """How a value came about: an operation and what it was applied to; a name or a number where it came from nothing.

    Args:
        operation: `leaf`, or a word of `Terms` such as `add` or `sqrt`.
        of: what the operation was applied to.
        name: what a leaf is called; empty for a plain number.
    """

    operation: str
    of: tuple[Term, ...] = ()
    name: str = ""


class Term:
    """A NumPy value, of one coordinate or of all, with its origin. It takes part in arithmetic like its value.

    >>> g = Term.named("g", np.array([3.0, 4.0]))
    >>> (2 * g).value, (2 * g).origin.operation
    (array([6., 8.]), 'multiply')
    """

    __slots__ = ("origin", "value")
    __array_ufunc__ = None  # NumPy's scalars leave the arithmetic to the term
    __hash__ = object.__hash__

    def __init__(self, value: Any, origin: Origin) -> None:
        self.value, self.origin = np.asarray(value), origin

    @classmethod
    def named(cls, name: str, value: Any) -> Term:
        """Return a leaf with a name."""
        return cls(value, Origin("leaf", name=name))

    @classmethod
    def of(cls, value: Any) -> Term:
        """Return the term itself, or a plain number as one."""
        return value if isinstance(value, Term) else cls(value, Origin("leaf"))

    def reshaped(self, value: Any) -> Term:
        """Return the same numbers in another shape or type: they came about as they did."""
        return Term(value, self.origin)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.value.astype(dtype or self.value.dtype)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __getitem__(self, key: Any) -> Term:
        return self.reshaped(self.value[key])

    @property
    def dtype(self) -> np.dtype:
        """That of the value."""
        return self.value.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the value."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """That of the value."""
        return self.value.ndim

    @property
    def size(self) -> int:
        """That of the value."""
        return self.value.size

    # fmt: off
    def __neg__(self) -> Term: return applied("negative", self)
    def __invert__(self) -> Term: return applied("logical_not", self)
    def __add__(self, other: Any) -> Term: return applied("add", self, other)
    def __radd__(self, other: Any) -> Term: return applied("add", other, self)
    def __sub__(self, other: Any) -> Term: return applied("subtract", self, other)
    def __rsub__(self, other: Any) -> Term: return applied("subtract", other, self)
    def __mul__(self, other: Any) -> Term: return applied("multiply", self, other)
    def __rmul__(self, other: Any) -> Term: return applied("multiply", other, self)
    def __truediv__(self, other: Any) -> Term: return applied("divide", self, other)
    def __rtruediv__(self, other: Any) -> Term: return applied("divide", other, self)
    def __pow__(self, other: Any) -> Term: return applied("power", self, other)
    def __rpow__(self, other: Any) -> Term: return applied("power", other, self)
    def __lt__(self, other: Any) -> Term: return applied("less", self, other)
    def __le__(self, other: Any) -> Term: return applied("less_equal", self, other)
    def __gt__(self, other: Any) -> Term: return applied("greater", self, other)
    def __ge__(self, other: Any) -> Term: return applied("greater_equal", self, other)
    def __eq__(self, other: Any) -> Term: return applied("equal", self, other)  # type: ignore[override]
    def __ne__(self, other: Any) -> Term: return applied("not_equal", self, other)  # type: ignore[override]
    def __and__(self, other: Any) -> Term: return applied("logical_and", self, other)
    def __or__(self, other: Any) -> Term: return applied("logical_or", self, other)
    # fmt: on


def applied(operation: str, *of: Any) -> Term:
    """Return NumPy's operation of that name on the values, which remembers it."""
    terms = tuple(map(Term.of, of))
    # A rule divides where it then looks away, as `where` does in arrays.
    with np.errstate(all="ignore"):
        return Term(getattr(np, operation)(*(t.value for t in terms)), Origin(operation, terms))


class Terms:
    """The array namespace of terms: what rules call as `xp`. An operation that it lacks is an AttributeError."""

    __name__ = "terms"
    float32, float64, int32 = np.dtype("float32"), np.dtype("float64"), np.dtype("int32")
    dtype, finfo, result_type = np.dtype, np.finfo, np.result_type

    def __getattr__(self, name: str) -> Callable[..., Term]:
        if name in ("sqrt", "abs", "sign", "log", "exp", "expm1", "maximum", "minimum", "isfinite", "where"):
            return functools.partial(applied, name)
        if name in ("zeros", "ones", "arange"):
            return lambda *args, **options: Term.of(getattr(np, name)(*args, **options))
        raise AttributeError(f"a term has no {name}")

    def asarray(self, x: Any, dtype: Any = None, copy: bool | None = None) -> Term:
        """The same numbers."""
        term = Term.of(x)
        return term.reshaped(term.value.astype(dtype or term.dtype))

    def astype(self, x: Any, dtype: Any, copy: bool = True) -> Term:
        """The same numbers, of another type."""
        return self.asarray(x, dtype)

    def reshape(self, x: Term, shape: Any) -> Term:
        """The same numbers in another shape."""
        return x.reshaped(x.value.reshape(shape))

    def broadcast_to(self, x: Term, shape: Any) -> Term:
        """The same numbers, repeated."""
        return x.reshaped(np.broadcast_to(x.value, shape))

    def stack(self, terms: list[Term]) -> Term:
        """One number with an axis before it: all that a method with one array stacks."""
        (term,) = terms
        return term.reshaped(term.value[None])

    def zeros_like(self, x: Any) -> Term:
        """Plain zeros."""
        return Term.of(np.zeros_like(Term.of(x).value))

    def ones_like(self, x: Any) -> Term:
        """Plain ones."""
        return Term.of(np.ones_like(Term.of(x).value))

    def sum(self, x: Term, keepdims: bool = False) -> Term:
        """The sum over the coordinates."""
        return self._over("sum", x, keepdims)

    def mean(self, x: Term, keepdims: bool = False) -> Term:
        """The mean over the coordinates."""
        return self._over("mean", x, keepdims)

    def _over(self, operation: str, x: Term, keepdims: bool) -> Term:
        value = getattr(np, operation)(x.value, keepdims=keepdims)
        return x.reshaped(value) if x.size == 1 else Term(value, Origin(operation, (x,)))
