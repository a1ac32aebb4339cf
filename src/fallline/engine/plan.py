"""A spec checked against a problem: shapes, sizes and the way of running, all settled before anything is compiled."""

from __future__ import annotations

import weakref
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.errors import InvalidType, InvalidValue, did_you_mean
from fallline.core.method import Method
from fallline.core.probe import Probe
from fallline.core.problem import Problem, rows
from fallline.core.solver import Solver
from fallline.core.spec import Spec
from fallline.core.stream import streamed
from fallline.data.memory import free_memory
from fallline.engine import check, micro_batch
from fallline.engine.cadence import Cadence
from fallline.engine.check_schedules import check_schedules
from fallline.engine.check_spread import check_spread
from fallline.engine.convolution import CONVOLUTION_OPTIONS, has_convolution
from fallline.engine.feed import Feed
from fallline.engine.feeding import example, feed, settled
from fallline.engine.hearing import listens
from fallline.engine.layout import DATA, PLAIN, Layout, layout
from fallline.engine.objective import Objective
from fallline.engine.order import Order
from fallline.engine.penalty import penalty
from fallline.engine.probing import placed
from fallline.engine.program import QUICKLY, CompileOptions, compiled
from fallline.engine.rehearsal import Rehearsal
from fallline.engine.step import loss_dtype
from fallline.engine.streamed import Streamed
from fallline.engine.watch import Watch, watch_of
from fallline.methods import METHODS
from fallline.probes.grad_norm import GradNorm
from fallline.solvers import SOLVERS

DEFAULT_EPOCHS = 10
_placed: weakref.WeakKeyDictionary[Problem, dict[Hashable, tuple[Any, Any, Any]]] = weakref.WeakKeyDictionary()


@dataclass(frozen=True)
class Plan:
    """A run, ready to be compiled.

    Args:
        problem: what is minimised.
        method: with every number an array of the run's dtype.
        spec: every choice, as text and numbers.
        objective: the loss, with its form found out.
        order: which rows each step sees.
        total_steps: how many steps the run takes at most.
        micro_batch: rows whose gradient is computed at once.
        stepwise: whether steps are called one by one instead of in a compiled loop (convolutions on a CPU: inside
            any compiled loop they are 10 to 35 times slower, jax issue 12868).
        probes: what is measured at every step, of what it computes anyway.
        cadences: what is looked at before some of the steps, and when.
        feed: where the steps get their rows from.
        watch: which number of a validation the run is judged by, if it is.
        validation, test: the other parts, on the device.
        layout: how all of it lies on the devices.
    """

    problem: Problem
    method: Method
    spec: Spec
    objective: Objective
    order: Order
    total_steps: int
    micro_batch: int
    stepwise: bool
    probes: tuple[Probe, ...]
    cadences: tuple[Cadence, ...]
    feed: Feed
    watch: Watch | None
    validation: Any
    test: Any
    layout: Layout

    @property
    def whole(self) -> bool:
        """Whether every step sees all the rows, so that none need be gathered by index."""
        by_index = self.stepwise or self.swept or self.layout.reproducible
        return self.spec.batch_size == "full" and not by_index

    @property
    def swept(self) -> bool:
        """Whether every step sweeps a whole stream."""
        return self.spec.batch_size == "full" and isinstance(self.feed, Streamed)

    @property
    def options(self) -> CompileOptions:
        """The compiler's own, for programs that may hold convolutions."""
        return CONVOLUTION_OPTIONS if self.stepwise else ()

    @property
    def program_key(self) -> Hashable:
        """What every program of a step depends on, besides its arguments, its shapes and the problem."""
        looks = tuple(cadence.structure for cadence in self.cadences)
        return self.probes, looks, self.spec.reduction, self.spec.precision, self.layout

    @property
    def looks_back(self) -> bool:
        """Whether a probe wants the first parameters."""
        looking = (probe for cadence in self.cadences for probe in cadence.probes)
        return any(probe.FROM_START for probe in (*self.probes, *looking))


def as_method(method: Any) -> Method:
    """Return the method meant, if one can run by itself: an instance, a class, or the command line's words."""
    found = _named_method(method)
    if not found.descends:
        raise InvalidValue(
            f"{found.name()} hands the gradient on, and nothing here goes against it: the loss would rise. Put it "
            f"before a method, as in fl.chain(fl.ClipNorm(1.0), fl.SGD(lr=0.1))."
        )
    for path, number in jax.tree_util.tree_leaves_with_path(found):
        if np.ndim(number):
            name = jax.tree_util.keystr(path, simple=True, separator=".")
            raise InvalidValue(
                f"{found.name()}: {name} holds {np.size(number)} numbers, and a run takes one. Run once for each."
            )
    return found


def _named_method(method: Any) -> Method:
    if isinstance(method, Method):
        return method
    if isinstance(method, type) and issubclass(method, Method):
        return method()
    if (solver := as_solver(method)) is not None:
        raise InvalidType(
            f"{solver.name()} drives a function by itself, for fl.minimize: a training run needs a method that steps. "
            f"With batch_size='full', \"optax.lbfgs\" comes nearest."
        )
    if isinstance(method, str):
        return METHODS.build(method)
    raise InvalidType(
        f"{method!r} is not a method: pass an instance such as fl.Adam(lr=0.001), a class, or its name."
        f"{did_you_mean(type(method).__name__, METHODS)}"
    )


def as_solver(method: Any) -> Solver | None:
    """Return the solver meant, where it is one: an instance, a class for its defaults, or the command line's words."""
    if isinstance(method, str) and method.partition("(")[0].strip().lower().replace("_", "") in SOLVERS:
        return SOLVERS.build(method)
    if isinstance(method, type) and issubclass(method, Solver):
        return method()
    return method if isinstance(method, Solver) else None


def in_dtype(method: Method, dtype: Any) -> Method:
    """Return the method with every number an array of the run's dtype, if that can hold it."""

    def array(path: Any, value: Any) -> Any:
        wide = np.asarray(value, np.float64)
        with np.errstate(over="ignore", under="ignore"):
            found = wide.astype(dtype)
        if np.any(np.isinf(found) | ((found == 0) & (wide != 0))):
            name = jax.tree_util.keystr(path, simple=True, separator=".")
            raise InvalidValue(f"{method.name()}({name}={value}): {np.dtype(dtype)} cannot hold {value}.")
        return jnp.asarray(found)

    narrowed: Method = jax.tree_util.tree_map_with_path(array, method)
    return narrowed


def plan(
    problem: Problem,
    method: Method,
    spec: Spec,
    probes: tuple[Probe, ...] = (),
    axis: Literal["runs", "data"] = DATA,
) -> Plan:
    """Check every choice against the problem, and settle what is left open; `axis` is what lies on several devices."""
    if not isinstance(problem, Problem):
        raise InvalidType(
            f"{type(problem).__name__} is not a problem: pass fl.Problem(init=, loss=, data=), or make one from a "
            f"table with fl.problems.for_data(table)."
        )
    laid = layout(spec, axis)
    train, validation, test = _on_device(problem, laid)
    spec = settled(spec, train)
    order = _order(1 if train is None else rows(train, "training data"), spec)
    total_steps = _total_steps(spec, order, train is not None)
    params, model = initial(problem, spec.seed, shapes_only=True)
    check.check_params(params)
    for part in (train, validation, test):
        check.check_weights(None if streamed(part) else part)
    batch = _abstract_rows(example(train), order.batch_size)
    objective = check.find_objective(problem, params, model, batch, order.batch_size, spec.precision)
    check.check_predictions(problem, params, model, batch)
    dtype = loss_dtype(params)
    numbers = sum(leaf.size for leaf in jax.tree.leaves(batch)) // max(order.batch_size, 1)
    stepwise = jax.default_backend() == "cpu" and has_convolution(problem, objective, params, model, batch)
    check_schedules(method, total_steps)
    method = in_dtype(method, dtype)
    check.check_memory(method, params, free_memory() if jax.default_backend() == "cpu" else None)
    if listens(method) and validation is None:
        raise InvalidValue(
            f"{method.name()}: a schedule such as plateau listens to the validation loss, and there is no validation "
            f"part. Give the problem one (split=(.7, .15, .15), fl.Data(validation=...)), or choose another schedule."
        )
    watch = watch_of(spec, problem, validation)
    at_once = spec.micro_batch or micro_batch.usual(spec, order, objective, stepwise, numbers, laid)
    swept = streamed(train) and spec.batch_size == "full"
    if check.asks_for_loss(method, params, dtype) and (stepwise or swept):
        if swept:
            raise InvalidValue(
                f"{method.name()} takes the loss of a batch at several points, and the full batch of a stream is not "
                f"in memory: give a number of rows, or stream=False."
            )
        at_once = order.batch_size  # a step that compares points needs its whole batch in one program
    at_once = min(order.batch_size, at_once)
    convolved = "a convolution on a CPU is called step by step" if stepwise else None
    by_calls = "a stream is swept by calls" if swept else convolved
    check_spread(laid, objective, order, at_once, train is not None, by_calls)
    few = _abstract_rows(example(train), at_once)
    rehearsal = Rehearsal(objective, method, params, model, few, penalty(spec, dtype))
    always, looks = placed(probes, rehearsal, spec.probe_budget)
    return Plan(
        problem=problem,
        method=method,
        spec=spec,
        objective=objective,
        order=order,
        total_steps=total_steps,
        micro_batch=at_once,
        stepwise=stepwise,
        probes=(GradNorm(), *always),
        cadences=looks,
        feed=feed(train, order, spec, at_once, total_steps, laid),
        watch=watch,
        validation=validation,
        test=test,
        layout=laid,
    )


def length(problem: Problem, spec: Spec) -> int:
    """Return how many steps a run takes."""
    train = None if problem.data is None else problem.data.train
    spec = settled(spec, train)
    return _total_steps(spec, _order(1 if train is None else rows(train, "training data"), spec), train is not None)


def _on_device(problem: Problem, laid: Layout) -> tuple[Any, Any, Any]:
    """Return the parts of the problem's data as device arrays, placed there once a problem, precision and layout."""
    if problem.data is None:
        return None, None, None
    placed = _placed.setdefault(problem, {})
    key = bool(jnp.asarray(1.0).dtype == jnp.float64), laid
    if key not in placed:
        data = problem.data
        parts = {"training data:": data.train, "validation data:": data.validation, "test data:": data.test}
        placed[key] = tuple(
            p if streamed(p) else laid.everywhere(check.to_device(p, name)) for name, p in parts.items()
        )
    return placed[key]


def initial(problem: Problem, seed: int, shapes_only: bool = False, laid: Layout = PLAIN) -> tuple[Any, Any]:
    """Return the problem's first parameters and model state, a pure function of the seed."""
    key = init_key(seed)
    made = check.abstract(problem.init, "init", key) if shapes_only else _made(problem, key, laid)
    if not problem.stateful:
        return made, None
    if not isinstance(made, tuple) or len(made) != 2:
        raise InvalidType("a stateful problem's init(key) returns two things: (params, model_state).")
    return made


def _made(problem: Problem, key: Any, laid: Layout) -> Any:
    def init(key: Any) -> Any:
        return laid.pinned(problem.init(key))

    return compiled(init, key, problem=problem, key=laid, options=QUICKLY)(key)


def init_key(seed: int) -> Any:
    """Return the key that the parameters are drawn with."""
    return jax.random.fold_in(jax.random.key(seed), 0)


def run_key(seed: int) -> Any:
    """Return the key that the steps' keys are folded from."""
    return jax.random.fold_in(jax.random.key(seed), 1)


def _order(count: int, spec: Spec) -> Order:
    full = spec.batch_size == "full"
    size = count if spec.batch_size == "full" else min(spec.batch_size, count)
    if spec.last_batch == "drop" and spec.batch_size != "full" and spec.batch_size > count:
        raise InvalidValue(
            f"batch_size={spec.batch_size} with last_batch='drop' leaves nothing of {count} rows: "
            f"use a batch of at most {count}, or last_batch='use'."
        )
    return Order(count, size, "sequential" if full else spec.sampling, spec.last_batch, spec.seed)


def _total_steps(spec: Spec, order: Order, has_data: bool) -> int:
    if not has_data and spec.steps is None:
        raise InvalidValue("a problem without data has no epochs: say how many steps=.")
    epochs = DEFAULT_EPOCHS if spec.epochs is None and spec.steps is None else spec.epochs
    limits = [spec.steps, None if epochs is None else epochs * order.steps_per_epoch]
    return min(limit for limit in limits if limit is not None)


def _abstract_rows(part: Any, size: int) -> Any:
    return jax.tree.map(lambda a: jax.ShapeDtypeStruct((size, *a.shape[1:]), a.dtype), part)
