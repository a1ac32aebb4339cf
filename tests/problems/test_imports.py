"""What is imported when."""

import subprocess
import sys

import pytest

HEAVY = ("jax", "polars", "sklearn", "scipy", "optax")


@pytest.mark.parametrize("module", ["problems", "problems.catalogue", "problems.recipe", "problems.preparation"])
def test_nothing_heavy_is_imported_before_a_problem_is_made(module):
    code = f"import sys, fallline.{module}; print([name for name in {HEAVY} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_functions_stay_functions_once_they_were_used():
    import fallline.problems as problems

    for _ in range(2):
        assert all(callable(getattr(problems, name)) for name in problems.__all__)
    assert set(problems.__all__) <= set(dir(problems))
    with pytest.raises(AttributeError, match="no attribute 'for_datum'"):
        _ = problems.for_datum
