"""Where a run's numbers come from: versions, device, data."""

from __future__ import annotations

import hashlib
import platform
import sys
import weakref
from datetime import UTC, datetime
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import fallline
from fallline.core.problem import Problem
from fallline.core.stream import streamed
from fallline.engine.world import world

_fingerprints: weakref.WeakKeyDictionary[Problem, str] = weakref.WeakKeyDictionary()


def provenance(problem: Problem, params: Any, devices: int = 1) -> dict[str, Any]:
    """Return what is needed to judge, and to repeat, a run on so many devices of all processes."""
    device = jax.devices()[0]
    return {
        "fallline": fallline.__version__,
        "jax": jax.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "device": f"{device.platform} {device.device_kind}",
        "devices": devices,
        "processes": world().count,
        "float64": bool(jnp.asarray(1.0).dtype == jnp.float64),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": sys.argv[1:] if sys.argv[0].endswith("fallline") else None,
        "data": fingerprint(problem),
        "problem": problem.name,
        "parameters": sum(int(np.size(leaf)) for leaf in jax.tree.leaves(params)),
    }


def fingerprint(problem: Problem) -> str | None:
    """Return a SHA-256 over the data's names, shapes, dtypes and bytes, computed once a problem.

    Of streamed rows, which are not all read for it, it covers what the stream is known by.
    """
    if problem.data is None:
        return None
    if problem not in _fingerprints:
        digest = hashlib.sha256()
        train, validation, test = problem.data.train, problem.data.validation, problem.data.test
        if streamed(train):
            digest.update(train.fingerprint().encode())
        parts = (None if streamed(train) else train, validation, test)
        for path, leaf in jax.tree_util.tree_leaves_with_path(parts):
            array = np.ascontiguousarray(leaf)
            digest.update(f"{jax.tree_util.keystr(path)} {array.dtype} {array.shape}".encode())
            digest.update(array.view(np.uint8).data if array.size else b"")
        _fingerprints[problem] = digest.hexdigest()
    return _fingerprints[problem]
