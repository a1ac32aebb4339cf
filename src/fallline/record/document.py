"""run.json: what a run was asked to do and how it ended, for people and programs alike."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from fallline.core.errors import FalllineError, RunError
from fallline.core.outcome import Outcome
from fallline.core.spec import Spec
from fallline.record import atomic, migrations, strict_json
from fallline.record.read_file import LARGEST_TEXT, read_file

T = TypeVar("T")

NAME = "run.json"
SEAL = "sha256"


@dataclass(frozen=True)
class Document:
    """The contents of run.json.

    Numbers that are not finite are written as `{"$float": "nan"}`, `"inf"` or `"-inf"`, because JSON has no others.

    Args:
        spec: every choice of the run.
        outcome: why it stopped; `None` until it has.
        why: the same for this run, in a sentence.
        test: metrics on the test part, by name.
        provenance: versions, device, data fingerprint, times; `started` is a time in UTC as ISO 8601 writes it.
        preparation: how raw rows become the model's, as its `to_dict()` gave it.
        digests: file name → SHA-256 of its bytes, for the arrays beside it.
    """

    spec: Spec
    outcome: Outcome | None = None
    why: str = ""
    test: dict[str, float] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    preparation: dict[str, Any] | None = None
    digests: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Replace run.json in `folder`."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        write_described(folder / NAME, {**values, "spec": self.spec.to_dict()}, migrations.RUN)

    @classmethod
    def read(cls, folder: Path) -> Document:
        """Read run.json in `folder`.

        Raises:
            RunError: when it is missing, damaged, not a run's, or of a newer format.
        """
        return read_described("a run", folder / NAME, migrations.RUN, cls._from_values)

    @classmethod
    def _from_values(cls, values: dict[str, Any]) -> Document:
        outcome, preparation = values["outcome"], values["preparation"]
        return cls(
            spec=Spec.from_dict(typed("spec", values["spec"], dict)),
            outcome=None if outcome is None else Outcome(outcome),
            why=typed("why", values["why"], str),
            test={name: float(value) for name, value in values["test"].items()},
            provenance=typed("provenance", values["provenance"], dict),
            preparation=None if preparation is None else typed("preparation", preparation, dict),
            digests=typed("digests", values["digests"], dict),
        )


def is_run(folder: Path) -> bool:
    """Whether `folder` holds a run: a run.json that carries a format and a spec, or that is too damaged to tell."""
    return describes(folder / NAME)


def describes(path: Path) -> bool:
    """Whether `path` is a file that carries a format and a spec, or that is too damaged to tell."""
    try:
        values = json.loads(read_file(path, LARGEST_TEXT))
    except OSError:
        return False
    except (ValueError, RecursionError):
        return True
    return isinstance(values, dict) and "format" in values and "spec" in values


def write_described(path: Path, values: Mapping[str, Any], steps: Sequence[migrations.Migration]) -> None:
    """Replace a file of JSON for people and programs, sealed by the SHA-256 of what it says.

    Args:
        path: the file.
        values: what it says; its format's number and the seal are added.
        steps: the migrations that lead to its format.
    """
    said = {"format": migrations.newest(steps), **values}
    atomic.write_bytes(path, strict_json.dumps({**said, SEAL: _seal(said)}, indent=2).encode() + b"\n")


def read_described(
    what: str, path: Path, steps: Sequence[migrations.Migration], made: Callable[[dict[str, Any]], T]
) -> T:
    """Return what is made of the values in such a file, of any format up to the newest.

    Args:
        what: "a run", for messages.
        path: the file.
        steps: the migrations that lead to the newest format.
        made: makes it; what it raises says that the values are others.

    Raises:
        RunError: when the file is missing, damaged, of something else, or of a newer format.
    """
    try:
        values = strict_json.loads(read_file(path, LARGEST_TEXT))
    except OSError as error:
        raise atomic.cannot("read", path, error) from error
    except FalllineError as error:
        raise RunError(f"{path} is damaged: {error}") from None
    number = values.get("format") if isinstance(values, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise RunError(f"{path} does not describe {what}: it has no format number.")
    migrations.check_known(str(path), number, steps)
    _check_seal(path, values)
    try:
        return made(migrations.migrated(values, steps))
    except (FalllineError, KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise RunError(f"{path} does not describe {what}: {error}") from None


def _check_seal(path: Path, values: dict[str, Any]) -> None:
    """Raise `RunError` where a file is sealed, and says something else than when it was."""
    seal = values.pop(SEAL, None)
    if seal is not None and seal != _seal(values):
        raise RunError(
            f"{path} is damaged: it does not say what was saved (its {SEAL} does not match). Restore it from a copy; "
            f"or, if it was changed on purpose, remove the line {SEAL!r} from it."
        )


def _seal(values: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a file's values, however they are spaced and ordered."""
    plain = json.loads(strict_json.dumps(values))
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def typed(name: str, value: Any, kind: type) -> Any:
    """Return a value of a file, or raise `RunError` when it is not of the kind that its name stands for."""
    if not isinstance(value, kind):
        raise RunError(f"its {name} is a {type(value).__name__}, not a {kind.__name__}.")
    return value
