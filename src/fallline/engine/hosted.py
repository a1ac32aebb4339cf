"""Probes of the curvature where steps are called one by one: measured from the host, between the steps."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial, reduce
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.method import Method
from fallline.core.probe import StepView
from fallline.engine import batch
from fallline.engine.parts import Part, part_gradient
from fallline.engine.plan import Plan, run_key
from fallline.engine.probing import columns
from fallline.engine.program import CompileOptions, compiled
from fallline.engine.step import Limits, State, curvature


class Hosted:
    """The batch's gradient and its derivative along a vector, gathered over the parts of a batch.

    Args:
        plan: the run.
        state: a state, for its shapes.
        sizes: rows that a part may have; each has programs of its own.
        masked: whether some of a batch's rows may only fill up its last part.
        options: the compiler's.
    """

    def __init__(
        self, plan: Plan, state: State, sizes: Iterable[int], masked: bool, options: CompileOptions = ()
    ) -> None:
        self.probes = plan.hosted
        if not self.probes:
            return
        self.dtype = state.first_loss.dtype
        self.data = run_key(plan.spec.seed), batch.limits(plan, self.dtype)
        part = part_gradient(plan, self.dtype, masked)

        def grads(state: State, data: Any, key: Any, limits: Limits, rows: Any, start: Any, valid: Any) -> Any:
            found, price = part(state, data, key, limits, rows, start, valid).grads, limits.penalty
            if price is None:
                return found
            first = start == 0  # the price of large weights is paid once a batch
            return jax.tree.map(lambda g, p: g + first * p, found, price.gradient(state.params))

        def bent(v: Any, state: State, *of_part: Any) -> Any:
            return curvature(lambda params: grads(state._replace(params=params), *of_part), None, state.params)(v)

        def divided(method: Any, state: State, grads: Any) -> Any:
            loss = state.first_loss  # any: what the gradient is divided by follows from gradients alone
            after = method.update(grads, state.method, state.params, value=loss, value_fn=lambda points: loss)[1]
            return method.preconditioner(state.params, after)

        key = ("hosted", masked, plan.program_key)
        options = plan.options or options
        own = partial(compiled, problem=plan.problem, key=(*key, options), options=options)
        some = np.int32(plan.order.batch_size)
        args = {n: (state, plan.feed.example, *self.data, np.zeros(n, np.int32), np.int32(0), some) for n in sizes}
        self.grads = {n: own(grads, *of_part) for n, of_part in args.items()}
        self.bent = {n: own(bent, state.params, *of_part) for n, of_part in args.items()}
        self.divided = own(divided, plan.method, state, state.params)
        missing = self.dtype.type(np.nan)
        self.missing = {name: missing for probe in self.probes for name in columns(probe, plan.method, state.params)}

    def row(self, method: Method, state: State, parts: Iterable[Part], valid: Any, step: int) -> dict[str, Any]:
        """Return the probes' columns at a step about to be taken; `parts` are gone through once a product."""
        due = [probe for probe in self.probes if step % probe.every == 0]
        if not due:
            return dict(self.missing) if self.probes else {}

        def gathered(programs: dict[int, Any], *before: Any) -> Any:
            found = (
                programs[len(rows)](*before, state, data, *self.data, rows, np.int32(start), valid)
                for data, rows, start in parts
            )
            return reduce(lambda one, two: jax.tree.map(jnp.add, one, two), found)

        grads = gathered(self.grads)
        view = StepView(
            params=jax.tree.map(np.asarray, state.params),
            grads=grads,
            updates=None,
            loss=None,
            curvature=lambda v: jax.tree.map(np.asarray, gathered(self.bent, jax.tree.map(jnp.asarray, v))),
            preconditioner=lambda: jax.tree.map(np.asarray, self.divided(method, state, grads)),
        )
        found = (each for probe in due for each in probe.columns(np, view).items())
        return self.missing | {name: self.dtype.type(value) for name, value in found}
