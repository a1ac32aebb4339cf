"""Several records as one file's bytes: hundreds of runs of a race are saved in few files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fallline.core.errors import FalllineError, RunError
from fallline.core.outcome import Outcome
from fallline.core.spec import Spec
from fallline.record import arrays
from fallline.record.document import typed
from fallline.record.record import Record

_PARTS = ("history", "epochs", "tables", "arrays", "model_arrays")


def pack(records: Mapping[str, Record], preparation: Mapping[str, Any] | None = None, race: str | None = None) -> bytes:
    """Return records, each under its key, as one safetensors file's bytes.

    Args:
        records: key → record; what it cannot hold (problem, tree, path) is left out.
        preparation: the preparation that is kept elsewhere; a record with the same one is written without.
        race: what identifies the race, so that no other takes the file for its own.

    Raises:
        RunError: for an array of a dtype that cannot be stored.
    """
    named = {
        f"{i}/{part}/{name}": array
        for i, record in enumerate(records.values())
        for part in _PARTS
        for name, array in getattr(record, part).items()
    }
    about = [{"key": key, **_about(record, preparation)} for key, record in records.items()]
    return arrays.pack(named, {"race": race, "records": about})


def unpack(data: bytes, preparation: dict[str, Any] | None = None, race: str | None = None) -> dict[str, Record]:
    """Return the records of a file's bytes, each under its key.

    Raises:
        RunError: for bytes that are not a whole bundle, or that are another race's.
    """
    named, metadata = arrays.unpack(data)
    check_race(metadata, race)
    try:
        found: list[dict[str, dict[str, np.ndarray]]] = [{part: {} for part in _PARTS} for _ in metadata["records"]]
        for path, array in named.items():
            i, part, name = path.split("/", 2)
            found[int(i)][part][name] = array
        return {
            typed("key", about["key"], str): _record(about, parts, preparation)
            for about, parts in zip(metadata["records"], found, strict=True)
        }
    except (FalllineError, KeyError, IndexError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise RunError(f"these bytes do not hold records: {error}") from None


def check_race(metadata: Mapping[str, Any], race: str | None) -> None:
    """Raise `RunError` for what was written by another race; what does not say by which is taken for its own."""
    if metadata.get("race") not in (None, race):
        raise RunError("it is another race's.")


def _about(record: Record, preparation: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what a record holds besides arrays."""
    about = {
        "spec": record.spec.to_dict(),
        "outcome": record.outcome,
        "why": record.why,
        "test": record.test,
        "provenance": record.provenance,
    }
    return about if record.preparation == preparation else {**about, "preparation": record.preparation}


def _record(
    about: dict[str, Any], parts: dict[str, dict[str, np.ndarray]], preparation: dict[str, Any] | None
) -> Record:
    return Record(
        spec=Spec.from_dict(about["spec"]),
        outcome=Outcome(about["outcome"]),
        why=typed("why", about["why"], str),
        test={name: float(value) for name, value in about["test"].items()},
        provenance=typed("provenance", about["provenance"], dict),
        preparation=about.get("preparation", preparation),
        history=parts["history"],
        epochs=parts["epochs"],
        tables=parts["tables"],
        arrays=parts["arrays"],
        model_arrays=parts["model_arrays"],
    )
