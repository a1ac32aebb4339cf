"""Memory that runs out, in words: what asked for how much, and what takes less."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import jax

from fallline.core.errors import FalllineError, OutOfMemory
from fallline.data.memory import free_memory, in_words

_ASKED = re.compile(r"allocat\w* (\d+) bytes")
_ADVICE = "Take a smaller batch_size or micro_batch, a smaller model, or fewer runs at a time."


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Turn what JAX, or Python, raises where memory runs out into an `OutOfMemory`; what was noted on it stays.

    Example:
        >>> @explained()
        ... def work():
        ...     raise MemoryError("Unable to allocate 1 TiB")
        >>> work()
        Traceback (most recent call last):
        fallline.core.errors.OutOfMemory: memory ran out: Unable to allocate 1 TiB. Take a smaller batch_size ...
    """
    try:
        yield
    except (MemoryError, jax.errors.JaxRuntimeError) as error:
        if isinstance(error, FalllineError) or not _ran_out(error):
            raise
        asked = _ASKED.search(str(error))
        more = f"{in_words(int(asked[1]))} more were asked for" if asked else str(error).rstrip(".") or "none was left"
        explanation = OutOfMemory(f"memory ran out: {more}. {_ADVICE}")
        for note in getattr(error, "__notes__", ()):
            explanation.add_note(note)
        raise explanation from error


def check_fits(program: Any) -> None:
    """Refuse a compiled program that needs more memory than is free: the system would end the process without a word.

    Args:
        program: as JAX compiled it. On a device with a memory of its own nothing is refused: there, JAX itself says so.

    Raises:
        OutOfMemory: with what it needs and what there is.
    """
    if jax.default_backend() != "cpu" or (sizes := program.memory_analysis()) is None:
        return
    needed, free = sizes.temp_size_in_bytes + sizes.output_size_in_bytes, free_memory()
    if free is not None and needed > free:
        raise OutOfMemory(
            f"a compiled step needs {in_words(needed)} of memory, and {in_words(free)} are free. {_ADVICE}"
        )


def _ran_out(error: Exception) -> bool:
    return isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error)
