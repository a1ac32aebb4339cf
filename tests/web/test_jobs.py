"""Work in threads: told as it goes, stopped, limited in number, and never silent about a failure."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

import pytest

from fallline.core.errors import InvalidValue, RunError
from fallline.web import jobs
from fallline.web.jobs import Job, Jobs


@dataclass(frozen=True)
class Said:
    state: str
    error: str | None


class Waiting(Job):
    """Waits until it is asked to stop, then raises what it was made with."""

    kind = "wait"

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__("a wait")
        self.raises = error

    def work(self) -> None:
        assert self.asked_to_stop.wait(20)
        if self.raises is not None:
            raise self.raises

    def status(self) -> Said:
        return Said(self.state, self.error)


def ended(every: Jobs) -> None:
    every.close()
    assert not any(thread.name.startswith("fallline-wait") for thread in threading.enumerate())


def test_a_job_runs_stops_and_says_so():
    every, job = Jobs(), Waiting()
    assert every.start(job) is job
    assert (every.list("wait"), every.list("other"), every.find(job.id)) == ((job,), (), job)
    assert job.status() == Said("running", None)
    job.stop()
    ended(every)
    assert job.status() == Said("ended", None)
    assert [event.name for event in job.feed.since(0)] == ["status", "end"]


def test_an_error_of_ours_is_told_with_its_notes(caplog):
    error = InvalidValue("the data are gone.")
    error.add_note("The run up to step 3 is kept.")
    every, job = Jobs(), Waiting(error)
    every.start(job)
    ended(every)
    assert job.status() == Said("failed", "the data are gone. The run up to step 3 is kept.")
    assert caplog.records == []


def test_an_error_that_nobody_foresaw_is_logged_and_told(caplog):
    every, job = Jobs(), Waiting(ZeroDivisionError("division by zero"))
    every.start(job)
    with caplog.at_level(logging.ERROR):
        ended(every)
    assert job.status() == Said("failed", "ZeroDivisionError: division by zero.")
    assert "Traceback" in caplog.text


def test_only_a_few_go_on_at_a_time():
    every = Jobs()
    several = [every.start(Waiting()) for _ in range(jobs.MOST)]
    with pytest.raises(RunError, match=f"{jobs.MOST} trainings and races go on already"):
        every.start(Waiting())
    several[0].stop()
    while several[0].going_on:
        pass
    every.start(Waiting())
    ended(every)


def test_jobs_that_ended_long_ago_are_forgotten(monkeypatch):
    monkeypatch.setattr(jobs, "KEPT", 2)
    every, made = Jobs(), []
    for _ in range(5):
        job = every.start(Waiting())
        made.append(job)
        job.stop()
        while job.going_on:
            pass
    assert every.list() == tuple(made[-3:])
    with pytest.raises(InvalidValue, match="not known"):
        every.find(made[0].id)
