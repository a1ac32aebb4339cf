"""Formulas that people type: what they are worth, and what is refused where."""

from __future__ import annotations

import pickle

import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given, settings

import fallline as fl
from fallline.core.formula import COORDINATES, FUNCTIONS, LONGEST, Formula
from fallline.core.starting_place import STEEP, place_to_start

PLACES = np.random.default_rng(0).uniform(-3, 3, (2, 50))

KNOWN = {
    "x**4 - 3*x**2 + y**2 + sin(3*x)": lambda x, y: x**4 - 3 * x**2 + y**2 + np.sin(3 * x),
    "(1 - x)**2 + 100*(y - x**2)**2": lambda x, y: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
    "-x**2 + +y": lambda x, y: -(x**2) + y,
    "2**-x*y": lambda x, y: 0.5**x * y,
    "x/y/2": lambda x, y: x / (2 * y),
    "2**3**2 + x + y": lambda x, y: 512 + x + y,
    "exp(-x*x) * cos(2*pi*y) + e": lambda x, y: np.exp(-(x**2)) * np.cos(2 * np.pi * y) + np.e,
    "log(abs(x)) + ln(2) + log2(8) + log10(100) + y": lambda x, y: np.log(np.abs(x)) + np.log(2) + 5 + y,
    "min(x, y) + 2*max(x, -y)": lambda x, y: np.where(x < y, x, y) + 2 * np.where(x > -y, x, -y),
    "sqrt(x*x + y*y) + tan(x)/tanh(y)": lambda x, y: np.hypot(x, y) + np.sin(x) / np.cos(x) / np.tanh(y),
    "sinh(x) - cosh(y) + atan(x) + arctan(y)": lambda x, y: (
        (np.exp(x) - np.exp(-x)) / 2 - (np.exp(y) + np.exp(-y)) / 2 + np.arctan2(x, 1) + np.arctan2(y, 1)
    ),
    "asin(x/4) + acos(y/4) + arcsin(0) + arccos(1)": lambda x, y: np.arcsin(x / 4) + np.arccos(y / 4),
    "0xff*x + 1_000*y + 1e-3": lambda x, y: 255 * x + 1000 * y + 0.001,
    "(x\n + y)": lambda x, y: x + y,
    "abs(x)**0.5*y": lambda x, y: np.sqrt(np.abs(x)) * y,
}


@pytest.mark.parametrize("text", KNOWN)
def test_values_are_those_of_the_same_formula_in_numpy(text):
    formula = Formula(text)
    np.testing.assert_allclose(formula.value(np, PLACES), KNOWN[text](*PLACES), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(jax.jit(formula)(PLACES), KNOWN[text](*PLACES), rtol=2e-4, atol=1e-4)


def test_every_function_is_tried_above():
    assert [name for name in FUNCTIONS if not any(f"{name}(" in text for text in KNOWN)] == []


def expressions():
    """Return a strategy of formulas, as Python writes them."""
    numbers = st.sampled_from(["0.0", "1.0", "2.5", "3.0", "1e-3", "pi"])
    leaves = numbers | st.sampled_from(["x", "y"])

    def larger(inner):
        return (
            st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner)
            | st.builds("(-{})".format, inner)
            | st.builds("({})**{}".format, inner, st.sampled_from(["2", "3", "-1", "0"]))
            | st.builds("{}({})".format, st.sampled_from(["sin", "exp", "sqrt", "tanh"]), inner)
        )

    return st.recursive(leaves, larger, max_leaves=12)


@given(expressions())
@settings(max_examples=150, deadline=None)
def test_any_formula_is_worth_what_python_makes_of_it(text):
    names = {"pi": np.pi, "sin": np.sin, "exp": np.exp, "sqrt": np.sqrt, "tanh": np.tanh}
    x, y = PLACES
    with np.errstate(all="ignore"):
        try:
            expected = eval(text, {"__builtins__": {}}, {**names, "x": x, "y": y})
        except (ZeroDivisionError, OverflowError):
            assume(False)
        try:
            formula = Formula(f"{text} + 0*x + 0*y")
        except fl.FalllineError:
            return
        found = formula.value(np, PLACES)
    good = np.isfinite(found)
    np.testing.assert_allclose(found[good], np.broadcast_to(expected, 50)[good], rtol=1e-9, atol=1e-12)


@given(st.text(max_size=60) | st.text("xy0123456789.+-*/()^eE sincoexp,=_'\"[]{}:#", max_size=80))
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_formula_or_an_error_that_teaches(text):
    try:
        formula = Formula(text)
    except fl.FalllineError:
        return
    assert Formula(str(formula)) == formula
    with np.errstate(all="ignore"):
        formula.value(np, PLACES[: len(formula.domain)])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "nothing in it"),
        ("   ", "nothing in it"),
        ("3", "no x"),
        ("pi*2", "no x"),
        ("y**2", "in x"),
        ("x^2", r"\*\*.*character 2"),
        ("x + (2 + 3)^2", r"\*\*.*character 12"),
        ("2x", r"2\*x.*character 2"),
        ("x + 2(x + 1)", r"\*"),
        ("x(x + 1)", r"x\*"),
        ("ｘ**2", "write x.*character 1"),
        ("x² + 1", r"write \*\*2.*character 2"),
        ("x − 1", r"write -.*character 3"),
        ("3·x", r"write \*"),
        ("x\x00", "character 2"),
        ("x # and more", "'#'.*character 3"),
        ("z + x", "unknown name 'z'.*character 1"),
        ("x + sine(x)", "unknown function 'sine'. Did you mean 'sin'.*character 5"),
        ("x*sin", r"sin is a function: write sin\(x\)"),
        ("sin()", "one argument"),
        ("sin(x, x)", "one argument"),
        ("sin(a=x)", "one argument"),
        ("sin(*x)", "one argument"),
        ("max(x)", "two arguments"),
        ("math.sin(x)", r"write sin\(x\)"),
        ("x.__class__", "no dots"),
        ("x.real.imag", "no dots"),
        ("().__class__.__bases__[0]", "knows numbers"),
        ("__import__('os').system('true')", "no dots|unknown"),
        ("eval('1')*x", "unknown function 'eval'"),
        ("(lambda: x)()", "knows numbers"),
        ("[x for x in (1,)]", "knows numbers"),
        ("x[0]", "knows numbers"),
        ("f'{x}'", "knows numbers"),
        ("x if x else 1", "conditions"),
        ("x < 1", "conditions"),
        ("x and x", "conditions"),
        ("not x", "knows numbers"),
        ("x := 1", "cannot be read"),
        ("x = 1", "cannot be read"),
        ("x + True", "True is no real number"),
        ("x + None", "None is no real number"),
        ("x + 2j", "2j is no real number"),
        ("x + 'a'", "no real number"),
        ("x, y", "comma"),
        ("x // 2", "only"),
        ("x % 2", "only"),
        ("x @ y", "only"),
        ("x << 2", "only"),
        ("~x", "knows numbers"),
        ("sin(x", "cannot be read.*character 4"),
        ("x +", "cannot be read"),
        ("x**99", "from -60 to 60"),
        ("x**-99", "from -60 to 60"),
        ("9**9**9 + x", "from -60 to 60"),
        ("9.0**60.0**50 * x", "from -60 to 60"),
        ("(9**60)**6 * x", "infinite|undefined"),
        ("1/0 + x", "infinite or undefined.*character 1"),
        ("log(-1) + x", "infinite or undefined"),
        ("(-8)**(1/3) + x", "infinite or undefined"),
        ("1e999*x", "too large"),
        ("0x" + "f" * 400 + "*x", "too large"),
        ("9" * 400 + "*x", "too large"),
        ("x + " * 200 + "x", "characters long"),
        ("-" * 300 + "x", "deep"),
        ("sin(" * 90 + "x" + ")" * 90, "deep"),
        ("+".join(["x"] * 120), "deep|parts"),
        ("(" * 240 + "x" + ")" * 240, "deep|cannot be read"),
    ],
)
def test_what_is_refused(text, message):
    with pytest.raises(fl.FalllineError, match=message):
        Formula(text)


def test_what_is_no_text_is_refused():
    with pytest.raises(TypeError, match="a formula is a text"):
        Formula(3)


def test_no_text_is_ever_run(tmp_path):
    mark = tmp_path / "mark"
    for text in (f"open({str(mark)!r}, 'w')", f"(open)({str(mark)!r}, 'w') + x", f"x + [open({str(mark)!r}, 'w')][0]"):
        with pytest.raises(fl.FalllineError):
            Formula(text)
    assert not mark.exists()


def test_a_formula_is_a_surface():
    formula = Formula("x**2 + 3*y**2")
    assert isinstance(formula, fl.Surface)
    assert formula.coordinates == COORDINATES
    assert formula.domain == ((-4.0, 4.0),) * 2
    assert formula.lowest == -np.inf
    assert formula.minima == formula.saddles == ()
    assert fl.minimize(formula, [1.0, 2.0], fl.SGD(lr=0.1), steps=100).f[-1] < 1e-8
    with pytest.raises(ValueError, match="2 coordinates"):
        formula([1.0])


def test_formulas_of_one_text_are_equal_and_can_be_kept():
    one, two = Formula("x**2  +\n1"), Formula(" x**2 + 1 ")
    assert one == two
    assert hash(one) == hash(two)
    assert one != Formula("x**2 + 2")
    assert pickle.loads(pickle.dumps(one)) == one


def test_gradients_are_those_of_calculus():
    gradient = jax.jit(jax.grad(Formula("x**4 - 3*x**2 + y**2 + sin(3*x)")))
    for x, y in PLACES.T[:5]:
        expected = [4 * x**3 - 6 * x + 3 * np.cos(3 * x), 2 * y]
        np.testing.assert_allclose(gradient(jnp.array([x, y])), expected, rtol=1e-4, atol=1e-4)
    assert jax.jit(jax.grad(Formula("x**2 + x**1")))(jnp.zeros(1)).tolist() == [1.0]


@pytest.mark.parametrize("text", ["log(x)", "sqrt(x - 1)", "log(x*y)", "x**0.5 + sqrt(-y)", "x"])
def test_the_start_is_a_place_with_a_value(text):
    formula = Formula(text)
    with np.errstate(all="ignore"):
        assert np.isfinite(formula.value(np, np.array(formula.start)))
    assert all(low < x < high for x, (low, high) in zip(formula.start, formula.domain, strict=True))


def test_the_start_is_high():
    for text in ("x**3", "-x", "x**2 - 10*y", "exp(-x*x - y*y)"):
        formula = Formula(text)
        lowest = formula.value(np, np.array(np.meshgrid(*[np.linspace(-4, 4, 9)] * len(formula.domain)))).mean()
        assert formula.value(np, np.array(formula.start)) > lowest


@pytest.mark.parametrize("text", ["exp(x**4)", "x**60", "cosh(x**3) + y*y", "exp(exp(exp(x)))"])
def test_nobody_starts_where_it_is_too_steep_to_descend(text):
    formula = Formula(text)
    assert formula.value(np, np.array(formula.start)) <= STEEP
    gradient = jax.grad(formula)(jnp.array(formula.start))
    assert np.isfinite(np.sum(np.square(gradient)))


def test_where_all_is_steep_the_start_is_the_lowest_place():
    assert Formula("1e30*x**2").start == pytest.approx((0.8,))


def test_where_there_is_no_value_there_is_no_start():
    with pytest.raises(ValueError, match="say where to start"):
        _ = Formula("sqrt(-1 - x*x)").start
    with pytest.raises(ValueError, match="say where to start"):
        place_to_start(lambda xp, x: x[0] * xp.nan, ((0.0, 1.0), (0.0, 1.0)))


def test_the_longest_formula_is_read_at_once():
    text = "x" + " " * (LONGEST - 5) + "+ 1"
    assert Formula(text) == Formula("x + 1")
    terms = " + ".join(f"{n}*x" for n in range(40))
    assert Formula(terms).value(np, np.ones(1)) == sum(range(40))


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("x**4 - 3*x**2 + x", (-2.52, 2.35)),  # turns at −1.301 and 1.131, the roots of 4x³ − 6x + 1
        ("sin(3*x)", (-4.0, 4.0)),
        ("x**2", (-4.0, 4.0)),
        ("1/x", (-4.0, 4.0)),
        ("1/(x - 1/3)", (-4.0, 4.0)),
        ("log(x)", (-4.0, 4.0)),
        ("x*0", (-4.0, 4.0)),
    ],
)
def test_a_formula_in_x_is_looked_at_where_it_has_wells(text, window):
    ((low, high),) = Formula(text).domain
    assert (low, high) == pytest.approx(window, abs=0.02)
