"""A training that goes on while pages watch it: stopped, resumed, its learning rate changed under way."""

from __future__ import annotations

import contextlib
import shlex
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from fallline.core.errors import FalllineError, RunError
from fallline.core.outcome import Outcome
from fallline.probes.grad_norms import GradNorms
from fallline.record.document import Document
from fallline.record.folder import REPORT
from fallline.record.summary import Verdict, verdicts
from fallline.report.numbers import duration, number
from fallline.web.jobs import Job, State

if TYPE_CHECKING:
    from fallline.core.method import Method
    from fallline.core.problem import Problem
    from fallline.engine.look import Look
    from fallline.record.record import Record

LOOK_SECONDS = 0.25
"""How often those who watch are told, at most."""

PROBE = GradNorms
"""What is measured besides the loss, for the picture of the layers."""

RESUMABLE = (None, Outcome.INTERRUPTED)
"""The outcomes of runs that can be gone on with."""

Columns = Mapping[str, Any]


@dataclass(frozen=True)
class Drawn:
    """What the pictures of a training are drawn from: the history and the epochs so far."""

    history: Columns = field(default_factory=dict)
    epochs: Columns = field(default_factory=dict)

    @property
    def gradients(self) -> Columns:
        """The gradient's length at each step, by parameter array; none where it was not measured."""
        start = f"{PROBE.COLUMN}/"
        return {name.removeprefix(start): column for name, column in self.history.items() if name.startswith(start)}


@dataclass(frozen=True)
class TrainStatus:
    """How a training goes.

    Args:
        id: of the job.
        name: of the run's folder.
        state: `running`, `stopping`, `ended` or `failed`.
        said: what is going on, or how it ended, in a sentence.
        share: of all steps, the part that is taken, from 0 to 1.
        numbers: what is known, as pairs of a name and a number in words.
        lr: the learning rate of the next step in words; None where there is none, or before the first.
        pictures: how often the pictures have changed.
        layers: whether there is a picture of the gradients, layer by layer.
        outcome: how it ended; None before.
        test: what the test part says, as pairs of a name and a number in words.
        findings: what is wrong with it, the surest first, where it ended badly.
        report: whether there is a report of the run.
        resumable: whether it can go on where it stopped.
    """

    id: str
    name: str
    state: State
    said: str
    share: float
    numbers: tuple[tuple[str, str], ...]
    lr: str | None
    pictures: int
    layers: bool
    outcome: str | None
    test: tuple[tuple[str, str], ...]
    findings: tuple[Verdict, ...]
    report: bool
    resumable: bool


class Training(Job):
    """One run of one model, new or resumed.

    Args:
        path: the run's folder.
        begin: trains; it is given the job, whose `look` is to be called between chunks of steps.
    """

    kind: ClassVar[str] = "train"

    def __init__(self, path: Path, begin: Callable[[Training], Record]) -> None:
        super().__init__(path.name)
        self.path, self.begin = path, begin
        self.said = "compiling"
        self.drawn = Drawn()
        self.record: Record | None = None
        self._pictures = 0
        self._share = 0.0
        self._numbers: tuple[tuple[str, str], ...] = ()
        self._lr: float | None = None
        self._wanted: deque[float] = deque(maxlen=1)  # another thread adds
        self._looked = 0.0

    def work(self) -> None:
        """Train to the end, or until it is asked to stop."""
        try:
            self.record = record = self.begin(self)
        except BaseException:
            self.leave()
            raise
        finally:
            del self.begin  # it holds the data, and jobs that have ended are remembered
        self.drawn = Drawn(record.history, record.epochs)
        self._pictures += 1
        if record.outcome == Outcome.FINISHED:
            self._share = 1.0
        self._examine(record)
        self.said = f"{record.outcome}: {record.why}"

    def leave(self) -> None:
        """Take the folder away again where nothing was ever written into it."""
        with contextlib.suppress(OSError):  # it holds something, and stays
            self.path.rmdir()

    def say(self, words: str) -> None:
        """Tell what is going on."""
        self.said = words
        self.tell()

    def set_lr(self, lr: float) -> None:
        """Take another learning rate from the next look on."""
        self._wanted.append(lr)

    def look(self, look: Look) -> None:
        """See how it goes, and change what is wanted; called between chunks of steps, in the training's thread."""
        wanted = self._wanted.pop() if self._wanted else None
        if wanted is not None:
            try:
                look.set_lr(wanted)
                self.said = f"training, at the rate {wanted:g} from step {look.step + 1:,} on"
            except FalllineError as error:
                self.said = f"training; the rate stays: {error}"
        elif not self._looked:
            self.said = "training"
        stops = self.asked_to_stop.is_set()
        if stops:
            look.pause("stopped on the page")
        if stops or wanted is not None or time.monotonic() - self._looked >= LOOK_SECONDS:
            self._looked = time.monotonic()
            self.drawn = Drawn(look.history, look.epoch_history)
            self._pictures += 1
            self._share, self._lr, self._numbers = look.step / look.steps, look.lr, _numbers(look)
            self.tell()

    def status(self) -> TrainStatus:
        """Return how it goes."""
        record = self.record
        said = "stopping, to be saved" if self.state == "stopping" else self.error or self.said
        return TrainStatus(
            id=self.id,
            name=self.name,
            state=self.state,
            said=said,
            share=self._share,
            numbers=self._numbers if record is None else _ended(record),
            lr=None if self._lr is None else f"{self._lr:.6g}",
            pictures=self._pictures,
            layers=bool(self.drawn.gradients),
            outcome=None if record is None else str(record.outcome),
            test=tuple((name, number(value)) for name, value in record.test.items()) if record else (),
            findings=verdicts(record.diagnosis) if record else (),
            report=not self.going_on and (self.path / REPORT).is_file(),
            resumable=not self.going_on and _resumable(self.path),
        )

    def _examine(self, record: Record) -> None:
        """Look for the reason of a bad end."""
        from fallline.findings.bad_end import ended_badly, examined

        if ended_badly(record):
            self.say(f"{record.outcome}: {record.why}; looking for the reason")
            self.record = examined(record)


def new(problem: Problem, method: Method, path: Path, auto: bool, choices: Mapping[str, Any]) -> Training:
    """Return a training that has not begun.

    Args:
        problem: what is minimised.
        method: how.
        path: the run's folder, empty.
        auto: whether the learning rate is to be found first.
        choices: the other arguments of `fl.train`.
    """

    def begin(job: Training) -> Record:
        from fallline.engine.train import train

        chosen = _with_rate_found(job, problem, method, choices) if auto else method
        return train(problem, chosen, **choices, probes=PROBE, out=path, callbacks=[job.look])

    return Training(path, begin)


def resumed(path: Path, lr: float | None) -> Training:
    """Return a training that goes on where it stopped, with another learning rate if one is given.

    Raises:
        RunError: for a folder without a run, or one that has ended.
    """
    document = Document.read(path)
    if document.outcome not in RESUMABLE:
        raise RunError(f"the run {path.name} has ended ({document.outcome}): there is nothing to go on with.")
    if "file" in document.spec.problem:  # the folder may be a stranger's, and a click runs no code that it names
        raise RunError(
            f"the run {path.name} is of a problem in a file of Python, which a page does not run. In a terminal: "
            f"fallline resume {shlex.quote(str(path))}"
        )

    def begin(job: Training) -> Record:
        from fallline.engine.resume import resume

        return resume(path, lr=lr, callbacks=[job.look])

    return Training(path, begin)


def _with_rate_found(job: Training, problem: Problem, method: Method, choices: Mapping[str, Any]) -> Method:
    from fallline.lab.learning_rate import find_lr

    def asked() -> None:
        if job.asked_to_stop.is_set():
            raise RunError("stopped while a learning rate was looked for: nothing of this training is kept.")

    job.say("finding a learning rate")
    found = find_lr(problem, method, **choices, between=asked)
    asked()
    job.say(
        f"compiling; {found.reason}" if found.lr is None else f"compiling, for the rate {found.lr:g} that was found"
    )
    return found.method


def _resumable(path: Path) -> bool:
    """Return whether a folder holds a run that was stopped."""
    try:
        return Document.read(path).outcome in RESUMABLE
    except RunError:
        return False


def _numbers(look: Look) -> tuple[tuple[str, str], ...]:
    return (
        ("epoch", f"{min(look.epoch + 1, look.epochs):,} of {look.epochs:,}"),
        ("step", f"{look.step:,} of {look.steps:,}"),
        ("loss", number(look.loss)),
        *((f"validation {name}", number(value)) for name, value in look.validation.items()),
        ("time left", duration(look.seconds_left)),
    )


def _ended(record: Record) -> tuple[tuple[str, str], ...]:
    epochs, steps = (len(table.get(name, ())) for table, name in ((record.epochs, "epoch"), (record.history, "step")))
    last = {name: column[-1] for name, column in record.epochs.items() if len(column) and column[-1] == column[-1]}
    measured = [
        (name.replace("val_", "validation ").replace("train_", "training "), number(float(value)))
        for name, value in last.items()
        if name.startswith(("val_", "train_"))
    ]
    return (("epochs", f"{epochs:,}"), ("steps", f"{steps:,}"), *measured)
