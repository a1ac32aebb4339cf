"""Schedules that would leave their hyperparameter's range are refused before a run begins."""

import numpy as np
import pytest

import fallline as fl
from fallline.core.node import Scalar


class Line(fl.Schedule):
    """A straight line."""

    start: Scalar = fl.hyper(range="(-inf, inf)", help="the first value")
    slope: Scalar = fl.hyper(range="(-inf, inf)", help="the change in a step")

    def value(self, xp, t):
        return self.start + self.slope * t


class Root(fl.Schedule):
    """The square root of a line: not a number where that is negative."""

    start: Scalar = fl.hyper(range="(-inf, inf)", help="the first value, squared")

    def value(self, xp, t):
        return xp.sqrt(self.start - t)


def trained(by_rows, method, steps):
    return fl.train(by_rows, method, batch_size=8, steps=steps)


def minimised(_, method, steps):
    return fl.minimize(fl.surfaces.Booth(), method=method, steps=steps)


BAD = {
    "above": (fl.Adam(b1=Line(0.5, 0.1)), 10, r"adam\(b1=.*\): b1 is 1.1 at step 7 of 10.*in \[0, 1\]"),
    "below": (fl.SGD(lr=Line(0.1, -0.01)), 20, r"sgd\(lr=.*lr is -0.01 at step 12 of 20.*in \[0, inf\)"),
    "at once": (fl.SGD(lr=fl.Constant(-0.1)), 1, r"lr is -0.1 at step 1 of 1"),
    "not a number": (fl.SGD(lr=Root(4.0)), 10, r"lr is nan at step 6 of 10"),
    "infinite": (fl.SGD(lr=fl.Exponential(1.0, decay=10.0)), 1000, r"lr is inf at step 310 of 1,000"),
    "inside": (fl.chain(fl.ClipNorm(Line(0.5, -0.1)), fl.SGD), 10, r"clipnorm\(limit=.*limit is -0.1 at step 7"),
    "deeper": (
        fl.by_path({"*": fl.Accumulate(fl.WeightDecay(fl.Adam(b2=Line(0.0, 0.25))))}),
        10,
        r"adam\(b2=.*b2 is 1.25 at step 6",
    ),
    "within a schedule": (
        fl.SGD(lr=fl.Exponential(0.1, decay=Line(0.5, -0.25))),
        10,
        r"exponential\(decay=.*decay is -0.25 at step 4",
    ),
}


@pytest.mark.parametrize("run", [trained, minimised])
@pytest.mark.parametrize("case", BAD)
def test_a_value_out_of_range_is_refused(by_rows, run, case, tmp_path):
    method, steps, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        run(by_rows, method, steps)


@pytest.mark.parametrize("run", [trained, minimised])
@pytest.mark.parametrize(
    ("method", "steps"),
    [
        (fl.Adam(b1=Line(0.5, 0.1)), 6),  # 0.5 … 1.0: the ends are allowed
        (fl.SGD(lr=Line(0.3, -0.1)), 4),  # the last is 0 but for rounding, -6e-17
        (fl.SGD(lr=Line(0.01, -0.001)), 11),  # 0.01 … 0
        (fl.SGD(lr=fl.Cosine(0.01, steps=10)), 30),
        (fl.SGD(lr=fl.Polynomial(0.01, steps=10)), 30),
        (fl.SGD(lr=fl.Warmup(0.01, steps=10)), 30),
        (fl.SGD(lr=Root(3.0)), 4),
    ],
)
def test_the_ends_of_the_range_are_allowed_within_the_run(by_rows, run, method, steps):
    fine = method.replace(lr=1e-3) if isinstance(method, fl.Adam) else method
    assert run(by_rows, fine, steps).outcome != "nonfinite"


def test_a_long_run_is_looked_at_here_and_there_and_at_its_end():
    """A million steps are not read one by one, and the last of them is."""
    calls = []

    class Counted(Line):
        """A line that counts its readings."""

        def value(self, xp, t):
            calls.append(float(t))
            return super().value(xp, t)

    problem = fl.Problem(init=lambda key: np.ones(2), loss=lambda p, b: (p**2).sum())
    with pytest.raises(ValueError, match=r"lr is -1e-06 at step 1,000,000 of 1,000,000"):
        fl.train(problem, fl.SGD(lr=Counted(1e-6 * 999_998, -1e-6)), steps=1_000_000)
    assert len(calls) <= 1000
    assert calls[0] == 0
    assert calls[-1] == 999_999


def test_nothing_is_written_for_a_refused_run(by_rows, tmp_path):
    with pytest.raises(ValueError, match="b1 is"):
        fl.train(by_rows, fl.Adam(b1=Line(0.5, 0.1)), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
