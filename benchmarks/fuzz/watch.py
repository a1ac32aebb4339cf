"""What a process does to its machine: the files it writes, the programs it starts, the hosts it talks to."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

_WRITES = {
    "os.mkdir": (0,),
    "os.remove": (0,),
    "os.rmdir": (0,),
    "os.rename": (0, 1),
    "os.link": (1,),
    "os.symlink": (1,),
}
"""What changes a folder, and which of its arguments are the paths."""
_FOLLOWS = {"open", "os.truncate", "os.chmod"}
"""What changes the file that a link leads to."""
_FORBIDDEN = {
    *("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "subprocess.Popen", "pickle.find_class"),
    *("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"),
}
_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Watch:
    """Listens, where `listens` is true, to what Python reports of every file, program and connection (PEP 578).

    Compiled libraries report nothing, so the files in `base`, where the home folder lies, too, are compared besides.

    Args:
        base: the one folder in which anything may be written: in its `place`, and in its `kept`.
    """

    def __init__(self, base: Path) -> None:
        self._base = os.path.realpath(base)
        self._allowed = tuple(os.path.join(self._base, name) for name in ("place", "kept"))
        self._before = self._files()
        self._found: list[str] = []
        self.listens = False
        sys.addaudithook(self._hear)

    def seen(self) -> list[str]:
        """Return what was done that may not be done."""
        return [*self._found, *(f"left {name}" for name in sorted(self._files() - self._before))]

    def _files(self) -> set[str]:
        """Return the files and folders of `base` that nothing may add to."""
        found = (str(path) for path in Path(self._base).rglob("*"))
        return {os.path.relpath(path, self._base) for path in found if not path.startswith(self._allowed)}

    def _hear(self, event: str, given: tuple[Any, ...]) -> None:
        if not self.listens:
            return
        if event in _FORBIDDEN:
            self._found.append(f"{event} {given!r:.200}")
        elif event in _FOLLOWS and (event != "open" or given[2] & _FLAGS):
            followed = event != "open" or not given[2] & os.O_NOFOLLOW
            if followed and not isinstance(given[0], int):  # a number is a file that is open already
                self._check(event, os.path.realpath(os.fsdecode(given[0])))
        elif event in _WRITES:
            # Where the path begins at an open folder, that is the last argument; -1 is the working folder.
            start = f"/proc/self/fd/{given[-1]}" if given[-1] not in (-1, None) else "."
            for path in (os.path.join(start, os.fsdecode(given[place])) for place in _WRITES[event]):
                self._check(event, os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)))

    def _check(self, event: str, path: str) -> None:
        if not path.startswith(self._allowed) and path != "/dev/null":
            self._found.append(f"{event} {path:.200}")
