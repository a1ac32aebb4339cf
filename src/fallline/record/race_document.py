"""race.json: what a race was asked to do and how it ended, for people and programs alike."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from fallline.core.errors import FalllineError, RunError
from fallline.core.outcome import Outcome
from fallline.core.race_spec import RaceSpec
from fallline.record import atomic, strict_json
from fallline.record.document import check_format, describes, typed

NAME = "race.json"
FORMAT = 1


@dataclass(frozen=True)
class RaceDocument:
    """The contents of race.json, format 1; numbers are written as in run.json.

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
        text = strict_json.dumps({"format": FORMAT, **values, "spec": self.spec.to_dict()}, indent=2)
        atomic.write_bytes(folder / NAME, text.encode() + b"\n")

    @classmethod
    def read(cls, folder: Path) -> RaceDocument:
        """Read race.json in `folder`.

        Raises:
            RunError: when it is missing, damaged, not a race's, or of a newer format.
        """
        path = folder / NAME
        try:
            values = strict_json.loads(path.read_bytes())
        except OSError as error:
            raise atomic.cannot("read", path, error) from error
        except FalllineError as error:
            raise RunError(f"{path} is damaged: {error}") from None
        check_format("a race", path, values, FORMAT)
        try:
            return cls._from_values(values)
        except (FalllineError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise RunError(f"{path} does not describe a race: {error}") from None

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
