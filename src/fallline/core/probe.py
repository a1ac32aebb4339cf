"""The contract of a probe: one measurement taken inside the compiled step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple

from fallline.core.errors import InvalidValue
from fallline.core.node import Node, option


def _not_given(*_: Any) -> Any:
    raise NotImplementedError("this view was made without what is asked of it")


class StepView(NamedTuple):
    """What a probe sees of one step: everything that the step computed anyway, and what it can ask for besides.

    What is asked for is of this step's batch, and costs what is said; the batch's loss is the mean or the sum over its
    rows, as the run has it, with the penalty of large weights. Numbers are drawn as in the step itself.
    """

    params: Any = None
    """Where the gradient was taken."""
    grads: Any = None
    updates: Any = None
    loss: Any = None
    curvature: Callable[[Any], Any] = _not_given
    """A pytree v like `params` → Hv, H the Hessian of this batch's loss at `params`; costs about two gradients."""
    preconditioner: Callable[[], Any] = _not_given
    """→ what the method divided the gradient by in this step, a pytree like `params`; None where it is not known."""
    elsewhere: Callable[[Any], tuple[Any, Any]] = _not_given
    """Other parameters → (loss, grads) of this batch there; costs one gradient."""
    halves: Callable[[], tuple[tuple[Any, Any], tuple[Any, Any]]] = _not_given
    """→ (rows, their mean gradient) of the batch's first half, and of the rest, without penalties; one row fewer in the
    first half where the batch is odd. The gradients are nan where a half has no row, and for the full batch, whose
    rows come in an order that nothing mixed. Costs one gradient."""
    row_norms: Callable[[], Any] = _not_given
    """→ ‖∇ℓᵢ‖² of every row's own loss, shape (B,), nan for rows that only fill a batch up; None for a loss that is a
    scalar. Costs about three gradients."""
    activations: Callable[[], Mapping[str, tuple[str, Any]]] = _not_given
    """→ name → (kind, array with a row a row) of every activation that the loss computes, found in its traced program;
    of the first micro-batch, where there are several. See `engine.activations`. Costs a third of a gradient."""
    start: Any = None
    """The parameters before the run's first step; None unless the probe's class says FROM_START."""


class Probe(Node):
    """A named measurement with units and cost; its values become columns of the record's history.

    Where steps are called one by one (convolutions on a CPU, the full batch of a stream) a probe that asks for more
    than the step computed is measured from the host, with NumPy arrays: one compiled call a product of the Hessian.
    """

    COLUMN: ClassVar[str]
    """The column it fills, or what the names of its columns begin with."""

    UNITS: ClassVar[str]
    COST: ClassVar[str]
    """What one measurement costs, in words."""

    DEFAULT: ClassVar[bool] = False
    """Whether it is among those that `probes="default"` means."""

    ASKS: ClassVar[bool] = False
    """Whether it asks anything of the batch beyond what the step computed: the curvature, the loss elsewhere, rows."""

    FROM_START: ClassVar[bool] = False
    """Whether it looks back at the first parameters, which the run then keeps."""

    every: int = option(1, help="steps from one measurement to the next; the first step is measured")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.every < 1:
            raise InvalidValue(f"{self.name()}(every={self.every}): every must be at least 1 step.")

    def measure(self, xp: Any, view: StepView) -> Any:
        """Return the measured number, or a dict of numbers by name, each a column `COLUMN/name`."""
        raise NotImplementedError(f"{type(self).__name__} must define measure(xp, view)")

    def gradients(self) -> float:
        """Return what one measurement costs, in gradients of a batch; 0 for passes over the parameters."""
        return 0.0

    def columns(self, xp: Any, view: StepView) -> dict[str, Any]:
        """Return what one measurement writes into the history, by column."""
        found = self.measure(xp, view)
        if not isinstance(found, Mapping):
            return {self.COLUMN: found}
        return {f"{self.COLUMN}/{name}": number for name, number in found.items()}
