"""Pytrees as flat tables of named arrays, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.errors import RunError
from fallline.core.lift import paths


def named(tree: Any, separator: str = ".") -> dict[str, np.ndarray[Any, Any]]:
    """Return the tree's arrays by path, on the host."""
    leaves = jax.device_get(jax.tree.leaves(tree))
    return {name: np.asarray(leaf) for name, leaf in zip(paths(tree, separator), leaves, strict=True)}


def unnamed(like: Any, arrays: Mapping[str, np.ndarray[Any, Any]], separator: str = ".") -> Any:
    """Return a tree shaped like `like` from arrays by path; anything missing, extra or misshapen is refused."""
    wanted = dict(zip(paths(like, separator), jax.tree.leaves(like), strict=True))
    differing = sorted(set(wanted) ^ set(arrays))
    if differing:
        raise RunError(f"the saved arrays and the model differ in {', '.join(differing[:5])}: it is another model.")
    for name, leaf in wanted.items():
        found = arrays[name]
        if found.shape != leaf.shape or found.dtype != leaf.dtype:
            raise RunError(
                f"saved array {name} is {found.dtype}{list(found.shape)}, the model's is {leaf.dtype}"
                f"{list(leaf.shape)}: it is another model."
            )
    return jax.tree.unflatten(jax.tree.structure(like), [jnp.asarray(arrays[name]) for name in wanted])
