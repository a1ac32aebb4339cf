from __future__ import annotations

import keyword
import math
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fallline.core.errors import InvalidValue
from fallline.core.grammar import LONGEST, Call, parse, parse_all

names = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda word: not keyword.iskeyword(word) and word not in ("true", "false", "none")
)
plain = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20)
)


def calls_of(inner: st.SearchStrategy) -> st.SearchStrategy:
    """Strategy for calls whose arguments come from `inner`."""
    args, kwargs = st.lists(inner, max_size=3).map(tuple), st.dictionaries(names, inner, max_size=3)
    return st.builds(Call, names, args, kwargs)


def nested(inner: st.SearchStrategy) -> st.SearchStrategy:
    """Strategy for calls, tuples and tables made of `inner`."""
    tables = st.dictionaries(st.text(max_size=8), inner, max_size=3)
    return calls_of(inner) | st.lists(inner, max_size=3).map(tuple) | tables


@given(calls_of(st.recursive(plain, nested, max_leaves=8)))
def test_what_is_written_is_read_again(call: Call) -> None:
    found = parse(str(call))
    assert found == call
    assert str(found) == str(call)  # 1 and 1.0, 0.0 and -0.0 are equal, and written differently


@given(st.lists(calls_of(plain), min_size=1, max_size=4))
def test_several_calls_are_read_again(calls: list[Call]) -> None:
    assert parse_all(", ".join(map(str, calls))) == tuple(calls)


@pytest.mark.parametrize("text", ["", "a b", "a,, b", "a, 1", "a; b", "a, 'b'", "1", "a, (b, c)"])
def test_what_is_no_list_of_calls_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="cannot read"):
        parse_all(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("adam", Call("adam")),
        ("  adam( lr = 1e-3 ) ", Call("adam", (), {"lr": 1e-3})),
        ("mlp(128, 64, activation=tanh)", Call("mlp", (128, 64), {"activation": "tanh"})),
        ("f(True, false, None, 'None')", Call("f", (True, False, None, "None"))),
        ("f(-2, g(1), a.b)", Call("f", (-2, Call("g", (1,)), "a.b"))),
        ("optax.adamw(1e-3)", Call("optax.adamw", (1e-3,))),
        ("piecewise(boundaries=[1, 2])", Call("piecewise", (), {"boundaries": (1, 2)})),
        ("f({'*.b': g(1), '*': g})", Call("f", ({"*.b": Call("g", (1,)), "*": "g"},))),
    ],
)
def test_calls(text: str, expected: Call) -> None:
    assert parse(text) == expected


HOSTILE = [
    "",
    "   ",
    "3",
    "'adam'",
    "true",
    "adam(",
    "adam)(",
    "adam(lr=)",
    "adam(lr=1)(2)",
    "adam(lr=9**9**9)",
    "adam(lr=1+1)",
    "adam(lr=-True)",
    "adam(lr=1j)",
    "adam(lr=b'x')",
    "adam(lr=...)",
    "adam(lr=f'{1}')",
    "adam(lr={1})",
    "adam(lr={a: 1})",
    "adam(lr=[i for i in x])",
    "adam(lr={**a})",
    "adam(*a)",
    "adam(**a)",
    "adam(lr:=3)",
    "adam(lambda: 0)",
    "adam(x for x in y)",
    "adam().step",
    "adam[0]",
    "adam\nsgd",
    "adam; sgd",
    "import os",
    "__import__('os').system('true')",
    "adam\x00",
    "adam(lr=1if 1else 2)",
    "f(" * 400 + ")" * 400,
    "-" * 1500 + "1",
    "a" + ".a" * 900 + "()()",
    "adam(lr=0x" + "f" * 1900 + "+0)",
    "\ud800",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_else_is_refused_without_being_run(text: str) -> None:
    with pytest.raises(InvalidValue, match="cannot read"):
        parse(text)


def test_the_parsers_own_warnings_stay_inside() -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with pytest.raises(InvalidValue):
            parse("adam('\\d'")
        assert parse("adam('\\d')").args == ("\\d",)
    assert heard == []


def test_long_text_is_not_even_parsed() -> None:
    assert parse("a" * LONGEST).name == "a" * LONGEST
    with pytest.raises(InvalidValue, match=f"at most {LONGEST} are read"):
        parse("a" * (LONGEST + 1))


def test_an_argument_given_twice_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"adam.*lr is given twice"):
        parse("adam(lr=1, lr=2)")


def test_a_number_too_large_is_infinite_and_left_to_the_range() -> None:
    assert math.isinf(parse("adam(lr=1e999)").kwargs["lr"])


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        call = parse(text)
    except InvalidValue:
        return
    assert parse(str(call)) == call or "inf" in str(call)
