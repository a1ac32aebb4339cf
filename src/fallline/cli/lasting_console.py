"""A console that outlives its reader: `fallline train … | head -1` does not end the training."""

from __future__ import annotations

import os

from rich.console import Console


class LastingConsole(Console):
    """A console whose words go nowhere once nobody reads them."""

    def on_broken_pipe(self) -> None:
        """Let the rest be written to nowhere, what is still buffered too; rich would end the process here."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)
