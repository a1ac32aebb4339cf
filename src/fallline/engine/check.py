"""A user's problem looked over before anything is compiled."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import fallline
from fallline.core.errors import DataError, FalllineError, InvalidType, InvalidValue
from fallline.core.method import Method
from fallline.core.problem import Problem
from fallline.core.spec import Precision
from fallline.data.memory import in_words
from fallline.engine.objective import Objective, call_loss, call_predict

_TRACED_CHOICE = (
    "uses a Python `if`, `while`, `bool()` or `float()` on a value that is only known when the compiled program runs. "
    "Choose between arrays with jnp.where(condition, a, b)"
)

_KEEP_OUT = (
    "Keep what is not trained out of the parameters. Equinox: weights, rest = eqx.partition(model, "
    "eqx.is_inexact_array); init returns the weights, the loss uses eqx.combine(weights, rest). Flax NNX: "
    "graph, weights, rest = nnx.split(model, nnx.Param, ...) and nnx.merge"
)


def abstract(function: Callable[..., Any], what: str, *args: Any) -> Any:
    """Return the shapes that `function` would produce; what JAX cannot trace is explained."""
    try:
        return jax.eval_shape(function, *args)
    except (jax.errors.TracerBoolConversionError, jax.errors.ConcretizationTypeError) as error:
        raise InvalidType(f"the {what} {_TRACED_CHOICE}{_place(error)}.") from error
    except jax.errors.TracerArrayConversionError as error:
        raise InvalidType(
            f"the {what} hands a traced value to NumPy, which cannot be differentiated{_place(error)}. "
            f"Use jax.numpy instead."
        ) from error
    except TypeError as error:
        if "valid JAX type" not in str(error):
            raise
        advice = f". {_KEEP_OUT}" if what == "init" else ""
        raise InvalidType(
            f"the {what} returns something that is no array: {str(error).splitlines()[0]}{advice}"
        ) from error


def _place(error: BaseException) -> str:
    """Return the line of the user's code where an error arose."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = (str(Path(jax.__file__).parent), str(Path(fallline.__file__).parent), "<frozen")
    own = [frame for frame in frames if not frame.filename.startswith(ours)]
    return f" ({own[-1].filename}, line {own[-1].lineno})" if own else ""


def check_params(params: Any) -> None:
    """Refuse parameters that no gradient can move."""
    leaves = jax.tree_util.tree_leaves_with_path(params)
    if not leaves:
        raise InvalidType("init(key) returned no arrays: there is nothing to train.")
    names = Counter(jax.tree_util.keystr(path, simple=True, separator=".") for path, _ in leaves)
    name, count = names.most_common(1)[0]
    if count > 1:
        raise InvalidValue(f"{count} parameters would be saved as {name!r}: keep dots out of the names of their tree.")
    for path, leaf in leaves:
        dtype = getattr(leaf, "dtype", None)
        if dtype is None or not jnp.issubdtype(dtype, jnp.floating):
            name = jax.tree_util.keystr(path, simple=True, separator=".")
            found = type(leaf).__name__ if dtype is None else dtype
            what = f"parameter {name}" if name else "the parameter"
            raise InvalidType(
                f"{what} is {found}: a gradient moves floating-point arrays only. Convert it "
                f"(jnp.asarray(value, jnp.float32)), or leave it out. {_KEEP_OUT}."
            )


def check_memory(method: Method, params: Any, free: int | None) -> None:
    """Refuse parameters that do not fit, with a gradient and the method's state, into the memory that is free.

    An allocation that fails inside a compiled program may never report back.
    """
    state = jax.eval_shape(lambda method, params: method.init(params), method, params)
    needed = sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves((params, params, state)))
    if free is not None and needed > free:
        count = sum(leaf.size for leaf in jax.tree.leaves(params))
        raise InvalidValue(
            f"{count:,} parameters with their gradient and the state of {method.name()} take {in_words(needed)}, "
            f"and {in_words(free)} of memory are free: choose a smaller model."
        )


def asks_for_loss(method: Method, params: Any, dtype: Any) -> bool:
    """Return whether the method asks for the loss at other points; one that cannot step these parameters is refused."""
    asked = []

    def value_fn(points: Any) -> Any:
        asked.append(True)
        return sum(jnp.sum(leaf).astype(dtype) for leaf in jax.tree.leaves(points))

    def step(method: Method, params: Any) -> Any:
        state = method.init(params)
        return state, method.update(params, state, params, value=jnp.zeros((), dtype), value_fn=value_fn)[1]

    try:
        before, after = jax.eval_shape(step, method, params)
    except FalllineError:
        raise
    except Exception as error:  # a method from elsewhere may fail in any way
        why = str(error).strip().partition("\n")[0]
        raise InvalidType(f"{method.name()} cannot step these parameters: {why}{_place(error)}") from error
    if jax.tree.map(jax.typeof, before) != jax.tree.map(jax.typeof, after):
        raise InvalidType(
            f"{method.name()}.update returns a state of other shapes or dtypes than init: a loop carries a state that "
            f"keeps them."
        )
    return bool(asked)


def find_objective(problem: Problem, params: Any, model: Any, batch: Any, size: int, precision: Precision) -> Objective:
    """Return the problem's objective, having found out what its loss returns for `size` rows."""
    key = jax.ShapeDtypeStruct((), jax.random.key(0).dtype)

    def value(params: Any, model: Any, batch: Any, key: Any) -> Any:
        return call_loss(problem.loss, problem.stateful, params, model, batch, key, training=True)

    out, after = abstract(value, "loss", params, model, batch, key)
    if not jnp.issubdtype(out.dtype, jnp.floating):
        raise InvalidType(f"the loss returns {out.dtype} values: it must return floating-point numbers.")
    if problem.stateful and not _same_structure(after, model):
        raise InvalidType("the loss returns a model state of another structure than init's: return the same tree.")
    if out.shape == ():
        if getattr(batch, "weight", None) is not None and not _uses_weight(value, params, model, batch, key):
            raise InvalidValue(
                "the data have weights, but the loss returns one float and does not look at batch.weight. Return one "
                "loss a row, and they are applied for you, or apply them in the loss."
            )
        return Objective(problem.loss, "scalar", problem.stateful, precision)
    if out.shape == (size,):
        return Objective(problem.loss, "rows", problem.stateful, precision)
    if out.shape == (size, size):
        raise InvalidType(
            f"the loss returns shape {out.shape} for {size} rows: predictions of shape (B,) and targets of shape "
            f"(B, 1) were broadcast against each other. Give both the same shape."
        )
    raise InvalidType(
        f"the loss returns shape {out.shape} for {size} rows: it must return one float a row, shape ({size},), or "
        f"one float, the mean over the rows."
    )


def _uses_weight(value: Callable[..., Any], params: Any, model: Any, batch: Any, key: Any) -> bool:
    def of_weight(weight: Any, params: Any, model: Any, rest: Any, key: Any) -> Any:
        return value(params, model, rest._replace(weight=weight), key)[0]

    jaxpr = jax.make_jaxpr(of_weight)(batch.weight, params, model, batch, key).jaxpr
    return any(variable is jaxpr.invars[0] for equation in jaxpr.eqns for variable in equation.invars)


def check_weights(batch: Any) -> None:
    """Refuse row weights that are negative, not numbers, or all zero."""
    weight = getattr(batch, "weight", None)
    if weight is None:
        return
    values = np.asarray(weight)
    if not np.all(values >= 0) or not np.all(np.isfinite(values)) or not np.any(values > 0):
        raise InvalidValue("weights must be finite and not negative, and some of them above 0.")


def check_predictions(problem: Problem, params: Any, model: Any, batch: Any) -> None:
    """Refuse predictions and targets that would broadcast against each other: (B,) and (B, 1)."""
    y = getattr(batch, "y", None)
    if problem.predict is None or y is None or not hasattr(y, "shape"):
        return
    out = abstract(lambda p, m, x: call_predict(problem, p, m, x), "predict", params, model, batch.x)
    shape = getattr(out, "shape", None)
    if shape is not None and {len(shape), len(y.shape)} == {1, 2} and (*shape[1:], *y.shape[1:]) == (1,):
        raise InvalidValue(
            f"predictions have shape {_rows(shape)} and targets {_rows(y.shape)}: a loss or metric would broadcast "
            f"them to (B, B). Give both the same shape, with y[:, None] or prediction[:, 0]."
        )


def to_device(part: Any, name: str) -> Any:
    """Return a part of the data as device arrays; numbers that the device's types cannot hold are refused."""

    def place(path: Any, leaf: Any) -> Any:
        label = f"{name} {jax.tree_util.keystr(path, simple=True, separator='.')}".strip()
        return _device_array(leaf, label)

    return jax.tree_util.tree_map_with_path(place, part)


def _device_array(leaf: Any, label: str) -> jax.Array:
    if isinstance(leaf, jax.Array):
        return leaf
    array = np.asarray(leaf)
    if array.dtype.kind not in "fiub" and array.dtype.name != "bfloat16":
        raise DataError(f"{label} holds {array.dtype} values: data must be numbers. Encode them first.")
    target = jax.dtypes.canonicalize_dtype(array.dtype)
    if target != array.dtype and array.size:
        limits = np.finfo(target) if array.dtype.kind == "f" else np.iinfo(target)
        low, high = np.nanmin(array), np.nanmax(array)
        out = high if high > limits.max else low
        if (high > limits.max or low < limits.min) and np.isfinite(out):
            raise DataError(f"{label} holds {out}, which {target} cannot: rescale it, or enable jax_enable_x64.")
    return jnp.asarray(array)


def _same_structure(one: Any, two: Any) -> bool:
    return bool(jax.tree.structure(one) == jax.tree.structure(two))  # type: ignore[operator]


def _rows(shape: tuple[int, ...]) -> str:
    return f"({', '.join(['B', *map(str, shape[1:])])}{',' if len(shape) == 1 else ''})"
