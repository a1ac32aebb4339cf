"""The app's server: it listens on this machine alone, prints its link, and ends when it is told to."""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import uvicorn

from fallline.core.errors import RunError
from fallline.record.folder import make
from fallline.web.app import PLAYGROUND, build
from fallline.web.guard import HOST
from fallline.web.jobs import Jobs

GRACE = 3
"""Seconds that answers under way have to end, once everything is saved; one that nobody reads never would."""


def serve(runs: Path, port: int, show: Callable[[str], None], browse: bool) -> None:
    """Serve the app until a signal ends it; the trainings and races at work are then stopped, and saved.

    Args:
        runs: the folder that holds the runs; it is made where it is missing.
        port: where to listen, 0 for any free one.
        show: is given the link to open.
        browse: whether to open the link in a browser, where there is a screen.

    Raises:
        RunError: when the port is taken, or the folder cannot be made.
    """
    make(runs)
    with listening(port) as listener:
        port = listener.getsockname()[1]
        token = secrets.token_urlsafe(24)
        server = Server(runs, token, port)
        link = f"http://{HOST}:{port}/?token={token}"
        show(link)
        if browse and _has_screen():
            threading.Thread(target=webbrowser.open, args=(link,), daemon=True).start()
            threading.Thread(target=import_module, args=(PLAYGROUND,)).start()  # while the browser starts
        if hasattr(signal, "SIGHUP"):  # the terminal is closed
            signal.signal(signal.SIGHUP, server.handle_exit)
        server.run([listener])


def listening(port: int) -> socket.socket:
    """Return a socket that listens on this machine's own address.

    Raises:
        RunError: when the port is taken, or not ours to have.
    """
    # Named as TCP: only of such sockets does asyncio send small packets at once, and an answer is two of them.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # elsewhere this would let two servers share the port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(256)
    except OSError as error:
        listener.close()
        why = "is taken, perhaps by another fallline ui" if error.errno == errno.EADDRINUSE else f"is refused: {error}"
        raise RunError(f"port {port} {why}. Name another with --port; 0 takes any that is free.") from None
    return listener


class Server(uvicorn.Server):
    """The server of one app.

    Args:
        runs: the folder that holds the runs; it exists.
        token: the secret of the link.
        port: where its socket listens.
    """

    def __init__(self, runs: Path, token: str, port: int) -> None:
        app = build(runs, token, port)
        self._jobs: Jobs = app.state.site.jobs
        super().__init__(
            uvicorn.Config(
                app,
                loop="asyncio",
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="warning",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE,
            )
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Save what is at work first: the streams that tell of it end with it. A second Ctrl-C does not wait."""
        saving = threading.Thread(target=self._jobs.close, daemon=True)
        saving.start()
        while saving.is_alive() and not self.force_exit:
            await asyncio.sleep(0.05)
        if self.force_exit or self._jobs.going_on:
            os._exit(1)  # what computes can neither be stopped nor outlive Python, which would crash instead
        await super().shutdown(sockets)


def _has_screen() -> bool:
    return sys.platform in ("darwin", "win32") or bool({"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ))
