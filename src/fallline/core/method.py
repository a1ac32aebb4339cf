"""The contract of a method: `init(params) -> state`, `update(grads, state, params) -> (updates, state)`.

A method file writes two things for **one array**, in array operations that NumPy and JAX share: `slots`, the state kept
for it, and `rule`, the step. Everything else is here, once: lifting the rule to pytrees, reading schedules, computing
in at least float32. Updates are *added* to the parameters (optax's contract), so a method runs in any optax loop.
"""

from __future__ import annotations

from typing import Any, ClassVar

from fallline.core.errors import InvalidType, InvalidValue, did_you_mean
from fallline.core.node import Node, at_step


class Slots(dict[str, Any]):
    """The state of one array, read as attributes: `s.m`."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def after(self, changed: dict[str, Any]) -> Slots:
        """Return the slots after a step; a name that `slots` never made is refused, since it would be forgotten."""
        for name in changed.keys() - self.keys():
            near = did_you_mean(name, self)
            raise InvalidValue(f"the rule changed a slot {name!r} that slots(xp, p) does not make.{near}")
        return Slots(self | changed)


class Method(Node):
    """A gradient-descent method: hyperparameters and a pure update rule."""

    PARENTS: ClassVar[tuple[type[Method], ...]] = ()
    """The methods it descends from in the family graph."""

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """Return the state of one parameter array `p` before the first step: name → array (0-d ones too).

        `self.*` are the numbers of the first step.
        """
        return {}

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Return the update of one array and its changed slots.

        `g` is the gradient, `p` the parameters, `s` the slots, `t` the step counted from 1; `self.*` are numbers at
        this step; all of them in float32 or wider.
        """
        raise NotImplementedError(f"{type(self).__name__} must define rule(xp, g, p, s, t)")

    def report(self, xp: Any, p: Any, s: Slots, t: Any) -> Any:
        """Return the point to report for one array: where `p` holds the gradient's point, not the answer.

        `s`, `t` and `self.*` are those of the last step taken.
        """
        return p

    def init(self, params: Any) -> dict[str, Any]:
        """Return the state before the first step: a step count and one pytree a slot, in float32 or wider."""
        leaves, tree = _flatten(params)
        xp = _namespace(leaves, self)
        wide = [_widened(xp, xp.asarray(p)) for p in leaves]
        slots = [Slots(at_step(self, xp, 0, p.dtype).slots(xp, p)) for p in wide]
        return _state(xp, xp.zeros((), dtype=xp.int32), slots, tree)

    def update(self, grads: Any, state: dict[str, Any], params: Any = None, **extra: Any) -> tuple[Any, dict[str, Any]]:
        """Return the updates, to be added to the parameters, and the next state.

        `extra` (optax's `value`, `grad`, `value_fn`) is accepted and left to methods that look at it.
        """
        leaves, tree = _flatten(grads)
        xp = _namespace(leaves, self, state, params)
        narrow = [xp.asarray(g) for g in leaves]
        wide = [_widened(xp, g) for g in narrow]
        points = [None] * len(leaves)
        if params is not None:
            points = [_widened(xp, xp.asarray(p)) for p in tree.flatten_up_to(params)]
        steps, slots = self.tree_rule(xp, wide, points, _slots(state, tree), state["count"])
        updates = [xp.astype(xp.asarray(u), g.dtype) for u, g in zip(steps, narrow, strict=True)]
        return tree.unflatten(updates), _state(xp, state["count"] + 1, slots, tree)

    def tree_rule(
        self, xp: Any, grads: list[Any], params: list[Any], slots: list[Slots], count: Any
    ) -> tuple[list[Any], list[Slots]]:
        """Apply `rule` to every array; a method that looks across arrays overrides this."""
        updates, after = [], []
        for g, p, s in zip(grads, params, slots, strict=True):
            update, changed = at_step(self, xp, count, g.dtype).rule(xp, g, p, s, xp.asarray(count + 1, dtype=g.dtype))
            updates.append(update)
            after.append(s.after(changed))
        return updates, after

    def eval_params(self, params: Any, state: dict[str, Any]) -> Any:
        """Return the parameters to report, predict and save with; `params` is where the gradient is taken."""
        if type(self).report is Method.report:
            return params
        leaves, tree = _flatten(params)
        xp = _namespace(leaves, self, state)
        last = xp.maximum(state["count"] - 1, 0)
        points = []
        for p, s in zip(map(xp.asarray, leaves), _slots(state, tree), strict=True):
            wide = _widened(xp, p)
            t = xp.asarray(state["count"], dtype=wide.dtype)
            point = at_step(self, xp, last, wide.dtype).report(xp, wide, s, t)
            points.append(xp.astype(xp.asarray(point), p.dtype))
        return tree.unflatten(points)


def _flatten(tree: Any) -> tuple[list[Any], Any]:
    import jax

    return jax.tree.flatten(tree)


def _state(xp: Any, count: Any, slots: list[Slots], tree: Any) -> dict[str, Any]:
    """Return the state as it is carried: the count, and one pytree a slot."""
    names = slots[0] if slots else ()
    columns = {n: tree.unflatten([xp.asarray(s[n]) for s in slots]) for n in names}
    return {"count": xp.asarray(count, dtype=xp.int32), **columns}


def _slots(state: dict[str, Any], tree: Any) -> list[Slots]:
    """Return the state as rules see it: the slots of every array."""
    columns = {n: tree.flatten_up_to(column) for n, column in state.items() if n != "count"}
    return [Slots((n, column[i]) for n, column in columns.items()) for i in range(tree.num_leaves)]


def _namespace(leaves: list[Any], *trees: Any) -> Any:
    """Return NumPy where the arrays are NumPy's and nothing else is JAX's, else `jax.numpy`: one rule runs on both."""
    import jax
    import numpy

    ours = leaves and all(isinstance(leaf, numpy.ndarray | numpy.generic) for leaf in leaves)
    if ours and not any(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(trees)):
        return numpy
    return jax.numpy


def _widened(xp: Any, array: Any) -> Any:
    """Return the array in float32 or wider: bfloat16 would round b2 = 0.999 to 1."""
    name = str(array.dtype)
    if name in ("float32", "float64"):
        # A weakly typed array (jnp.asarray(3.0)) would change its type after one step, and retrace.
        return xp.astype(array, array.dtype, copy=False)
    if name in ("bfloat16", "float16"):
        return xp.astype(array, xp.float32)
    raise InvalidType(
        f"a parameter of dtype {name} cannot be stepped along a gradient: parameters must be floating point. "
        f"Write 3.0 instead of 3, or keep whole numbers in the data."
    )
