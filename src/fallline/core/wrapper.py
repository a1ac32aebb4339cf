"""A method around a method: the base of weight decay, accumulation and averages."""

from __future__ import annotations

from typing import Any, Self

from fallline.core import lift
from fallline.core.errors import InvalidType
from fallline.core.method import Method
from fallline.core.node import at_step, part


class Wrapper(Method):
    """A method around another, which it reports and is tuned as; `self.method` is the one inside."""

    method: Method = part(help="the method inside")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.method, Method):
            raise InvalidType(
                f"{self.name()}({self.method!r}): it goes around one method such as fl.Adam(lr=0.001), "
                f"got {type(self.method).__name__}."
            )

    def init(self, params: Any) -> dict[str, Any]:
        """Return the count of steps and the state of the method inside."""
        leaves, _ = lift.flatten(params)
        xp = lift.namespace(leaves, self)
        return {"count": xp.zeros((), dtype=xp.int32), "method": self.method.init(params)}

    def numbers(self, params: Any, state: dict[str, Any]) -> tuple[Any, Self]:
        """Return the array namespace of the parameters, and this with its own numbers as they are at this step."""
        leaves, _ = lift.flatten(params)
        xp = lift.namespace(leaves, self, state)
        return xp, at_step(self, xp, state["count"], lift.widest(xp, [lift.widened(xp, xp.asarray(p)) for p in leaves]))

    @property
    def descends(self) -> bool:
        """Whether the method inside does."""
        return self.method.descends

    @property
    def reports_elsewhere(self) -> bool:
        """Whether the method inside does."""
        return self.method.reports_elsewhere

    def eval_params(self, params: Any, state: dict[str, Any]) -> Any:
        """Return what the method inside reports."""
        return self.method.eval_params(params, state["method"])

    def in_force(self, xp: Any, state: dict[str, Any], dtype: Any) -> dict[str, Any]:
        """Return the numbers of the method inside, and its own scheduled ones."""
        return self.method.in_force(xp, state["method"], dtype) | super().in_force(xp, state, dtype)

    def preconditioner(self, params: Any, state: dict[str, Any]) -> Any:
        """Return what the method inside divides the gradient by."""
        return self.method.preconditioner(params, state["method"])

    def edge(self, xp: Any, state: dict[str, Any], dtype: Any) -> Any:
        """Return where the steps of the method inside begin to grow."""
        return self.method.edge(xp, state["method"], dtype)

    @property
    def has_lr(self) -> bool:
        """Whether the method inside has a learning rate."""
        return self.method.has_lr

    @property
    def needs_rate(self) -> bool:
        """Whether the method inside needs one chosen."""
        return self.method.needs_rate

    @property
    def rate(self) -> Any:
        """The learning rate of the method inside."""
        return self.method.rate

    def with_lr(self, lr: Any) -> Self:
        """Return the same around a method with another learning rate."""
        return self.replace(method=self.method.with_lr(lr))
