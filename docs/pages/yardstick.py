"""The page of all yardsticks: what is minimised, by which protocol, and the published numbers."""

from __future__ import annotations

import inspect

from fallline.problems import yardsticks
from fallline.problems.yardsticks.protocol import Yardstick
from pages.docstring import paragraph
from pages.markdown import code, joined, listed, prose, table


def page() -> str:
    """Return the page."""
    return joined("# Yardsticks", *(_section(yardsticks.find(name)).rstrip() for name in yardsticks.names()))


def _section(found: Yardstick) -> str:
    """Return what is said of one yardstick."""
    file = inspect.getmodule(found.build)
    numbers = [[code(each.label), f"{each.value:g}", each.what, prose(each.source)] for each in found.published]
    return joined(
        f"## {found.name}",
        prose((file.__doc__ or "").strip()) if file else "",
        *(paragraph(block) for block in inspect.cleandoc(found.build.__doc__ or "").split("\n\n")),
        _protocol(found),
        table(["method", "published", "what", "source"], numbers) if numbers else "",
    )


def _protocol(found: Yardstick) -> str:
    methods = listed([code(method) for method in found.methods])
    return (
        f"{methods}, {len(found.lr)} learning rates from {min(found.lr):g} to {max(found.lr):g}, {found.seeds} seeds; "
        f"batches of {found.batch_size}, {found.epochs} epochs, {code(f'sampling={found.sampling!r}')}, "
        f"{code(f'last_batch={found.last_batch!r}')}. Judged by the {found.measure}."
    )
