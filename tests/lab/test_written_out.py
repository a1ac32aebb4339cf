"""The arithmetic of a step: what it says is what the method does, and what is written comes to what is said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from fallline.core.method import Method
from fallline.core.node import Hyper, choices, fields
from fallline.lab.written_out import WrittenOut, written_out
from fallline.methods import METHODS

START = np.array([1.3, -0.7])


def f(x: np.ndarray) -> float:
    return float(x[0] ** 2 + 3 * x[1] ** 2 + x[0] * x[1])


def slope(x: np.ndarray) -> np.ndarray:
    return np.array([2 * x[0] + x[1], 6 * x[1] + x[0]])


def forms() -> Iterator[Method]:
    """Yield every method, and it with each choice and each optional number in turn."""
    for cls in METHODS.values():
        yield cls()
        for field in fields(cls):
            meta = field.metadata["meta"]
            left_out = isinstance(meta, Hyper) and meta.optional and field.default is None
            number = next(n for n in (0.5, 2.0) if not left_out or n in meta.interval)
            others = (number,) if left_out else () if isinstance(meta, Hyper) else choices(cls, field.name)
            yield from (cls(**{field.name: value}) for value in others if value != field.default)


FORMS = list(forms())


def after(method: Method, steps: int) -> tuple[np.ndarray, Any]:
    """Return where the method is after some steps, and its state."""
    point, state = START, method.init(START)
    for _ in range(steps):
        update, state = method.update(slope(point), state, point, value=f(point), value_fn=f)
        point = point + update
    return point, state


def told(method: Method, steps: int, digits: int = 4) -> tuple[WrittenOut, dict[str, Any]]:
    """Return a step written out, and what the method itself makes of it."""
    point, state = after(method, steps)
    update, new = method.update(slope(point), state, point, value=f(point), value_fn=f)
    slots = {name: array for name, array in (new | new.get("shared", {})).items() if name not in ("count", "shared")}
    made = {f"{name}′": array for name, array in slots.items()} | {"update": update, "W′": point + update}
    return written_out(method, slope(point), state, point, value=f(point), value_fn=f, digits=digits), made


@pytest.mark.parametrize("steps", [0, 6])
@pytest.mark.parametrize("method", FORMS, ids=repr)
def test_the_values_are_those_of_the_method_itself(method: Method, steps: int) -> None:
    written, made = told(method, steps)
    assert not written.note
    assert len(written.coordinates) == 2
    for i, lines in enumerate(written.coordinates):
        assert {"update", "W′"} <= {line.name for line in lines}
        for line in lines:
            if line.name in made:
                expected = np.broadcast_to(made[line.name], 2)[i]
                assert line.value == pytest.approx(expected, rel=1e-12, abs=1e-15), line


@pytest.mark.parametrize("steps", [0, 6])
@pytest.mark.parametrize("method", FORMS, ids=repr)
def test_what_is_written_comes_to_the_value(method: Method, steps: int) -> None:
    point, state = after(method, steps)
    written, _ = told(method, steps, digits=17)
    known: dict[str, Any] = {"g": slope(point), "W": point, "t": steps + 1.0}
    known |= {f.name: getattr(method, f.name) for f in fields(type(method))}
    known |= {name: array for name, array in (state | state.get("shared", {})).items() if name != "shared"}
    for name in {line.name for lines in written.coordinates for line in lines}:
        of_each = [next((x.value for x in lines if x.name == name), np.nan) for lines in written.coordinates]
        known[name] = np.array(of_each)
    for i, lines in enumerate(written.coordinates):
        for line in lines:
            for text in (line.formula, line.numbers):
                found = np.broadcast_to(calculated(text, known), 2)[i]
                assert found == pytest.approx(line.value, rel=1e-9, abs=1e-12), line


def calculated(text: str, known: Mapping[str, Any]) -> Any:
    """Return what a formula comes to: it is turned into Python, whose own precedence then says what is meant."""
    text = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda found: "**" + found[0].translate(_UP), text)
    text = re.sub(r"\b([a-z]\w*)\(", r"call_\1(", text)  # a slot or a local may be called like a function
    text = re.sub(r"\|([^|]*)\|", r"abs(\1)", text)
    text = re.sub(r"([₀-₉]+)", lambda found: f"[{int(found[0].translate(_DOWN)) - 1}]", text)
    for sign, python in (("′", "_new"), ("·", "*"), ("−", "-"), ("^", "**")):
        text = text.replace(sign, python)
    while "√" in text:
        before, _, rest = text.rpartition("√")
        end = atom(rest)
        text = f"{before}sqrt({rest[:end]}){rest[end:]}"
    functions = {"sign": np.sign, "log": np.log, "exp": np.exp, "expm1": np.expm1, "max": np.maximum, "min": np.minimum}
    over = {"sum": np.sum, "mean": np.mean, "f": lambda *x: f(np.array(x) if len(x) > 1 else x[0])}
    calls = {f"call_{name}": function for name, function in (functions | over).items()}
    named = {name.replace("′", "_new"): value for name, value in known.items()}
    with np.errstate(all="ignore"):
        return eval(text, {"__builtins__": {}}, {"abs": np.abs, "sqrt": np.sqrt, **calls, **named})


_UP, _DOWN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"), str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def atom(text: str) -> int:
    """Return where what a root is taken of ends: a name, a number, a call, or what stands in parentheses."""
    end = re.match(r"(\d+(\.\d+)?(e-?\d+)?|\w*)", text).end()  # type: ignore[union-attr]
    if text[end : end + 1] == "(":
        depth, end = 1, end + 1
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
    return end


def test_adam_reads_as_in_a_book() -> None:
    written, _ = told(METHODS["adam"](), 0)
    lines = {line.name: line.formula for line in written.coordinates[0]}
    assert lines == {
        "m′": "b1 · m + (1 − b1) · g",
        "v′": "b2 · v + (1 − b2) · g²",
        "c1": "1 − b1^t",
        "c2": "1 − b2^t",
        "update": "−lr · m′ / (c1 · (√(v′ / c2) + eps))",
        "W′": "W + update",
    }


def test_numbers_are_read_from_the_step() -> None:
    method = METHODS["momentum"](lr=0.5)
    lines = written_out(method, np.array([-3.0]), method.init(np.array([2.0])), np.array([2.0])).coordinates[0]
    assert [(x.name, x.numbers, x.value) for x in lines] == [
        ("v′", "0.9 · 0 − 0.5 · (−3)", 1.5),
        ("update", "1.5", 1.5),
        ("W′", "2 + 1.5", 3.5),
    ]


def test_a_schedule_is_read_at_the_step() -> None:
    method = METHODS.build("sgd(lr=inversetime(1.0, decay=1.0))")
    point, state = after(method, 3)
    update = written_out(method, slope(point), state, point).coordinates[0][0]
    assert update.value == pytest.approx(-0.25 * slope(point)[0])


def test_a_number_that_is_zero_leaves_the_equation() -> None:
    method = METHODS["momentum"](beta=0.0)
    assert told(method, 2)[0].coordinates[0][0].formula == "−lr · g"


def test_a_composition_has_its_numbers_alone_and_says_so() -> None:
    method = METHODS.build("chain(clipnorm(0.5), momentum(0.1))")
    point, state = after(method, 2)
    update, _ = method.update(slope(point), state, point)
    written = written_out(method, slope(point), state, point)
    assert "made of methods" in written.note
    lines = {line.name: line for line in written.coordinates[1]}
    assert lines["update"].value == update[1]
    assert lines["update"].formula == ""
    assert {"v′", "update", "W′"} <= lines.keys()
