"""The training part of a table that is read in blocks."""

from __future__ import annotations

import functools
import hashlib
import json
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from fallline.core.errors import DataError
from fallline.data.table_stream import TableStream
from fallline.problems.parts import Part, encode
from fallline.problems.preparation import TablePreparation
from fallline.problems.question import Question
from fallline.problems.weights import Weighting


class TrainingRows:
    """A `Stream` of encoded batches: the blocks of a table without the rows that are left out.

    Args:
        table: the raw rows.
        question: what is asked of them.
        prepared: how they are encoded.
        weighting: how much each row counts.
        tally: the training rows of each class, and the sum of their weights, (C, 2); numbers are of one class.
        left_out: the numbers of the rows that do not train, ascending.

    Attributes:
        sizes: rows in each block; blocks without any are passed over.
        mean_weight: of all rows.

    Raises:
        DataError: when all rows have the weight 0.
    """

    def __init__(
        self,
        table: TableStream,
        question: Question,
        prepared: TablePreparation,
        weighting: Weighting,
        tally: NDArray[np.float64],
        left_out: NDArray[np.int64],
    ) -> None:
        self._table, self._question, self._prepared, self._left_out = table, question, prepared, left_out
        self._weighting, self._counts = weighting, tally[:, 0]
        names = [encoder.name for encoder in (*prepared.encoders, prepared.target)]
        self._names = names if weighting.column is None else [*names, weighting.column]
        self._starts = np.cumsum([0, *table.sizes])
        self._cuts = np.searchsorted(left_out, self._starts)
        sizes = table.sizes - np.diff(self._cuts)
        self._blocks = np.flatnonzero(sizes)
        self.sizes = sizes[self._blocks]
        self.mean_weight = weighting.mean(prepared.target, tally)

    def read(self, block: int) -> Any:
        """Return one block, encoded.

        Raises:
            DataError: for a file that has changed or can no longer be read; it names the file and the rows.
        """
        place = int(self._blocks[block])
        left_out = self._left_out[self._cuts[place] : self._cuts[place + 1]] - self._starts[place]
        rows = np.delete(np.arange(self._table.sizes[place]), left_out)
        held = self._question.columns(self._table.read(place, self._names))
        try:
            batch = encode(self._prepared, Part(held, rows), self._weighting)
        except DataError as error:
            raise DataError(f"{self._table.where(place)}: {error}") from None
        return self._weighting.by_class(batch, self._prepared.target, self._counts)

    @functools.cached_property
    def row(self) -> Any:
        """One row, in arrays of leading length 1."""
        return jax.tree.map(lambda array: array[:1], self.read(0))

    def fingerprint(self) -> str:
        """Return a SHA-256, in hexadecimal, of the table's fingerprint, the preparation and the rows left out."""
        digest = hashlib.sha256(self._table.fingerprint().encode())
        digest.update(json.dumps(self._prepared.to_dict()).encode())
        digest.update(json.dumps(self._weighting.to_dict()).encode())
        digest.update(self._left_out.tobytes())
        return digest.hexdigest()
