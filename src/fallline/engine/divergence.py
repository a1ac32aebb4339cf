"""How a descent ends: what counts as blown up, and as flung away, and the words for it."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from fallline.core.outcome import Outcome

BLOW_UP = 1e6
"""A value this many times the first one (or 1, if that is more) has diverged."""


def blown_up(xp: Any, value: Any, first: Any) -> Any:
    """Return whether a loss has left the neighbourhood of the first one for good."""
    return xp.abs(value) > BLOW_UP * xp.maximum(1, xp.abs(first))


def flung(losses: np.ndarray[Any, Any], start: Any, end: Any) -> bool:
    """Return whether the last good step had already thrown the loss or the parameters far away.

    What follows such a step and is not finite has diverged; without it, the function had no value there.

    Args:
        losses: every step's, (n,), the one that failed last; n is 2 at least.
        start, end: the parameters before the first step and before the one that failed.
    """
    first, last = float(losses[0]), float(losses[-2])
    return bool(abs(last) > 10 * abs(first) or _largest(end) > 100 * (_largest(start) + 1))


def finished(steps: int) -> tuple[Outcome, str]:
    """Return how a run ended that took all its steps, and the same in words."""
    return Outcome.FINISHED, f"{steps:,} of {steps:,} steps taken"


def on_target(step: int) -> tuple[Outcome, str]:
    """Return how a run ended whose training loss came down to its target, and the same in words."""
    return Outcome.TARGET_REACHED, f"the training loss reached its target at step {step}"


def failure(diverged: bool, losses: np.ndarray[Any, Any]) -> tuple[Outcome, str]:
    """Return how a run ended whose last loss, or the gradient with it, was not good, and the same in words."""
    step, first, last = len(losses), float(losses[0]), float(losses[-1])
    if diverged:
        return Outcome.DIVERGED, f"the loss went from {first:.4g} to {last:.4g} at step {step}"
    what = "gradient" if np.isfinite(last) else "loss"
    return Outcome.NONFINITE, f"the {what} was not finite at step {step}"


def _largest(params: Any) -> float:
    """Return the largest magnitude among the parameters, infinite where one is not a number."""
    sizes = [np.max(np.abs(np.asarray(leaf, np.float64)), initial=0) for leaf in jax.tree.leaves(params)]
    return float(max(sizes)) if np.all(np.isfinite(sizes)) else np.inf
