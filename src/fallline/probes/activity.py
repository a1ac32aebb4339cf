"""Which units still do something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from fallline.core.node import option
from fallline.core.probe import Probe, StepView

LIMIT = 0.99
"""How far on the way from its middle to a limit a sigmoid or tanh is saturated: it has a fiftieth of its slope."""

WAY: Mapping[str, Callable[[Any, Any], Any]] = {
    "sigmoid": lambda xp, a: xp.abs(2 * a - 1),
    "tanh": lambda xp, a: xp.abs(a),
}
"""How far an activation is on the way from its middle, 0, to a limit, 1, by kind."""


class Activity(Probe):
    """The share of dead units, 0 on every row of the batch, and of saturated activations, close to a limit.

    Columns `dead/relu 1`, `dead/relu 2`, … are the shares of units of the first ReLU, the second, …, that no row of the
    batch switches on: no gradient reaches the weights before them. Columns `saturated/tanh 1`, `saturated/sigmoid 1`, …
    are the shares of numbers that have gone 99% of the way to a limit of the function, where its slope is near 0.
    Activations are found in the loss's own program, whatever the model. One of your own has a name if you give it one,
    `jax.ad_checkpoint.checkpoint_name(x, "gate")`, and a column `dead/gate`.

    Source: X. Glorot and Y. Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010,
    section 3 (saturation); L. Lu et al., Dying ReLU and Initialization, 2019, arXiv:1903.06733.

    Example:
        >>> import numpy as np
        >>> hidden = np.array([[0.0, 2.0, 0.0, 1.0], [0.0, 0.0, 0.0, 3.0]])
        >>> view = StepView(activations=lambda: {"relu 1": ("relu", hidden), "tanh 1": ("tanh", hidden / 3)})
        >>> {name: float(share) for name, share in Activity().columns(np, view).items()}
        {'dead/relu 1': 0.5, 'saturated/tanh 1': 0.125}
    """

    COLUMN: ClassVar[str] = ""
    UNITS: ClassVar[str] = "none"
    COST: ClassVar[str] = "one loss of the batch, half a gradient at most"
    ASKS: ClassVar[bool] = True

    every: int = option(100, help="steps from one measurement to the next; the first step is measured")

    def measure(self, xp: Any, view: StepView) -> Any:
        """Return the shares by column."""
        found = {}
        for name, (kind, array) in view.activations().items():
            if kind in WAY:
                found[f"saturated/{name}"] = saturated(xp, kind, array)
            else:
                found[f"dead/{name}"] = dead(xp, array)
        return found

    def columns(self, xp: Any, view: StepView) -> dict[str, Any]:
        """Return the shares by column: there are two kinds of them."""
        found: dict[str, Any] = self.measure(xp, view)
        return found

    def gradients(self) -> float:
        """Return the cost of a loss alone."""
        return 0.5


def dead(xp: Any, array: Any) -> Any:
    """Return the share of units that are 0 on every row and at every place; `array` is (B, …, units), or (B,)."""
    units = array.shape[-1] if array.ndim > 1 else 1
    return xp.mean(xp.astype(xp.all(xp.reshape(array, (-1, units)) == 0, axis=0), xp.float32))


def saturated(xp: Any, kind: str, array: Any) -> Any:
    """Return the share of numbers beyond `LIMIT` of the way to a limit."""
    return xp.mean(xp.astype(WAY[kind](xp, array) > LIMIT, xp.float32))
