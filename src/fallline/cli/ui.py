"""`fallline ui`: the app, in a browser."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated

import typer


def ui(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where runs are kept.")] = Path("runs"),
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="Where to listen.")] = 8766,
    browse: Annotated[bool, typer.Option("--open/--no-open", help="Open the link in a browser.")] = True,
) -> None:
    """Open the app in a browser: play with methods, train, race, look at runs. Only this machine can reach it."""
    from fallline.cli import compile_cache
    from fallline.web.server import serve

    def show(link: str) -> None:
        print(f"Fallline is at {link}")
        print(f"Runs are kept in {folder}. Ctrl-C ends it, and saves what is at work.", flush=True)
        threading.Thread(target=compile_cache.enable).start()  # JAX is imported while the browser opens

    serve(folder, port, show, browse)
