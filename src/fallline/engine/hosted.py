"""What probes ask of a batch where steps are called one by one: answered from the host, between the steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.method import Method
from fallline.core.probe import StepView
from fallline.engine import batch
from fallline.engine.activations import activations
from fallline.engine.parts import Part, part_gradient
from fallline.engine.plan import Plan, run_key
from fallline.engine.program import CompileOptions, compiled
from fallline.engine.row_norms import row_norms, rows_together
from fallline.engine.step import Limits, State


class Hosted:
    """Programs that answer for one part of a batch, and what is gathered from them over its parts.

    Args:
        plan: the run.
        state: a state, for its shapes.
        size: rows of the batch.
        sizes: rows that a part may have; each has programs of its own.
        masked: whether some of a batch's rows may only fill up its last part.
        options: the compiler's.
    """

    def __init__(
        self, plan: Plan, state: State, size: int, sizes: Iterable[int], masked: bool, options: CompileOptions = ()
    ) -> None:
        self.plan, self.cadences, self.size, self.masked = plan, plan.cadences, size, masked
        if not self.cadences:
            return
        self.dtype, self.options = state.first_loss.dtype, plan.options or options
        self.data = plan.layout.everywhere((run_key(plan.spec.seed), batch.limits(plan, self.dtype)))
        self.part = part_gradient(plan, self.dtype, masked)
        self.missing = {name: self.dtype.type(np.nan) for cadence in self.cadences for name in cadence.columns}
        self.together = 1 if plan.stepwise else rows_together(state.params, plan.micro_batch)
        self.kinds: dict[str, str] = {}
        self._prepare(state, set(sizes), frozenset().union(*(cadence.asks for cadence in self.cadences)))

    def row(self, method: Method, state: State, parts: Iterable[Part], valid: Any, step: int) -> dict[str, Any]:
        """Return the probes' columns at a step about to be taken; `parts` are gone through once a product."""
        due = [probe for cadence in self.cadences if step % cadence.every == 0 for probe in cadence.probes]
        if not due:
            return dict(self.missing) if self.cadences else {}
        view = self._view(method, state, parts, valid)
        found = (each for probe in due for each in probe.columns(np, view).items())
        return self.missing | {name: self.dtype.type(value) for name, value in found}

    def _view(self, method: Method, state: State, parts: Iterable[Part], valid: Any) -> StepView:
        def gathered(function: Callable[..., Any], *before: Any) -> Any:
            return _summed(self._program(function, *args)(*args) for args in self._calls(parts, valid, before))

        def at(state: State) -> Any:
            return _home(gathered(self._at, state))

        loss, grads = at(state)
        first = next(self._calls(parts, valid, (method, state, loss, grads)))
        updates, divisor = _home(self._program(self._moved, *first)(*first))
        return StepView(
            params=_home(state.params),
            grads=grads,
            updates=updates,
            loss=loss,
            curvature=lambda v: _home(gathered(self._bent, jax.tree.map(jnp.asarray, v), state)),
            preconditioner=lambda: divisor,
            elsewhere=lambda params: at(state._replace(params=jax.tree.map(jnp.asarray, params))),
            halves=lambda: self._halves(state, parts, valid),
            row_norms=lambda: self._row_norms(state, parts, valid),
            activations=lambda: self._activations(state, parts, valid),
            start=_home(state.start),
        )

    def _halves(self, state: State, parts: Iterable[Part], valid: Any) -> Any:
        middle = self.size // 2
        return self._half(state, parts, valid, 0, middle), self._half(state, parts, valid, middle, self.size)

    def _half(self, state: State, parts: Iterable[Part], valid: Any, first: int, end: int) -> tuple[Any, Any]:
        count = int(np.clip(valid - first, 0, end - first))
        if not count or self.plan.swept:
            return count, jax.tree.map(lambda p: np.full(p.shape, np.nan, p.dtype), state.params)
        data, rows = next(iter(parts))[0], np.concatenate([rows for _, rows, _ in parts])
        pieces = [(data, rows[start : start + n], start) for start, n in self._pieces(first, end)]
        own = [(state, self.dtype.type(0), *rest) for _, _, *rest in self._calls(pieces, valid, (state,))]
        _, grads = _summed(self._program(self._at, *args)(*args) for args in own)
        factor = (1 if self.plan.spec.reduction == "sum" else int(valid)) / count
        return count, jax.tree.map(lambda g: np.asarray(g) * np.asarray(factor, g.dtype), grads)

    def _row_norms(self, state: State, parts: Iterable[Part], valid: Any) -> Any:
        if self.plan.objective.together:
            return None
        found = []
        for data, rows, start in parts:
            for first in range(0, len(rows), self.together):
                own = np.arange(first, first + self.together)
                args = state, data, *self.data, rows[np.minimum(own, len(rows) - 1)], np.int32(start + first)
                norms = np.asarray(self._program(self._norms, *args)(*args))
                found.append(np.where(start + own < valid, norms, np.nan)[: len(rows) - first])
        return np.concatenate(found)

    def _activations(self, state: State, parts: Iterable[Part], valid: Any) -> Any:
        args = next(self._calls(parts, valid, (state,)))
        found = _home(self._program(self._units, *args)(*args))
        return {name: (kind, found[name]) for name, kind in self.kinds.items()}

    def _calls(self, parts: Iterable[Part], valid: Any, before: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        """Return the arguments of a program for each part; the price of large weights is paid once a batch."""
        for data, rows, start in parts:
            yield *before, self.dtype.type(start == 0), data, *self.data, rows, np.int32(start), np.int32(valid)

    def _pieces(self, first: int, end: int) -> list[tuple[int, int]]:
        micro = self.plan.micro_batch
        return [(start, min(micro, end - start)) for start in range(first, end, micro)]

    def _prepare(self, state: State, sizes: set[int], asks: frozenset[str]) -> None:
        """Compile what will be asked for, so that no step waits for it."""
        plan, some = self.plan, np.int32(self.size)

        def parts(sizes: Iterable[int]) -> list[Part]:
            return [(plan.feed.example, np.zeros(size, np.int32), 0) for size in sorted(sizes, reverse=True)]

        halves = {n for ends in ((0, self.size // 2), (self.size // 2, self.size)) for _, n in self._pieces(*ends)}
        of_halves = halves if "halves" in asks and not plan.swept else set()
        for args in self._calls(parts(sizes | of_halves), some, (state,)):
            self._program(self._at, *args)
        for args in self._calls(parts(sizes), some, (state.params, state)):
            if "curvature" in asks:
                self._program(self._bent, *args)
        first = next(self._calls(parts(sizes), some, (plan.method, state, state.first_loss, state.params)))
        self._program(self._moved, *first)
        if "activations" in asks:
            args = next(self._calls(parts(sizes), some, (state,)))
            jax.eval_shape(self._units, *args)  # notes the kinds, which no compiled program gives
            self._program(self._units, *args)
        if "row_norms" in asks and not plan.objective.together:
            ((data, rows, _),) = parts([self.together])
            self._program(self._norms, state, data, *self.data, rows, np.int32(0))

    def _program(self, function: Callable[..., Any], *args: Any) -> Callable[..., Any]:
        key = (self.masked, self.plan.program_key, self.options)
        return compiled(function, *args, problem=self.plan.problem, key=key, options=self.options)

    def _at(self, state: State, priced: Any, data: Any, key: Any, limits: Limits, *rest: Any) -> tuple[Any, Any]:
        """Return a part's share of the loss and its gradient."""
        found, price = self.part(state, data, key, limits, *rest), limits.penalty
        if price is None:
            return found.loss, found.grads
        grads = jax.tree.map(lambda g, p: g + priced * p, found.grads, price.gradient(state.params))
        return found.loss + priced * price.value(state.params), grads

    def _bent(self, v: Any, state: State, *rest: Any) -> Any:
        """Return a part's share of the Hessian times v."""
        return jax.jvp(lambda params: self._at(state._replace(params=params), *rest)[1], (state.params,), (v,))[1]

    def _moved(self, method: Any, state: State, loss: Any, grads: Any, *rest: Any) -> tuple[Any, Any]:
        """Return the step, and what the method divides the gradient by; who compares points has its batch in a part."""

        def value_fn(params: Any) -> Any:
            return self._at(state._replace(params=params), *rest)[0]

        updates, after = method.update(grads, state.method, state.params, value=loss, value_fn=value_fn)
        return updates, method.preconditioner(state.params, after)

    def _norms(self, state: State, data: Any, key: Any, limits: Limits, rows: Any, start: Any) -> Any:
        own = batch.step_key(self.plan, key, state.step)
        own = None if own is None else jax.random.fold_in(own, start)
        found = batch.gathered(data, rows)
        return row_norms(self.plan.objective, state.params, state.model, found, limits.mean_weight, own)

    def _units(self, state: State, priced: Any, data: Any, key: Any, limits: Limits, rows: Any, *_: Any) -> Any:
        own = batch.step_key(self.plan, key, state.step)
        own = None if own is None else jax.random.fold_in(own, 0)
        found = activations(self.plan.objective, state.params, state.model, batch.gathered(data, rows), own)
        self.kinds = {name: kind for name, (kind, _) in found.items()}
        return {name: array for name, (_, array) in found.items()}


def _summed(found: Iterable[Any]) -> Any:
    return reduce(lambda one, two: jax.tree.map(jnp.add, one, two), found)


def _home(tree: Any) -> Any:
    return jax.tree.map(np.asarray, tree)
