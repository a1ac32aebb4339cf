"""A place in a problem's landscape, and what is measured there: the loss, its gradient, its curvature, its rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from fallline.core.errors import CannotTell
from fallline.core.lanczos import largest_eigenvalue
from fallline.core.problem import Problem
from fallline.core.spec import Spec
from fallline.engine import activations, unused
from fallline.engine.activations import Activations
from fallline.engine.failed_step import failed_step
from fallline.engine.first_nonfinite import Nonfinite, first_nonfinite
from fallline.engine.named import named, unnamed
from fallline.engine.noise import Noise, flat, noise, squared_norms
from fallline.engine.plan import initial
from fallline.engine.reverse_only import reverse_only
from fallline.engine.sampled import Sample, sampled
from fallline.record.record import Record

Array = np.ndarray[Any, Any]

ITERATIONS = 100
"""Products of the Hessian with a vector, at most."""


class _Measured(NamedTuple):
    """The mean loss, its gradient, the same without the penalty, and the rows' losses where there are any."""

    loss: Any
    grads: Any
    of_rows: Any
    row_losses: Any


@dataclass(frozen=True, eq=False)
class Place:
    """Parameters of a problem, and everything that is measured there when it is first asked for.

    All of it is of one sample of the training rows, the same for every place of a problem, at most 2,048, and of the
    loss as a step has it, averaged over rows, with the run's penalty of large weights; where the loss draws nothing
    without a key, nothing is drawn. Whatever cannot be had raises `CannotTell`, which says why.

    Args:
        problem: what is minimised.
        spec: the choices of the run.
        params: the parameters, a pytree.
        model_state: the model's state, None for a problem without.
        record: the run whose reported parameters these are, if they are one's.

    Example:
        >>> import fallline as fl
        >>> bowl = fl.Problem(init=lambda key: jnp.ones(2), loss=lambda w, batch: w[0] ** 2 + 10 * w[1] ** 2)
        >>> here = Place.first(bowl, fl.train(bowl, fl.SGD(lr=0.01), steps=1).spec)
        >>> here.loss, here.gradient["params"].tolist(), round(here.sharpness, 4)
        (11.0, [2.0, 20.0], 20.0)
    """

    problem: Problem
    spec: Spec
    params: Any
    model_state: Any = None
    record: Record | None = None

    @classmethod
    def first(cls, problem: Problem, spec: Spec) -> Self:
        """Return where a run begins: the first parameters of its seed."""
        return cls(problem, spec, *initial(problem, spec.seed))

    @classmethod
    def at(cls, problem: Problem, spec: Spec, record: Record) -> Self:
        """Return where a run ended: the parameters that it reports."""
        params, model = initial(problem, spec.seed, shapes_only=True)
        return cls(problem, spec, unnamed(params, record.arrays), unnamed(model, record.model_arrays), record)

    @classmethod
    def of(cls, problem: Problem, spec: Spec, params: Any, model_state: Any = None) -> Self:
        """Return the place of any parameters."""
        return cls(problem, spec, jax.tree.map(jnp.asarray, params), jax.tree.map(jnp.asarray, model_state))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The paths of the parameter arrays: `"0.w"`."""
        return tuple(self.arrays)

    @cached_property
    def arrays(self) -> dict[str, Array]:
        """The parameters by name."""
        return named(self.params)

    @property
    def indices(self) -> Array:
        """Which training rows the sample is, in a random order, shape (rows,)."""
        return self._sample.indices

    @property
    def loss(self) -> float:
        """The mean loss."""
        return float(self._measured.loss)

    @cached_property
    def row_losses(self) -> Array:
        """Every row's own loss, times its weight where the data have weights, without the penalty, shape (rows,)."""
        if self._measured.row_losses is None:
            raise self._no_rows()
        return np.asarray(self._measured.row_losses, np.float64)

    @cached_property
    def gradient(self) -> dict[str, Array]:
        """The gradient of the mean loss by name."""
        return named(self._measured.grads)

    @cached_property
    def grad_norm(self) -> float:
        """The gradient's length."""
        return float(np.sqrt(sum(np.sum(np.square(g, dtype=np.float64)) for g in self.gradient.values())))

    def loss_after(self, update: Mapping[str, Array]) -> float:
        """Return the mean loss at the parameters plus an update, given by name."""
        moved = {name: (a + update[name]).astype(a.dtype) if name in update else a for name, a in self.arrays.items()}
        return float(self._measure(self._unnamed(moved), *self._given[1:]).loss)

    @property
    def row_norms(self) -> Array:
        """The length of every row's own gradient, without the penalty, shape (m,).

        Of the sample's first m rows where the model is large or convolves: `indices[:m]`.
        """
        return np.sqrt(self._squares)

    @cached_property
    def noise(self) -> Noise:
        """The spread of the rows' gradients about their mean; from groups of rows where rows have no own gradient."""
        objective = self._sample.objective
        squares = None if objective.together else self._squares
        return noise(self._sample, self.params, self.model_state, squares, flat(self._measured.of_rows))

    @cached_property
    def sharpness(self) -> float:
        """λmax, the largest eigenvalue of the Hessian of the mean loss."""
        return self._largest(self._bent)

    @cached_property
    def lowest_curvature(self) -> float:
        """λmin, its smallest eigenvalue: below 0 there is a way down that the gradient does not see at a saddle."""
        return -self._largest(lambda q: -self._bent(q))

    def sharpness_under(self, divisor: Mapping[str, Array]) -> float:
        """Return λmax(P⁻¹H) = λmax(P^−½ H P^−½), P what a method divides the gradient by, by name."""
        p = np.concatenate([np.asarray(divisor[name], np.float64).ravel() for name in self.names])
        root = np.sqrt(np.divide(1, p, out=np.zeros_like(p), where=p != 0))
        return self._largest(lambda q: root * self._bent(root * q))

    @cached_property
    def activations(self) -> tuple[Activations, ...]:
        """What every activation function of the model gives, in the order of its program."""
        kinds: dict[str, tuple[str, int]] = {}

        def measured(params: Any, model: Any, batch: Any) -> Any:
            found = activations.activations(self._sample.objective, params, model, batch)
            kinds.update({name: (kind, activations.units(array)) for name, (kind, array) in found.items()})
            return {name: activations.statistics(kind, array) for name, (kind, array) in found.items()}

        args = (self.params, self.model_state, self._sample.batch)
        jax.eval_shape(measured, *args)  # for the kinds, where the program is known already
        found = jax.device_get(self._sample.program(measured, *args)(*args))
        return tuple(
            Activations(name, kind, units=units, **{key: float(number) for key, number in found[name].items()})
            for name, (kind, units) in kinds.items()
        )

    @cached_property
    def unused(self) -> tuple[str, ...]:
        """The parameter arrays that do not enter the loss at all."""
        return unused.unused(self._sample.objective, self.params, self.model_state, self._sample.batch)

    def first_nonfinite(self) -> Nonfinite | None:
        """Return the operation that makes the loss or the gradient not finite, or None where they are finite.

        Of the place that a failed run reports it is looked for in the step that failed first: the run is taken again.
        """
        sample = self._sample
        failed = None if self.record is None else failed_step(self.problem, self.record)
        found = None if failed is None else first_nonfinite(self.problem, sample.objective, *failed)
        here = self.params, self.model_state, sample.batch
        return found or first_nonfinite(self.problem, sample.objective, *here)

    @cached_property
    def _sample(self) -> Sample:
        return sampled(self.problem, self.spec, self.params, self.model_state)

    @property
    def _given(self) -> tuple[Any, ...]:
        """What every program of the loss takes."""
        return self.params, self.model_state, *self._sample.given

    @cached_property
    def _measured(self) -> Any:
        return self._measure(*self._given)

    @cached_property
    def _measure(self) -> Callable[..., Any]:
        """Return the function that gives the mean loss, its gradient, and the rows' losses where there are any."""
        sample = self._sample

        def measured(params: Any, model: Any, batch: Any, mean_weight: Any, price: Any) -> Any:
            loss, grads = jax.value_and_grad(sample.loss)(params, model, batch, mean_weight, price)
            own = sample.row_losses(params, model, batch, mean_weight) if sample.objective.form == "rows" else None
            of_rows = grads if price is None else jax.tree.map(jnp.subtract, grads, price.gradient(params))
            return _Measured(loss, grads, of_rows, own)

        return sample.program(measured, *self._given)

    @cached_property
    def _squares(self) -> Array:
        objective = self._sample.objective
        if objective.form != "rows":
            raise self._no_rows()
        if objective.stateful:
            raise CannotTell("the model's rows belong together, as in batch statistics: none has its own gradient.")
        return squared_norms(self._sample, self.params, self.model_state)

    @cached_property
    def _bent(self) -> Callable[[Array], Array]:
        """Return the function v → Hv, of flat vectors."""
        sample = self._sample

        def product(v: Any, params: Any, *rest: Any) -> Any:
            along = ravel_pytree(params)[1](v)
            bent = jax.jvp(lambda params: jax.grad(sample.loss)(params, *rest), (params,), (along,))[1]
            return ravel_pytree(bent)[0]

        v = ravel_pytree(self.params)[0]
        try:
            program = sample.program(product, v, *self._given)
        except Exception as error:  # a user's program may have no second derivative in any way
            why = reverse_only(jax.grad(sample.loss), *self._given) or str(error).strip().partition("\n")[0]
            raise CannotTell(f"the Hessian of this loss has no products with vectors: {why}.") from error
        return lambda q: np.asarray(program(jnp.asarray(q, v.dtype), *self._given), np.float64)

    def _largest(self, product: Callable[[Array], Array]) -> float:
        if not all(np.isfinite(g).all() for g in self.gradient.values()):
            raise CannotTell("the gradient is not finite here, and has no derivative.")
        start = np.random.default_rng(0).standard_normal(sum(array.size for array in self.arrays.values()))
        found = float(largest_eigenvalue(np, product, start, ITERATIONS))
        if math.isnan(found):
            raise CannotTell("the curvature is not finite here.")
        return found

    def _no_rows(self) -> CannotTell:
        if self.problem.data is None:
            return CannotTell("the problem has no data, and so no rows.")
        return CannotTell("the loss returns one number, not one a row: let it return one loss a row, shape (B,).")

    def _unnamed(self, arrays: Mapping[str, Array]) -> Any:
        return jax.tree.unflatten(jax.tree.structure(self.params), [jnp.asarray(arrays[name]) for name in self.names])
