"""Virtual devices on a CPU, made before JAX begins: afterwards there are as many as there are."""

from __future__ import annotations

import contextlib


def ready(count: int | None) -> None:
    """See that JAX will find so many devices on a CPU; accelerators are as many as the machine has."""
    if count is None or count <= 1:
        return
    import jax

    with contextlib.suppress(RuntimeError):  # it has begun, in this process; the run says if they are too few
        jax.config.update("jax_num_cpu_devices", count)
