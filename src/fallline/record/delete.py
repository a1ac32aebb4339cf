"""Deleting the folder of a run or a race."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from fallline.record.atomic import cannot
from fallline.record.lock import Lock


def delete(path: Path) -> None:
    """Delete a folder with all that is in it; links in it are removed, and what they point to stays.

    Args:
        path: the folder of a run or a race.

    Raises:
        RunError: when somebody is writing it, or it cannot be deleted.
    """
    gone = path.with_name(f".{path.name}.{os.getpid()}.deleted")
    lock = Lock(path)
    try:
        os.rename(path, gone)  # at once: nobody finds half a run
    except OSError as error:
        raise cannot("delete", path, error) from error
    finally:
        lock.release()
    try:
        shutil.rmtree(gone)
    except OSError as error:
        raise cannot("delete", gone, error) from error
