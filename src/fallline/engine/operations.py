"""A traced program as a flat list of operations, with the calls within it written out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
from jax.extend.core import Literal

CALLS = {
    "jit": "jaxpr",
    "pjit": "jaxpr",
    "closed_call": "call_jaxpr",
    "core_call": "call_jaxpr",
    "checkpoint": "jaxpr",
    "remat": "jaxpr",
    "remat2": "jaxpr",
    "custom_jvp_call": "call_jaxpr",
    "custom_vjp_call": "call_jaxpr",
    "custom_vjp_call_jaxpr": "fun_jaxpr",
}
"""Operations that carry out a program of their own once, and where they hold it. Loops and choices are no calls."""

Read = int | Literal
"""An operand: the number of a value, or a literal."""


class Operation(NamedTuple):
    """One operation of a program.

    Args:
        equation: what JAX knows of it.
        reads: its operands.
        writes: the numbers of its results.
        calls: the equations of the calls it stands within, outermost first.
    """

    equation: Any
    reads: tuple[Read, ...]
    writes: tuple[int, ...]
    calls: tuple[Any, ...]

    @property
    def name(self) -> str:
        """What is done: `"dot_general"`."""
        return str(self.equation.primitive.name)

    def carried_out(self, operands: Sequence[Any]) -> list[Any]:
        """Return its results."""
        primitive = self.equation.primitive
        found = primitive.bind(*operands, **primitive.get_bind_params(self.equation.params))
        return list(found) if primitive.multiple_results else [found]


class Program(NamedTuple):
    """A traced function, operation by operation; its values are numbered.

    Args:
        arguments: the numbers of the leaves of its arguments.
        constants: values by number that it captured.
        operations: what is done, in order.
        results: the numbers of the leaves of its result, or literals.
    """

    arguments: tuple[int, ...]
    constants: dict[int, Any]
    operations: tuple[Operation, ...]
    results: tuple[Read, ...]

    def steps(self, arguments: Sequence[Any]) -> Iterator[tuple[Operation, list[Any]]]:
        """Carry out one operation after another; yield each with its results."""
        values = dict(zip(self.arguments, arguments, strict=True)) | self.constants
        for operation in self.operations:
            operands = [read.val if isinstance(read, Literal) else values[read] for read in operation.reads]
            results = operation.carried_out(operands)
            values.update(zip(operation.writes, results, strict=True))
            yield operation, results

    def carried_out(self, arguments: Sequence[Any], wanted: set[int]) -> dict[int, Any]:
        """Return these of its values, by number; what they do not need is left out."""
        needed = self.needed(wanted)
        few = self._replace(operations=tuple(each for each in self.operations if not needed.isdisjoint(each.writes)))
        found = {
            number: value
            for operation, results in few.steps(arguments)
            for number, value in zip(operation.writes, results, strict=True)
        }
        return {number: found[number] for number in wanted}

    def needed(self, wanted: Iterable[int]) -> set[int]:
        """Return the values that any of these depend on, themselves included."""
        found = set(wanted)
        for operation in reversed(self.operations):
            if not found.isdisjoint(operation.writes):
                found.update(read for read in operation.reads if isinstance(read, int))
        return found

    def reached(self, begin: Iterable[int]) -> set[int]:
        """Return the values that depend on any of these, themselves included."""
        found = set(begin)
        for operation in self.operations:
            if not found.isdisjoint(read for read in operation.reads if isinstance(read, int)):
                found.update(operation.writes)
        return found


def program_of(call: Any) -> Any:
    """Return the jaxpr that a call carries out."""
    inner = call.params[CALLS[call.primitive.name]]
    return getattr(inner, "jaxpr", inner)


def traced(function: Callable[..., Any], *args: Any) -> Program:
    """Return the program of a function; it is traced at its arguments, or at their shapes."""
    return _written_out(jax.make_jaxpr(function)(*args))


def _written_out(closed: Any) -> Program:
    """Return a traced program with every call within it replaced by what it does."""
    fresh: Iterator[int] = iter(range(2**62))
    constants: dict[int, Any] = {}
    operations: list[Operation] = []

    def walk(jaxpr: Any, consts: Sequence[Any], given: Sequence[Any], calls: tuple[Any, ...]) -> list[Any]:
        known = dict(zip(jaxpr.invars, given, strict=True))
        for variable, value in zip(jaxpr.constvars, consts, strict=True):
            known[variable] = next(fresh)
            constants[known[variable]] = value

        def read(variable: Any) -> Any:
            return variable if isinstance(variable, Literal) else known[variable]

        for equation in jaxpr.eqns:
            reads = tuple(map(read, equation.invars))
            if equation.primitive.name in CALLS:
                inner = equation.params[CALLS[equation.primitive.name]]
                writes = walk(program_of(equation), getattr(inner, "consts", ()), reads, (*calls, equation))
            else:
                writes = [next(fresh) for _ in equation.outvars]
                operations.append(Operation(equation, reads, tuple(writes), calls))
            known.update(zip(equation.outvars, writes, strict=True))
        return [read(variable) for variable in jaxpr.outvars]

    arguments = tuple(next(fresh) for _ in closed.jaxpr.invars)
    results = walk(closed.jaxpr, closed.consts, arguments, ())
    return Program(arguments, constants, tuple(operations), tuple(results))
