"""One of several processes that train together: how it meets the others, and ends without waiting for the dead."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass

from fallline.cli import options
from fallline.core.choice import not_negative
from fallline.core.errors import InvalidValue

LAUNCHER = "FALLLINE_LAUNCHER"
"""The variable in which `fallline launch` says its process number: with it gone, its processes end, too."""

LOST = 75
"""The status of a process that has lost the others: `EX_TEMPFAIL`, a failure that passes when all is tried again."""

_with_others = False


@dataclass(frozen=True)
class DistributedOptions:
    """Where the other processes are, in the command line's words; None where JAX is to find out."""

    distributed: options.Distributed = False
    coordinator: options.Coordinator = None
    processes: options.Processes = None
    process: options.Process = None
    wait: options.Wait = 100.0

    def check(self) -> None:
        """Refuse what cannot be, and what says nothing without `--distributed`."""
        given = [name for name in ("coordinator", "processes", "process") if getattr(self, name) is not None]
        if given and not self.distributed:
            raise InvalidValue(f"{given[0]}= is for a training of several processes: add distributed=True.")
        not_negative("wait", self.wait)
        if self.distributed:
            from fallline.engine.join import check_place

            check_place(self.coordinator, self.processes, self.process)

    @contextlib.contextmanager
    def joined(self) -> Iterator[bool]:
        """Meet the other processes, where there are any, and part from them at the end.

        Yields whether this is the first of them, which alone writes and speaks.
        """
        global _with_others
        if not self.distributed:
            yield True
            return
        _follow_launcher()
        _keep_output_for_words()
        from fallline.engine.join import join, leave

        _with_others = True
        here = join(self.coordinator, self.processes, self.process, self.wait)
        if not here.first:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        yield here.first
        sys.stdout.flush()
        _with_others = not leave()


def abandon(status: int) -> None:
    """End this process at once where others have not parted from it: JAX would wait for them, and they may be dead.

    Without any it does nothing.
    """
    if not _with_others:
        return
    if sys.exc_info()[0] is not None:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _keep_output_for_words() -> None:
    """Keep standard output for what Python says: Gloo, which carries arrays between CPUs, greets its peers there."""
    sys.stdout.flush()
    own = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.stdout = os.fdopen(own, "w", buffering=1, encoding=sys.stdout.encoding, errors=sys.stdout.errors)


def _follow_launcher() -> None:
    """See that this process ends with the one that launched it, however that ends."""
    launcher = int(os.environ.get(LAUNCHER, 0))
    if not launcher:
        return

    def follow() -> None:
        while os.getppid() == launcher:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
