"""The contract of a surface: an analytic function to minimise, with what is known of it."""

from __future__ import annotations

from typing import Any, ClassVar

from fallline.core.errors import InvalidValue
from fallline.core.node import Node, option

Point = tuple[float, ...]
Range = tuple[float, float]


class Surface(Node):
    """A function of one point, for the eye and for `minimize`.

    A surface file writes `value(xp, x)` in array operations. The coordinate is the first axis of `x`, so that `x[0]`
    and `x[1]` are the numbers of one point or whole grids of them. What is known of the function stands beside it as
    class attributes, or as properties where it depends on the fields.
    """

    STEPS: ClassVar[bool] = False

    def value(self, xp: Any, x: Any) -> Any:
        """Return the function at `x` of shape (n, ...), in shape (...); `xp` is the array namespace."""
        raise NotImplementedError(f"{type(self).__name__} must define value(xp, x)")

    def __call__(self, x: Any) -> Any:
        """Return the function at `x`, a point of n coordinates or an array of shape (n, ...), as a JAX array."""
        return evaluate(self, len(self.domain), x)

    @property
    def domain(self) -> tuple[Range, ...]:
        """The (low, high) of each coordinate that one usually looks at."""
        raise NotImplementedError(f"{type(self).__name__} must define domain")

    @property
    def lowest(self) -> float:
        """The lowest value, -inf where there is none."""
        raise NotImplementedError(f"{type(self).__name__} must define lowest")

    @property
    def minima(self) -> tuple[Point, ...]:
        """Every point of the domain with the lowest value."""
        raise NotImplementedError(f"{type(self).__name__} must define minima")

    @property
    def start(self) -> Point:
        """A usual starting point."""
        raise NotImplementedError(f"{type(self).__name__} must define start")

    @property
    def local_minima(self) -> tuple[Point, ...]:
        """Every other minimum of the domain, or () where they are not listed."""
        return ()

    @property
    def saddles(self) -> tuple[Point, ...]:
        """Every saddle point of the domain, or () where they are not listed."""
        return ()


class Scalable(Surface):
    """A surface of as many coordinates as asked for, which are alike."""

    FEWEST: ClassVar[int] = 1
    """The fewest coordinates that it has a meaning for."""

    SIDE: ClassVar[Range]
    """The domain of each coordinate."""

    BOTTOM: ClassVar[float]
    """Each coordinate of the one minimum."""

    START: ClassVar[Point]
    """The first coordinates of the starting point, over and over."""

    dimension: int = option(2, help="how many coordinates")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dimension < self.FEWEST:
            raise InvalidValue(
                f"{self.name()}(dimension={self.dimension}): dimension must be {self.FEWEST} or more, "
                f"got {self.dimension}."
            )

    @property
    def domain(self) -> tuple[Range, ...]:
        return (self.SIDE,) * self.dimension

    @property
    def minima(self) -> tuple[Point, ...]:
        return ((self.BOTTOM,) * self.dimension,)

    @property
    def start(self) -> Point:
        return (self.START * self.dimension)[: self.dimension]


def evaluate(surface: Any, n: int, x: Any) -> Any:
    """Return the value at `x` of a surface of n coordinates, as a JAX array; another number of them is refused."""
    import jax.numpy as jnp

    x = jnp.asarray(x)
    if x.ndim == 0 or x.shape[0] != n:
        raise InvalidValue(
            f"{type(surface).__name__} of a point of shape {x.shape}: the first axis must hold its "
            f"{n} coordinate{'s' * (n > 1)}."
        )
    return surface.value(jnp, x if jnp.issubdtype(x.dtype, jnp.floating) else x.astype(float))
