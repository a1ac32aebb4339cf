"""race.json: what a race was asked to do and how it ended, for people and programs alike."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from fallline.core.outcome import Outcome
from fallline.core.race_spec import RaceSpec
from fallline.record import migrations
from fallline.record.document import describes, read_described, typed, write_described

NAME = "race.json"


@dataclass(frozen=True)
class RaceDocument:
    """The contents of race.json; numbers are written as in run.json.

    Args:
        spec: every choice of the race.
        outcome: why it stopped; `None` until it has.
        why: the same for this race, in a sentence.
        result: what it found, as plain data: the verdict, the standings.
        provenance: versions, device, data fingerprint, times; `started` is a time in UTC as ISO 8601 writes it.
        preparation: how raw rows become the models', as its `to_dict()` gave it.
    """

    spec: RaceSpec
    outcome: Outcome | None = None
    why: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    preparation: dict[str, Any] | None = None

    def write(self, folder: Path) -> None:
        """Replace race.json in `folder`."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        write_described(folder / NAME, {**values, "spec": self.spec.to_dict()}, migrations.RACE)

    @classmethod
    def read(cls, folder: Path) -> RaceDocument:
        """Read race.json in `folder`.

        Raises:
            RunError: when it is missing, damaged, not a race's, or of a newer format.
        """
        return read_described("a race", folder / NAME, migrations.RACE, cls._from_values)

    @classmethod
    def _from_values(cls, values: dict[str, Any]) -> RaceDocument:
        outcome, preparation = values["outcome"], values["preparation"]
        return cls(
            spec=RaceSpec.from_dict(typed("spec", values["spec"], dict)),
            outcome=None if outcome is None else Outcome(outcome),
            why=typed("why", values["why"], str),
            result=typed("result", values["result"], dict),
            provenance=typed("provenance", values["provenance"], dict),
            preparation=None if preparation is None else typed("preparation", preparation, dict),
        )


def is_race(folder: Path) -> bool:
    """Whether `folder` holds a race: a race.json that carries a format and a spec, or that is too damaged to tell."""
    return describes(folder / NAME)
