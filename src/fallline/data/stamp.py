"""Whether a file is still the one that it was when it was opened."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from fallline.core.errors import DataError


class Stamp(NamedTuple):
    """A file's size in bytes, and when it was last written, in nanoseconds."""

    path: Path
    size: int
    written: int

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """Return the stamp that a file has now."""
        found = path.stat()
        return cls(path, found.st_size, found.st_mtime_ns)

    def check(self, where: str) -> None:
        """Refuse to go on with a file that has changed; `where` names it and the rows that were wanted."""
        try:
            found = self.path.stat()
        except OSError as error:
            raise DataError(
                f"{where}: the file has disappeared since the run began ({error.strerror}). Put it back as it was, and "
                f"resume the run."
            ) from None
        if (found.st_size, found.st_mtime_ns) != (self.size, self.written):
            size = "" if found.st_size == self.size else f": it had {self.size:,} bytes and has {found.st_size:,}"
            raise DataError(
                f"{where}: the file has changed since the run began{size}. The rows would no longer be the same ones; "
                f"put it back as it was and resume the run, or begin a new one."
            )
