from __future__ import annotations

import pytest

from fallline.core.errors import DataError, FalllineError, InvalidType, InvalidValue, RunError, did_you_mean


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("adm", " Did you mean 'adam'?"),
        ("ADAM", " Did you mean 'adam'?"),
        ("nestrov", " Did you mean 'nesterov'?"),
        ("qqq", " Known: adam, nesterov, sgd."),
        ("", " Known: adam, nesterov, sgd."),
    ],
)
def test_the_nearest_name_or_all_of_them(name: str, hint: str) -> None:
    assert did_you_mean(name, ["sgd", "nesterov", "adam"]) == hint


def test_nothing_is_near_to_nothing() -> None:
    assert did_you_mean("adam", []) == ""


def test_errors_are_also_pythons_own() -> None:
    assert issubclass(InvalidValue, ValueError)
    assert issubclass(InvalidType, TypeError)
    assert all(issubclass(e, FalllineError) for e in (InvalidValue, InvalidType, DataError, RunError))
