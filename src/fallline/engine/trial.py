"""Short runs that differ in their learning rate and seed only, so that all of them share their programs."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.method import Method
from fallline.core.probe import Probe
from fallline.core.problem import Data, Problem, rows
from fallline.core.spec import Spec
from fallline.core.stream import streamed
from fallline.engine.beginning import alike
from fallline.engine.cadence import Cadence
from fallline.engine.chunk import Advance, make_advance
from fallline.engine.evaluate import Evaluate, make_evaluate
from fallline.engine.feeding import check_repeatable
from fallline.engine.hosted import Hosted
from fallline.engine.mark import reported
from fallline.engine.plan import Plan, in_dtype, initial, plan
from fallline.engine.program import QUICKLY
from fallline.engine.step import RUNNING, State, first_state, loss_dtype


class Trial(NamedTuple):
    """A run as far as it has gone; `losses`, (steps,), holds the loss of every step taken."""

    lr: float
    seed: int
    state: State
    losses: np.ndarray[Any, Any]
    failed: bool


class Trials:
    """The runs of one problem and method; the problem, and the order of its rows in a training, stay untouched.

    Of streamed rows the first window is used.

    Args:
        problem: what is minimised.
        method: how; its learning rate is replaced.
        spec: the training's choices.
    """

    def __init__(self, problem: Problem, method: Method, spec: Spec) -> None:
        whole = self.plan = plan(problem, method, spec)
        self.total_steps = whole.total_steps
        if problem.data is not None and streamed(problem.data.train):
            check_repeatable(problem.data.train, "find_lr")
            self.plan = plan(_first_window(whole), method, spec)
            whole.feed.close()
        self.validates = self.plan.validation is not None
        longest = self.plan.order.steps_per_epoch if self.validates else self.total_steps
        self.longest = min(longest, self.total_steps)  # as in the training, which then finds its programs compiled
        self._advances: dict[int, Advance] = {}
        self._evaluate: dict[int, Evaluate] = {}

    def begun(self, lr: float, seed: int) -> Trial:
        """Return a run before its first step."""
        params, model = initial(self.plan.problem, seed)
        state = jax.jit(first_state)(self._method(lr, params), params, model)
        return Trial(lr, seed, self.plan.layout.placed(state), np.zeros(0), False)

    def carried(self, trial: Trial, until: int) -> Trial:
        """Return the run carried on until it has taken so many steps, or failed."""
        if trial.failed or until <= len(trial.losses):
            return trial
        first = len(trial.losses)
        method, advance = self._method(trial.lr, trial.state.params), self._advance(trial.seed, trial.state)
        state, pieces = advance(method, trial.state, first, until - first)
        losses = np.concatenate([trial.losses, *(np.asarray(columns["loss"])[:n] for n, columns in pieces)])
        return trial._replace(state=state, losses=losses[: int(state.step)], failed=int(state.status) != RUNNING)

    def validation(self, trial: Trial, most: int) -> float:
        """Return the validation loss where the run stands, of at most so many rows, evenly spread."""
        state, planned = trial.state, self.plan
        if most not in self._evaluate:
            part = planned.validation
            part = jax.tree.map(lambda a: a[:: -(-rows(part) // most)], part)
            self._evaluate[most] = make_evaluate(planned, part, state.params, state.model)
        found = self._evaluate[most](reported(self._method(trial.lr, state.params), state), state.model)
        return dataclasses.replace(found, metrics={}).values()["loss"]

    def measured(self, trial: Trial, probe: Probe) -> dict[str, float]:
        """Return what a probe measures at the next step, of as many of its rows as are computed at once."""
        planned, state = self._seeded(trial.seed), trial.state
        planned = dataclasses.replace(planned, cadences=(Cadence(1, (probe,), ()),))
        data, (rows, *_), (valid, *_) = planned.feed.piece(len(trial.losses), 1)
        size = min(len(rows), planned.micro_batch)
        hosted = Hosted(planned, state, size, [size], masked=False, options=QUICKLY)
        valid = np.int32(min(size, valid))
        part = (data, rows[:size], 0)
        found = hosted.row(self._method(trial.lr, state.params), state, [part], valid, 0)
        return {name: float(value) for name, value in found.items()}

    def edge(self, trial: Trial) -> float | None:
        """Return lr · λmax(P⁻¹H) beyond which the method's steps on a quadratic grow, where it is known."""
        state = trial.state
        found = self._method(trial.lr, state.params).edge(jnp, state.method, state.first_loss.dtype)
        return None if found is None else float(found)

    @functools.cached_property
    def flops(self) -> float:
        """About how many floating-point operations a step takes: a batch's loss and gradient."""
        objective, size = self.plan.objective, self.plan.order.batch_size

        def loss(params: Any, model: Any, batch: Any, key: Any) -> Any:
            return objective.in_training(params, model, batch, None, key)[0]

        params, model = initial(self.plan.problem, 0, shapes_only=True)
        batch = jax.tree.map(lambda a: jax.ShapeDtypeStruct((size, *a.shape[1:]), a.dtype), self.plan.feed.example)
        key = jax.ShapeDtypeStruct((), jax.random.key(0).dtype) if objective.takes_key else None
        counted = jax.jit(jax.grad(loss)).lower(params, model, batch, key).cost_analysis()
        return float((counted or {}).get("flops", 0.0))

    def _method(self, lr: float, params: Any) -> Method:
        return in_dtype(self.plan.method.with_lr(lr), loss_dtype(params))

    def _seeded(self, seed: int) -> Plan:
        return alike(self.plan, self.plan.method, seed)

    def _advance(self, seed: int, state: State) -> Advance:
        if seed not in self._advances:
            self._advances[seed] = make_advance(self._seeded(seed), state, self.longest)
        return self._advances[seed]


def _first_window(planned: Plan) -> Problem:
    """Return the problem with the rows of the stream's first window for its training part."""
    problem = planned.problem
    data, order, valid = planned.feed.piece(0, planned.feed.longest)
    kept = np.sort(np.concatenate([own[:n] for own, n in zip(order, valid, strict=True)]))
    train = jax.tree.map(lambda a: a[kept], data)
    return dataclasses.replace(problem, data=Data(train=train, validation=problem.data.validation), recipe=None)
