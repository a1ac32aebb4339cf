"""A formula that somebody typed, as a surface: `x**4 - 3*x**2 + y**2 + sin(3*x)`.

It is read by Python's own parser and a whitelist of its nodes, never evaluated by Python.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import math
import re
import unicodedata
import warnings
from collections.abc import Callable
from typing import Any, ClassVar

from fallline.core.errors import InvalidType, InvalidValue, did_you_mean
from fallline.core.node import option
from fallline.core.starting_place import place_to_start
from fallline.core.surface import Point, Range, Surface
from fallline.core.wells import around_wells

LONGEST = 500
MOST_NODES = 200
DEEPEST = 60
HIGHEST_POWER = 60
"""4**60 is about the largest power of the window's edge that float32 still holds."""

COORDINATES = ("x", "y")
CONSTANTS = {"e": math.e, "pi": math.pi}
FUNCTIONS: dict[str, tuple[str, int]] = {
    "abs": ("abs", 1),
    "acos": ("arccos", 1),
    "arccos": ("arccos", 1),
    "arcsin": ("arcsin", 1),
    "arctan": ("arctan", 1),
    "asin": ("arcsin", 1),
    "atan": ("arctan", 1),
    "cos": ("cos", 1),
    "cosh": ("cosh", 1),
    "exp": ("exp", 1),
    "ln": ("log", 1),
    "log": ("log", 1),
    "log10": ("log10", 1),
    "log2": ("log2", 1),
    "max": ("maximum", 2),
    "min": ("minimum", 2),
    "sin": ("sin", 1),
    "sinh": ("sinh", 1),
    "sqrt": ("sqrt", 1),
    "tan": ("tan", 1),
    "tanh": ("tanh", 1),
}
"""What a formula may call: its name → the array namespace's, and how many arguments it takes."""

_KNOWN = (*COORDINATES, *CONSTANTS, *FUNCTIONS)
_OPERATIONS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}
_TYPED = {"−": "-", "–": "-", "×": "*", "·": "*", "÷": "/", "²": "**2", "³": "**3", "π": "pi", "√": "sqrt"}
"""What people paste from other texts, and how it is written here."""


class Formula(Surface):
    """A formula in x, or in x and y.

    It knows `+ - * / **`, numbers, brackets, pi, e, and the functions of `FUNCTIONS`. Of its lowest value and its
    minima nothing is known. Two formulas of one text are equal.

    Raises:
        InvalidValue: for anything else, naming the place.

    Example:
        >>> bumpy = Formula("x**4 - 3*x**2 + y**2 + sin(3*x)")
        >>> bumpy([0.0, 2.0]).item(), str(bumpy)
        (4.0, 'x**4 - 3*x**2 + y**2 + sin(3*x)')
        >>> Formula("x^2")
        Traceback (most recent call last):
            ...
        fallline.core.errors.InvalidValue: formula 'x^2': a power is written **, as in x**2 (character 2).
    """

    SIDE: ClassVar[Range] = (-4.0, 4.0)
    """The domain of each coordinate."""

    text: str = option(dataclasses.MISSING, help="the formula")

    lowest = -math.inf
    minima = ()

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise InvalidType(f"a formula is a text such as 'x**2 + y**2', got {self.text!r}.")
        object.__setattr__(self, "text", " ".join(self.text.split()))
        _read(self.text)

    def __str__(self) -> str:
        return self.text

    def value(self, xp: Any, x: Any) -> Any:
        """Return the formula's value at `x` of shape (n, ...); where it has none, as log(-1), nan or infinity."""
        tree, names = _read(self.text)
        return _value(tree, xp, dict(zip(names, x, strict=True)))

    @property
    def coordinates(self) -> tuple[str, ...]:
        """The names of its coordinates."""
        return _read(self.text)[1]

    @property
    def domain(self) -> tuple[Range, ...]:
        """From -4 to 4 along each coordinate; in x alone, no further than there are wells and humps to see."""
        if len(self.coordinates) == 1:
            return (around_wells(self.value, self.SIDE),)
        return (self.SIDE,) * len(self.coordinates)

    @property
    def start(self) -> Point:
        """The highest of a few places off the middle of its domain, but for steep ones."""
        return place_to_start(self.value, self.domain)


@functools.lru_cache(maxsize=256)
def _read(text: str) -> tuple[ast.expr, tuple[str, ...]]:
    """Return a formula's checked tree, constants worked out, and its coordinates."""
    reader = _Reader(text)
    tree = reader.tree()
    checked = reader.checked(tree, 1)
    if "x" not in reader.used:
        if "y" in reader.used:
            raise reader.refusal("of one coordinate, a formula is written in x, as in x**2")
        raise reader.refusal("there is no x in it, so there is nothing to descend along: write one as in x**2")
    return checked, COORDINATES if "y" in reader.used else COORDINATES[:1]


class _Reader:
    """One formula being read: every node is looked at, and what is not known refused with its place."""

    def __init__(self, text: str) -> None:
        self.text, self.used, self.nodes = text, set[str](), 0

    def refusal(self, why: str, at: ast.expr | int | None = None) -> InvalidValue:
        """Return the error that says what cannot be read, and where."""
        shown = self.text if len(self.text) <= 80 else f"{self.text[:77]}…"
        column = at if at is None or isinstance(at, int) else at.col_offset
        place = "" if column is None else f" (character {column + 1})"
        return InvalidValue(f"formula {shown!r}: {why}{place}.")

    def tree(self) -> ast.expr:
        """Return the text as Python's parser sees it."""
        if len(self.text) > LONGEST:
            raise self.refusal(f"it is {len(self.text)} characters long; at most {LONGEST} are read")
        for place, letter in enumerate(self.text):
            if not " " <= letter <= "~":
                plain = _TYPED.get(letter) or unicodedata.normalize("NFKC", letter)
                hint = f": write {plain}" if plain.isascii() and plain.isprintable() else ""
                raise self.refusal(f"{letter!r} is not a letter or sign of a formula{hint}", place)
        if not self.text:
            raise self.refusal("there is nothing in it; write one such as x**2 + y**2")
        if (comment := self.text.find("#")) >= 0:
            raise self.refusal("'#' is not a letter or sign of a formula", comment)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the parser's advice on Python code is not for formulas
                return ast.parse(self.text, mode="eval").body
        except SyntaxError as error:
            if product := re.search(r"(?<![\w.])[\d.]+(?=[a-zA-Z])(?!e[+-]?\d)", self.text):
                raise self.refusal("a product is written *, as in 2*x", product.end()) from None
            at = min(max((error.offset or 1) - 1, 0), len(self.text) - 1)
            raise self.refusal("it cannot be read from here on", at) from None
        except (ValueError, RecursionError, MemoryError):
            raise self.refusal("it cannot be read: it is nested too deeply, or has too long a number") from None

    def checked(self, node: ast.expr, depth: int) -> ast.expr:
        """Return a node with constants worked out, having looked at all of it."""
        self.nodes += 1
        if self.nodes > MOST_NODES or depth > DEEPEST:
            raise self.refusal(f"it has more than {MOST_NODES} parts, or is nested more than {DEEPEST} deep", node)
        match node:
            case ast.Constant(value=int() | float() as number) if type(number) is not bool:
                return self.number(number, node)
            case ast.Name(id=name):
                return self.named(name, node)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=inner):
                inner = self.checked(inner, depth + 1)
                return inner if isinstance(sign, ast.UAdd) else self.folded(ast.UnaryOp(sign, inner), node)
            case ast.BinOp(left=left, op=operator, right=right):
                left, right = self.checked(left, depth + 1), self.checked(right, depth + 1)
                self.check_operator(operator, right, node)
                return self.folded(ast.BinOp(left, operator, right), node)
            case ast.Call():
                return self.called(node, depth)
        raise self.refusal(self.complaint(node), node)

    def number(self, number: float, node: ast.expr) -> ast.expr:
        """Return a number as a float."""
        try:
            found = float(number)
        except OverflowError:
            found = math.inf
        if not math.isfinite(found):
            raise self.refusal("the number is too large", node)
        return ast.Constant(found)

    def named(self, name: str, node: ast.expr) -> ast.expr:
        """Return a coordinate, or the number that a constant's name stands for."""
        if name in CONSTANTS:
            return ast.Constant(CONSTANTS[name])
        if name in COORDINATES:
            self.used.add(name)
            return ast.Name(name)
        if name in FUNCTIONS:
            raise self.refusal(
                f"{name} is a function: write {name}({'x' if FUNCTIONS[name][1] == 1 else 'x, y'})", node
            )
        raise self.refusal(f"unknown name {name[:40]!r}.{did_you_mean(name, _KNOWN)}".rstrip("."), node)

    def called(self, node: ast.Call, depth: int) -> ast.expr:
        """Return a call of a known function with the arguments that it takes."""
        if not isinstance(node.func, ast.Name):
            raise self.refusal(self.complaint(node.func), node.func)
        name = node.func.id
        if name in COORDINATES or name in CONSTANTS:
            raise self.refusal(f"a product is written *, as in {name}*(…)", node)
        if name not in FUNCTIONS:
            raise self.refusal(f"unknown function {name[:40]!r}.{did_you_mean(name, FUNCTIONS)}".rstrip("."), node)
        arity = FUNCTIONS[name][1]
        if node.keywords or len(node.args) != arity or any(isinstance(a, ast.Starred) for a in node.args):
            form = f"{name}(x)" if arity == 1 else f"{name}(x, y)"
            counted = "one argument" if arity == 1 else "two arguments"
            raise self.refusal(f"{name} takes {counted}, as in {form}", node)
        return self.folded(ast.Call(node.func, [self.checked(a, depth + 1) for a in node.args], []), node)

    def check_operator(self, operator: ast.operator, right: ast.expr, node: ast.expr) -> None:
        """Refuse an operator that formulas lack, and a power that no float holds."""
        if isinstance(operator, ast.BitXor):
            sign = self.text[: node.end_col_offset].rfind("^")
            raise self.refusal("a power is written **, as in x**2", sign)
        if isinstance(operator, ast.Pow):
            if isinstance(right, ast.Constant) and abs(right.value) > HIGHEST_POWER:  # type: ignore[arg-type]
                raise self.refusal(f"a power must be from {-HIGHEST_POWER} to {HIGHEST_POWER}", node)
        elif type(operator) not in _OPERATIONS:
            raise self.refusal("it knows + - * / ** only", node)

    def folded(self, made: ast.expr, node: ast.expr) -> ast.expr:
        """Return a number for a part without coordinates, so that no Python arithmetic is left for later."""
        if not all(isinstance(part, ast.Constant) for part in _parts(made)):
            return made
        import numpy as np

        with np.errstate(all="ignore"):
            found = float(_value(made, np, {}, np.float64))
        if not math.isfinite(found):
            raise self.refusal("the number is infinite or undefined", node)
        return ast.Constant(found)

    def complaint(self, node: ast.expr) -> str:
        """Return what is wrong with a kind of expression that formulas do not know."""
        match node:
            case ast.Attribute(attr=name):
                return f"names have no dots; write {name}(x)" if name in FUNCTIONS else "names have no dots"
            case ast.Constant() if isinstance(node.value, complex | str | bytes | bool) or node.value is None:
                return f"{ast.unparse(node)[:40]} is no real number"
            case ast.Constant(value=int() | float()):
                return "a product is written *, as in 2*(x + 1)"
            case ast.Compare() | ast.BoolOp() | ast.IfExp():
                return "there are no conditions in a formula; min(a, b), max(a, b) and abs(a) make corners"
            case ast.Tuple():
                return "a formula is one expression, without a comma outside of brackets; write 0.5 for 0,5"
        return "it knows numbers, x, y, + - * / **, brackets and functions only"


def _parts(node: ast.expr) -> list[ast.expr]:
    match node:
        case ast.UnaryOp(operand=inner):
            return [inner]
        case ast.BinOp(left=left, right=right):
            return [left, right]
        case ast.Call(args=args):
            return args
    return [node]


def _value(node: ast.expr, xp: Any, at: dict[str, Any], number: Callable[[float], Any] = float) -> Any:
    """Return a checked tree's value; `number` makes what a constant is to be."""
    match node:
        case ast.Constant(value=value):
            return number(value)  # type: ignore[arg-type]  # checked: a float
        case ast.Name(id=name):
            return at[name]
        case ast.UnaryOp(operand=inner):
            return -_value(inner, xp, at, number)
        case ast.BinOp(left=base, op=ast.Pow(), right=ast.Constant(value=float() as power)) if power.is_integer():
            return _value(base, xp, at, number) ** int(power)  # exact, and with a slope at 0
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return xp.power(_value(left, xp, at, number), _value(right, xp, at, number))
        case ast.BinOp(left=left, op=operator, right=right):
            return _OPERATIONS[type(operator)](_value(left, xp, at, number), _value(right, xp, at, number))
        case ast.Call(func=ast.Name(id=name), args=args):
            return getattr(xp, FUNCTIONS[name][0])(*(_value(a, xp, at, number) for a in args))
    raise AssertionError(ast.dump(node))
