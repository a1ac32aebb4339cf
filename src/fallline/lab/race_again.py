"""A race that was broken off, from its folder alone."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from fallline.core.errors import RunError
from fallline.core.outcome import Outcome
from fallline.core.problem import Problem
from fallline.core.race_spec import RaceSpec
from fallline.engine.interrupt import Interrupt
from fallline.lab.comparison import Comparison
from fallline.lab.published import published
from fallline.lab.race_progress import Report
from fallline.lab.raced import raced
from fallline.record.race_document import RaceDocument


def race_again(
    path: str | PathLike[str], report: Report | None = None, interrupt: Interrupt | None = None
) -> Comparison:
    """Go on with a race; it ends with the very comparison that it would have ended with uninterrupted.

    Args:
        path: its folder.
        report: hears how it stands.
        interrupt: asks it to stop, as a signal does.

    Raises:
        RunError: for a folder without a race, one that is finished, or one on a problem of the user's own.
    """
    problem, spec = asked(Path(path))
    return raced(problem, spec.methods or None, spec, path, report, published(spec.run.problem), interrupt)


def asked(path: Path) -> tuple[Problem, RaceSpec]:
    """Return the problem of a race that goes on, built again, and its choices.

    Raises:
        RunError: as for `race_again`.
    """
    from fallline.problems import rebuild

    document = RaceDocument.read(path)
    if document.outcome == Outcome.FINISHED:
        raise RunError(f"the race {path.name} is finished: there is nothing to go on with.")
    if "data" not in document.spec.run.problem:
        raise RunError(f"the race {path.name} is on a problem of your own: go on with it from your own program.")
    return rebuild(document.spec.run.problem), document.spec
