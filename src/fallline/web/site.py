"""What the pages of the app share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from fallline.core.errors import InvalidValue, did_you_mean
from fallline.record.document import is_run
from fallline.record.load import run_names
from fallline.record.names import LONGEST, is_safe
from fallline.record.race_document import is_race

if TYPE_CHECKING:
    from fallline.web.jobs import Jobs
    from fallline.web.uploads import Uploads


@dataclass(frozen=True)
class Site:
    """What the pages of one server share.

    Args:
        runs: the folder that holds the runs; it exists.
        token: the secret of the printed link, which requests that change something carry.
        jobs: the work that goes on in threads.
        uploads: the files that were brought in.
    """

    runs: Path
    token: str
    jobs: Jobs
    uploads: Uploads

    def run(self, name: str) -> Path:
        """Return the folder of the run or race of this name: one that lies in the runs folder itself.

        Raises:
            InvalidValue: for a name that could lead anywhere else.
            HTTPException: 404, when there is none.
        """
        if not is_safe(name):
            rule = f"letters, digits, '.', '_' and '-', {LONGEST} at most, the first a letter or a digit"
            raise InvalidValue(f"{name!r} is no name of a run that can be opened here: it needs {rule}.")
        path = self.runs / name
        if path.resolve() != self.runs.resolve() / name:
            raise InvalidValue(f"{name!r} is a link that leads elsewhere, and is not followed.")
        if not (is_run(path) or is_race(path)):
            raise HTTPException(404, f"there is no run {name!r}.{did_you_mean(name, run_names(self.runs))}")
        return path
