"""Rows as a model sees them, made in the step from rows as they are kept: small, for a batch at a time."""

from __future__ import annotations

from typing import Any

from fallline.problems.features import Features, expand
from fallline.problems.pixels import standardised
from fallline.problems.preparation import TablePreparation


def as_seen(x: Any, preparation: TablePreparation, dtype: Any) -> Any:
    """Return texts as one-hot vectors, and images of bytes as standardised numbers of `dtype`; all else unchanged.

    Args:
        x: what `preparation.encode` returned, or some rows of it.
        preparation: the encoders of the columns.
        dtype: the dtype of the model's parameters.
    """
    if isinstance(x, Features):
        return expand(x, tuple(text.size for text in preparation.texts))
    return x if preparation.image is None else standardised(x, preparation.image, dtype)
