"""Where the runs of a race stand that have not ended: what they go on from after an interruption."""

from __future__ import annotations

import contextlib
import shutil
import warnings
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fallline.core.errors import RunError
from fallline.record import arrays as array_file
from fallline.record import numbered
from fallline.record.atomic import Buffer
from fallline.record.bundle import check_race

FOLDER = "under_way"
KEPT = 2
"""How often a run is kept: where it stood last, and before that, should the last file be damaged."""


class Standing(NamedTuple):
    """Where a run stands: `arrays`, by name, and `about`, plain data beside them."""

    arrays: Mapping[str, Any]
    about: Mapping[str, Any]


class UnderWay:
    """The folder `under_way/` of a race: each file says of some of its runs where they stood then.

    Args:
        race: the race's folder, of which the caller is the only writer.
        id: what identifies the race, so that no other takes the files for its own.

    Example:
        >>> import tempfile
        >>> folder = UnderWay(Path(tempfile.mkdtemp()))
        >>> folder.save({"sgd | seed 0": Standing({"w": np.ones(2)}, {"seconds": 0.5})})
        >>> folder.load()["sgd | seed 0"].about
        {'seconds': 0.5}
    """

    def __init__(self, race: Path, id: str | None = None) -> None:
        self.folder, self.id = race / FOLDER, id
        self._names: dict[Path, tuple[str, ...]] = {}
        self._next = 1 + max((file.number for file in numbered.files(self.folder)), default=0)

    def save(self, runs: Mapping[str, Standing], ended: Collection[str] = ()) -> None:
        """Save where some runs stand, durably, all of them or none; then remove the files that nobody needs any more.

        Args:
            runs: by their names; of a run that was saved before, the newest two are kept.
            ended: runs of which nothing need be kept.

        Raises:
            RunError: when it cannot be written; what was saved before is untouched.
        """
        if runs:
            path = numbered.write(self.folder, self._next, _pack(runs, self.id))
            self._next += 1
            self._names[path] = tuple(runs)
        self._prune(ended)

    def load(self, ended: Collection[str] = ()) -> dict[str, Standing]:
        """Return where each run stood last; of a damaged file the runs are passed over, with a warning.

        Args:
            ended: runs that are not asked for.
        """
        found: dict[str, Standing] = {}
        for file in numbered.files(self.folder):
            try:
                runs = _unpack(numbered.read(file), self.id)
            except (OSError, RunError) as error:
                what = f"where runs stood, in {file.path}, is passed over"
                warnings.warn(f"{what}: {error} They go on from where they stood before.", stacklevel=2)
                runs = {}
            self._names[file.path] = tuple(runs)
            found |= {name: standing for name, standing in runs.items() if name not in ended}
        return found

    def clear(self) -> None:
        """Remove all of it: every run has ended."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._names.clear()

    def _prune(self, ended: Collection[str]) -> None:
        """Remove files whose runs have all ended, or stand in enough newer ones."""
        seen: Counter[str] = Counter()
        for path, names in sorted(self._names.items(), reverse=True):
            if all(name in ended or seen[name] >= KEPT for name in names):
                with contextlib.suppress(OSError):
                    path.unlink()
                del self._names[path]
            seen.update(names)


def _pack(runs: Mapping[str, Standing], id: str | None) -> list[Buffer]:
    named = {f"{i}/{name}": a for i, run in enumerate(runs.values()) for name, a in run.arrays.items()}
    about = [{"name": name, "about": run.about} for name, run in runs.items()]
    return array_file.pieces(named, {"race": id, "runs": about})


def _unpack(data: bytes, id: str | None) -> dict[str, Standing]:
    named, metadata = array_file.unpack(data)
    check_race(metadata, id)
    try:
        names = [run["name"] for run in metadata["runs"]]
        found: list[dict[str, np.ndarray]] = [{} for _ in names]
        for path, array in named.items():
            i, name = path.split("/", 1)
            found[int(i)][name] = array
        about = [dict(run["about"]) for run in metadata["runs"]]
        return {name: Standing(*each) for name, *each in zip(names, found, about, strict=True)}
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise RunError(f"these bytes do not hold where runs stand: {error}") from None
