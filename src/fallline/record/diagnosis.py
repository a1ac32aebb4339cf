"""What an examination of a run found, in memory and as findings.json in the run's folder."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, overload

import numpy as np

from fallline.core.choice import one_of
from fallline.core.errors import RunError
from fallline.core.spec import Spec
from fallline.record import migrations
from fallline.record.document import read_described, typed, write_described
from fallline.record.finding import Effect, Exhibit, Finding
from fallline.record.folder import FINDINGS, RunFolder

if TYPE_CHECKING:
    from fallline.record.record import Record


@dataclass(frozen=True, eq=False, repr=False)
class Diagnosis(Sequence[Finding]):
    """What a run was examined for, and what was found: a sequence of findings, the surest first.

    Args:
        findings: what is wrong.
        checked: causes that were judged and are not there.
        open: causes that could not be judged → why, and how to get what is missing.
        notes: what must be said beside it, in sentences.
        record: the run.
    """

    findings: tuple[Finding, ...]
    checked: tuple[str, ...] = ()
    open: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    record: Record | None = None

    def save(self, path: str | PathLike[str] | None = None) -> Path:
        """Write the findings into the run's folder, and its report anew; with `path` into a new folder, run and all.

        Raises:
            RunError: when the run has no folder and none is given, or the folder cannot be written.
        """
        from fallline.report.run_page import run_page

        if self.record is None:
            raise RunError("these findings belong to no run: diagnose one, fl.diagnose(record).")
        record = dataclasses.replace(self.record, diagnosis=self)
        if path is None and record.path is None:
            raise RunError("the run has no folder to write its findings to: name one, .save('runs/a').")
        where = record.save(path) if path is not None else record.path
        assert where is not None
        with RunFolder.open(where) as folder:
            self.write(where)
            folder.write_report(run_page(record))
        return where

    def write(self, folder: Path) -> None:
        """Replace findings.json in `folder`."""
        write_described(folder / FINDINGS, self.to_dict(), migrations.FINDINGS)

    @classmethod
    def read(cls, folder: Path) -> Diagnosis | None:
        """Read findings.json in `folder`; None where there is none.

        Raises:
            RunError: when it is damaged, of something else, or of a newer format.
        """
        path = folder / FINDINGS
        return read_described("findings", path, migrations.FINDINGS, cls.from_dict) if path.exists() else None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, without the run."""
        return {
            "findings": [_plain(finding) for finding in self.findings],
            "checked": list(self.checked),
            "open": dict(self.open),
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Diagnosis:
        """Read plain data."""
        return cls(
            findings=tuple(_finding(each) for each in typed("findings", values["findings"], list)),
            checked=tuple(map(str, typed("checked", values["checked"], list))),
            open={name: str(why) for name, why in typed("open", values["open"], dict).items()},
            notes=tuple(map(str, typed("notes", values["notes"], list))),
        )

    def __len__(self) -> int:
        return len(self.findings)

    @overload
    def __getitem__(self, place: int) -> Finding: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Finding, ...]: ...
    def __getitem__(self, place: int | slice) -> Finding | tuple[Finding, ...]:
        return self.findings[place]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __repr__(self) -> str:
        found = ", ".join(f"{each.cause} ({each.confidence:.2f})" for each in self) or "nothing found"
        return f"<Diagnosis: {found}; {len(self.checked)} causes ruled out, {len(self.open)} open>"

    def _repr_html_(self) -> str | None:
        from fallline.report.findings import findings

        return None if self.record is None else f"<div>{findings(self, self.record.spec)}</div>"


def _plain(value: Any) -> Any:
    """Return a value of a finding as strict JSON has it: a spec by its choices, arrays as lists."""
    if isinstance(value, Spec):
        return value.to_dict()
    if dataclasses.is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def _finding(values: Mapping[str, Any]) -> Finding:
    since, remedy = values["since"], values["remedy"]
    return Finding(
        cause=typed("cause", values["cause"], str),
        message=typed("message", values["message"], str),
        since=None if since is None else int(since),
        evidence=typed("evidence", values["evidence"], dict),
        confidence=float(values["confidence"]),
        remedy=None if remedy is None else Spec.from_dict(remedy),
        advice=typed("advice", values["advice"], str),
        exhibit=None if values["exhibit"] is None else _exhibit(values["exhibit"]),
        effect=None if values["effect"] is None else _effect(values["effect"]),
    )


def _exhibit(values: Mapping[str, Any]) -> Exhibit:
    kind, across = typed("kind", values["kind"], str), values["since"]
    one_of("kind", kind, typing.get_type_hints(Exhibit)["kind"])
    x, y = map(str, values["names"])
    series = typed("series", values["series"], dict).items()
    return Exhibit(
        title=typed("title", values["title"], str),
        names=(x, y),
        series={name: float(each) if kind == "bars" else _points(each) for name, each in series},
        kind=cast("Any", kind),
        levels={name: float(height) for name, height in typed("levels", values["levels"], dict).items()},
        since=None if across is None else float(across),
    )


def _points(given: Any) -> np.ndarray:
    points = np.asarray(given or np.zeros((0, 2)), np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise RunError(f"a line of a picture has the shape {points.shape}, and points are (n, 2).")
    return points


def _effect(values: Mapping[str, Any]) -> Effect:
    seeds = tuple(map(int, typed("seeds", values["seeds"], list)))
    before, after = (tuple(map(float, typed(name, values[name], list))) for name in ("before", "after"))
    if not len(seeds) == len(before) == len(after):
        raise RunError(f"a remedy has {len(before)} results before and {len(after)} after, for {len(seeds)} seeds.")
    mean, low, high = (float(values[name]) for name in ("mean", "low", "high"))
    return Effect(str(values["measure"]), seeds, before, after, mean, low, high)
