"""The chain rule at work: a function's graph, with the value and the gradient on every edge."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from fallline.core.errors import InvalidType, InvalidValue
from fallline.figures.computation import Computation, Edge, Vertex

MOST = 200
"""Operations at most: of more, nothing could be read."""

_SIGNS = {"mul": "×", "add": "+", "add_any": "+", "sub": "−", "div": "÷", "neg": "−", "dot_general": "@"}
_SIGNS |= {"logistic": "sigmoid", "reduce_sum": "Σ", "reduce_max": "max", "transpose": "ᵀ"}
_SIGNS |= {"broadcast_in_dim": "repeat", "select_n": "choose"}
_UNCHANGED = ("convert_element_type", "copy", "copy_p", "reduce_sum", "reshape", "broadcast_in_dim", "squeeze")
"""Operations that need no vertex where they leave shape and dtype as they are."""


def computation_graph(f: Callable[..., Any], *args: Any) -> Computation:
    """Return the graph of `f` at its arguments, read from the traced program.

    The values come from carrying out the program's operations one by one. To every number on its way into an operation
    a zero is added, and one backward pass gives the gradients with respect to all of those zeros: what comes back
    along that edge. Where a number is used several times, the gradients of its edges add up to its own.

    Args:
        f: a function that returns one floating-point number; of pytrees of arrays, as JAX traces it.
        *args: where; those of floating-point numbers are differentiated. Python's whole numbers count as such: 3 is
            3.0, and an index is `np.int32(3)`.

    Returns:
        The graph; `computation_graph(f, x).plot()` draws it.

    Raises:
        InvalidType: for a function that JAX cannot trace or go back through (a `while_loop`), one that computes with
            complex numbers, or one that returns something else.
        InvalidValue: for a program of more than 200 operations.

    Example:
        >>> found = computation_graph(lambda x, y: (x * y) ** 2, 3.0, 2.0)
        >>> [(vertex.label, found.gradient(i).item()) for i, vertex in enumerate(found.vertices[:3])]
        [('x', 24.0), ('y', 36.0), ('×', 12.0)]
        >>> found.result
        36.0
    """
    import jax
    import jax.numpy as jnp

    from fallline.engine.check import abstract

    args = jax.tree.map(_array, args)
    out = abstract(f, "function", *args)
    if getattr(out, "shape", None) != () or not jnp.issubdtype(out.dtype, jnp.floating):
        found = f"{out.dtype} of shape {out.shape}" if hasattr(out, "shape") else type(out).__name__
        raise InvalidType(f"the function returns {found}: a gradient belongs to one floating-point number.")
    traced = jax.make_jaxpr(f)(*args)
    name = getattr(f, "__name__", "f").replace("<lambda>", "f")
    names, leaves, tape = [*_names(f, args), name], jax.tree.leaves(args), _Tape({})
    _carried_out(traced, names, leaves, tape)
    if any(jnp.iscomplexobj(e.value) for e in tape.edges):
        raise InvalidType("the function computes with complex numbers, and a graph shows real ones.")
    zeros = {
        i: jnp.zeros_like(e.value) for i, e in enumerate(tape.edges) if jnp.issubdtype(e.value.dtype, jnp.floating)
    }
    try:
        back = jax.grad(lambda zeros: _carried_out(traced, names, leaves, _Tape(zeros)))(zeros)
    except ValueError as error:
        raise InvalidType(f"there is no way back through the function: {str(error).splitlines()[0]}") from error
    edges = tuple(
        Edge(e.source, e.target, _numbers(e.value), np.asarray(back[i]) if i in back else None, e.part)
        for i, e in enumerate(tape.edges)
    )
    return Computation(name, tuple(tape.vertices), edges)


def _array(argument: Any) -> Any:
    """Return a leaf of the arguments as an array."""
    import jax.numpy as jnp

    number = isinstance(argument, int | float) and not isinstance(argument, bool)
    try:
        return jnp.asarray(argument, float if number else None)
    except TypeError as error:
        raise InvalidType(f"an argument is {argument!r}: arguments are numbers, and arrays of them.") from error


def _numbers(value: Any) -> np.ndarray:
    """Return a value on the host; of a random key, the numbers that it is made of."""
    import jax

    is_key = jax.numpy.issubdtype(value.dtype, jax.dtypes.prng_key)
    return np.asarray(jax.random.key_data(value) if is_key else value)


class _Carried(NamedTuple):
    """A value, and the vertex that it came from."""

    value: Any
    source: int
    part: int = 0


class _Used(NamedTuple):
    """A value, where it came from and where it went."""

    value: Any
    source: int
    part: int
    target: int


@dataclass
class _Tape:
    """What was done so far.

    Args:
        added: what is added to the value on an edge, by the edge's number.
    """

    added: Mapping[int, Any]
    vertices: list[Vertex] = field(default_factory=list)
    edges: list[_Used] = field(default_factory=list)

    def vertex(self, vertex: Vertex) -> int:
        """Note a vertex, and return its number."""
        self.vertices.append(vertex)
        return len(self.vertices) - 1

    def use(self, carried: _Carried, target: int) -> Any:
        """Note an edge, and return the value at its end."""
        number = len(self.edges)
        value = carried.value + self.added[number] if number in self.added else carried.value
        self.edges.append(_Used(value, carried.source, carried.part, target))
        return value


def _carried_out(traced: Any, names: Sequence[str], leaves: Sequence[Any], tape: _Tape) -> Any:
    """Carry out a whole traced program and return its result; the names are those of the leaves and of the whole."""
    *arguments, whole = names
    given = [
        _Carried(leaf, tape.vertex(Vertex(name, "argument"))) for name, leaf in zip(arguments, leaves, strict=True)
    ]
    (result,) = _walked(traced.jaxpr, traced.consts, given, tape)
    if not isinstance(result, _Carried):
        raise InvalidValue("the function returns a number that does not depend on its arguments: it has no graph.")
    return tape.use(result, tape.vertex(Vertex(whole, "result")))


def _walked(jaxpr: Any, consts: Sequence[Any], given: Sequence[Any], tape: _Tape) -> list[Any]:
    """Carry out a program's operations one by one; calls within it are written out."""
    from jax.extend.core import Literal

    known = dict(zip(jaxpr.invars, given, strict=True))
    for variable, value in zip(jaxpr.constvars, consts, strict=True):
        known[variable] = _Carried(value, tape.vertex(Vertex("constant", "argument")))

    def read(variable: Any) -> Any:
        return variable.val if isinstance(variable, Literal) else known[variable]

    for equation in jaxpr.eqns:
        known.update(zip(equation.outvars, _done(equation, [read(v) for v in equation.invars], tape), strict=True))
    return [read(variable) for variable in jaxpr.outvars]


def _done(equation: Any, operands: Sequence[Any], tape: _Tape) -> Sequence[Any]:
    """Carry out one operation on what was carried to it; a literal number is no `_Carried`."""
    name, inner = equation.primitive.name, equation.params.get("jaxpr")
    if name in ("jit", "pjit", "closed_call", "checkpoint", "remat2"):
        return _walked(getattr(inner, "jaxpr", inner), getattr(inner, "consts", ()), operands, tape)
    before, after = equation.invars[0].aval, equation.outvars[0].aval
    if name in _UNCHANGED and (before.shape, before.dtype) == (after.shape, after.dtype):
        return operands[:1]
    vertex = tape.vertex(Vertex(_label(equation, operands), "operation"))
    if len(tape.vertices) > MOST:
        raise InvalidValue(f"the function takes more than {MOST} operations: draw a smaller one, or a part of it.")
    values = [tape.use(operand, vertex) if isinstance(operand, _Carried) else operand for operand in operands]
    results = equation.primitive.bind(*values, **equation.primitive.get_bind_params(equation.params))
    several = results if equation.primitive.multiple_results else [results]
    return [_Carried(result, vertex, part) for part, result in enumerate(several)]


def _label(equation: Any, operands: Sequence[Any]) -> str:
    """Return what an operation does: its sign, with the literal numbers that it was given."""
    name, params = equation.primitive.name, equation.params
    if name == "integer_pow":
        return "square" if params["y"] == 2 else f"power {params['y']}"
    if name in ("custom_jvp_call", "custom_vjp_call"):
        inner = (params.get("call_jaxpr") or params["fun_jaxpr"]).jaxpr.eqns
        return str(inner[0].params["name"]) if inner and "name" in inner[0].params else "custom"
    sign: str = _SIGNS.get(name, name.replace("_", " "))
    literal = [None if isinstance(operand, _Carried) else f"{float(operand):.4g}" for operand in operands]
    match literal:
        case [str(first), None]:
            return f"{first} {sign}"
        case [None, str(second)]:
            return f"{sign} {second}"
    return sign


def _names(f: Callable[..., Any], args: Any) -> list[str]:
    """Return what each number or array of the arguments is called: its place in its pytree, or the argument's name."""
    import jax

    try:
        named = list(inspect.signature(f).parameters)
    except (TypeError, ValueError):  # a function written in C
        named = []
    places = jax.tree_util.tree_leaves_with_path(args)
    whose = [named[path[0].idx] if path[0].idx < len(named) else f"argument {path[0].idx}" for path, _ in places]
    inside = [jax.tree_util.keystr(path[1:], simple=True, separator=".") for path, _ in places]
    return [
        of if not place else place if inside.count(place) == 1 and place not in named else f"{of}.{place}"
        for of, place in zip(whose, inside, strict=True)
    ]
