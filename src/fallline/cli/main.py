"""The `fallline` command: its verbs, and the one place where errors become a line and an exit status."""

from __future__ import annotations

import functools
import os
import signal
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from fallline import __version__
from fallline.cli.compare import compare
from fallline.cli.data import data
from fallline.cli.diagnose import diagnose
from fallline.cli.distributed import LOST, abandon
from fallline.cli.landscape import landscape
from fallline.cli.launch import launch
from fallline.cli.layers import layers
from fallline.cli.methods import methods
from fallline.cli.picture import picture
from fallline.cli.predict import predict
from fallline.cli.resume import resume
from fallline.cli.runs import runs
from fallline.cli.spoken_warnings import spoken
from fallline.cli.train import train
from fallline.cli.ui import ui
from fallline.cli.usage import explain
from fallline.cli.view import view
from fallline.cli.wording import in_options, option_names
from fallline.core.errors import FalllineError, ProcessLost

SIGPIPE = 13
"""The signal's number, which Python's `signal` does not name everywhere."""

app = typer.Typer(name="fallline", add_completion=False, pretty_exceptions_enable=False)
about_runs = (train, launch, compare, diagnose, predict, resume, runs)
for verb in (*about_runs, methods, data, view, picture, landscape, layers, ui):
    app.command()(verb)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"fallline {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _fallline(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Train with any gradient-descent method, and find out which one wins on your problem."""
    if context.invoked_subcommand is None:
        print(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    Args:
        arguments: the words after `fallline`; by default the process's own.

    Returns:
        0 done; 1 the training failed or diverged; 2 wrong usage or bad input; 75 another process of the same training
        was lost; 128 + the signal's number after a signal.
    """
    try:
        status = _status(arguments)
    except BaseException:
        abandon(1)
        raise
    abandon(status)
    return status


def _status(arguments: Sequence[str] | None) -> int:
    """Run one command; what can be said in a line is, and becomes an exit status."""
    try:
        with spoken(_reword):
            status = _invoke(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
        return status
    except typer.Exit as end:
        return end.exit_code
    except typer.TyperException as error:
        return _refuse(explain(error))
    except ProcessLost as error:
        _refuse(f"fallline: {_reword(str(error))}")
        return LOST
    except FalllineError as error:
        return _refuse(f"fallline: {_reword(' '.join([str(error), *_notes(error)]))}")
    except KeyboardInterrupt as interrupt:
        if said := str(interrupt):
            print(said, file=sys.stderr)
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # The reader of our output has gone. What is still buffered would raise again when Python exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + SIGPIPE


def _invoke(arguments: list[str]) -> int:
    command = _command()
    with command.make_context("fallline", arguments) as context:
        status: int | None = command.invoke(context)
    return status or 0


@functools.cache
def _command() -> Any:
    """Return the command with all of its own, which takes a while to make."""
    return typer.main.get_command(app)


def _notes(error: FalllineError) -> list[str]:
    """Return what was added to an error on its way; JAX's remark on its own traceback is of use to nobody here."""
    return [note for note in getattr(error, "__notes__", []) if "JAX_TRACEBACK_FILTERING" not in note]


def _reword(message: str) -> str:
    commands = _command().commands
    names = [option_names(commands[verb]) for verb in ("view", "compare", "data", "train")]
    return in_options(message, {**names[0], **names[1], **names[2], **names[3]})


def _refuse(line: str) -> int:
    print(" ".join(line.split()), file=sys.stderr)
    return 2
