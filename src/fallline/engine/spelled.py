"""Activation functions as they are spelled in traced programs."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np
from jax.extend.core import Literal

from fallline.engine.operations import Operation, Program, Read, program_of

_JAX_NN = "jax/_src/nn/functions.py"

_OTHERS = re.compile(
    "celu|elu|gelu|hard_sigmoid|hard_silu|hard_tanh|leaky_relu|log_sigmoid|mish|relu6|selu|silu|soft_sign|softplus"
    "|sparse_plus|sparse_sigmoid|squareplus"
)
"""Activation functions of `jax.nn` that are several operations, of which some look like other activations."""

_COMPARED = ("gt", "ge", "lt", "le")
_SUMS = ("add", "add_any", "sub")


class Spelling:
    """What kind of activation an operation of a program completes."""

    def __init__(self, program: Program) -> None:
        self._made = {write: operation for operation in program.operations for write in operation.writes}
        self._ends = _ends(program)
        each = (operation.reads for operation in program.operations if operation.name not in _COMPARED)
        self._used = Counter(read for reads in each for read in reads if isinstance(read, int))

    def kind(self, operation: Operation) -> str | None:
        """Return the kind of activation that an operation completes, or None."""
        if (others := self._ends.get(id(operation))) is not None:
            return "other" if others else None
        match operation.name:
            case "logistic":
                return "sigmoid"
            case "tanh":
                return "tanh"
            case "max" if any(map(self._zero, operation.reads)):
                return "relu"
            case "select_n" if self._chosen_above_zero(operation):
                return "relu"
            case "mul" if self._masked(*operation.reads) or self._masked(*reversed(operation.reads)):
                return "relu"
            case "div" if self._own_sigmoid(*operation.reads):
                return "sigmoid"
        return None

    def alone(self, operation: Operation) -> bool:
        """Whether an operation is all that its operands are used for, comparisons aside."""
        return all(self._used[read] == 1 for read in operation.reads if isinstance(read, int) and not self._zero(read))

    def _maker(self, read: Read, *names: str) -> Operation | None:
        """Return the operation that made a value, if it is one of these."""
        made = None if isinstance(read, Literal) else self._made.get(read)
        return made if made is not None and made.name in names else None

    def _constant(self, read: Read, number: float) -> bool:
        """Whether a value is one number everywhere."""
        if isinstance(read, Literal):
            return bool(np.all(np.asarray(read.val) == number))
        made = self._maker(read, "broadcast_in_dim", "convert_element_type")
        return made is not None and self._constant(made.reads[0], number)

    def _zero(self, read: Read) -> bool:
        return self._constant(read, 0)

    def _above_zero(self, read: Read) -> Read | None:
        """Return x of x > 0, or of 0 > x, or None."""
        made = self._maker(read, *_COMPARED)
        if made is None:
            return None
        one, two = made.reads
        return one if self._zero(two) else two if self._zero(one) else None

    def _chosen_above_zero(self, operation: Operation) -> bool:
        """Whether it is where(x > 0, x, 0), or the same the other way round."""
        which, *cases = operation.reads
        x = self._above_zero(which)
        return len(cases) == 2 and any(self._zero(a) and b is x for a, b in (cases, cases[::-1]))

    def _masked(self, x: Read, mask: Read) -> bool:
        """Whether it is x * (x > 0)."""
        made = self._maker(mask, "convert_element_type")
        return made is not None and not isinstance(x, Literal) and self._above_zero(made.reads[0]) is x

    def _own_sigmoid(self, one: Read, below: Read) -> bool:
        """Whether it is 1 / (1 + exp(−x))."""
        made = self._maker(below, "add")
        if made is None or not self._constant(one, 1):
            return False
        return any(self._constant(a, 1) and self._maker(b, "exp") for a, b in (made.reads, made.reads[::-1]))


def weighted(program: Program, weights: set[int]) -> set[int]:
    """Return the values that a weight is multiplied with, sooner or later: whatever meets one except in a sum."""
    needed: set[int] = set()
    for operation in reversed(program.operations):
        reads = {read for read in operation.reads if isinstance(read, int)}
        meets = operation.name not in _SUMS and not weights.isdisjoint(reads)
        if meets or not needed.isdisjoint(operation.writes):
            needed |= reads - weights
    return needed


def _ends(program: Program) -> dict[int, bool]:
    """Return the operations that a function of `_OTHERS` consists of, and whether each is its last."""
    found: dict[int, bool] = {}
    before: tuple[str, int] | None = None
    for operation in program.operations:
        function = _function(operation)
        if before is not None and before[0] == function:
            found[before[1]] = False
        before = None if function is None else (function, id(operation))
        if before is not None:
            found[before[1]] = True
    return found


def _function(operation: Operation) -> str | None:
    """Return which function of `_OTHERS` an operation is part of: one that it was traced in, or that is called."""
    traceback: Any = operation.equation.source_info.traceback
    frames = () if traceback is None else traceback.frames
    places = [(frame.file_name, frame.function_name) for frame in reversed(frames)]
    for call in operation.calls:
        info = program_of(call).debug_info
        places.append((info.func_filename or "", info.func_name))
    names = (name for file, name in places if file.endswith(_JAX_NN) and _OTHERS.fullmatch(name))
    return next(names, None)
