"""Wall clocks that go backwards: nothing but the time of the start is read from one."""

from __future__ import annotations

import datetime
import itertools
import time
from collections.abc import Iterator

import numpy as np
import pytest
from tests.faults.small import PROBLEM, assert_same, at_step, kept, race, train

import fallline as fl


@pytest.fixture
def backwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the clock back by an hour whenever it is looked at."""
    readings: Iterator[float] = itertools.count(1.8e9, -3600.0)

    class Now(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Now:
            return cls.fromtimestamp(next(readings), tz)

    monkeypatch.setattr(time, "time", lambda: next(readings))
    monkeypatch.setattr(time, "time_ns", lambda: int(next(readings) * 1e9))
    monkeypatch.setattr(datetime, "datetime", Now)
    monkeypatch.setattr("fallline.engine.provenance.datetime", Now)


def test_a_run_is_timed_saved_and_resumed_as_ever(tmp_path, backwards):
    whole, early = train(checkpoint_seconds=0, checkpoint_steps=None), tmp_path / "early"
    out = tmp_path / "run"
    train(out, callbacks=[at_step(98, kept(out, early, 1))], checkpoint_seconds=0, checkpoint_steps=None)
    assert list(early.glob("checkpoints/step-*"))
    resumed = fl.resume(early, PROBLEM)
    assert_same(resumed, whole)
    for record in (whole, resumed, fl.load(out)):
        assert (np.diff(record.history["seconds"]) >= 0).all()
        assert 0 < record.provenance["seconds"] < 60


def test_a_race_that_began_later_than_now_goes_on(tmp_path, backwards):
    def stop(progress: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        race(tmp_path / "race", progress=stop)
    assert race(tmp_path / "race").outcome == "finished"
