"""How raw rows become what a model sees, and its outputs answers: fitted on the training part, kept with the run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fallline.core.errors import DataError
from fallline.data.table import Column, Text
from fallline.problems import columns
from fallline.problems.columns import Indices
from fallline.problems.encoders import Dates, Encoder, Numbers, Texts
from fallline.problems.features import Features
from fallline.problems.missing import Missing, refuse_infinite, refuse_missing, refuse_too_large
from fallline.problems.raw_rows import named_columns
from fallline.problems.targets.labels import Labels
from fallline.problems.targets.values import Values

Constant = Literal["error", "drop"]
"""What to do about a column that is the same in all training rows: refuse it, or leave it out."""

Target = Labels | Values

_KINDS: dict[str, Any] = {c.__name__.lower(): c for c in (Numbers, Dates, Texts, Labels, Values)}


@dataclass(frozen=True)
class TablePreparation:
    """The encoders of a table's columns and target.

    Args:
        encoders: one a feature column, in the table's order.
        target: how targets become numbers, and outputs answers.
        missing: what was done about missing cells.
    """

    encoders: tuple[Encoder, ...]
    target: Target
    missing: Missing

    @property
    def numeric(self) -> tuple[Numbers | Dates, ...]:
        """The encoders that give float32 numbers."""
        return tuple(e for e in self.encoders if not isinstance(e, Texts))

    @property
    def texts(self) -> tuple[Texts, ...]:
        """The encoders that give whole numbers."""
        return tuple(e for e in self.encoders if isinstance(e, Texts))

    @property
    def image(self) -> Numbers | None:
        """The encoder of the images, where they are the one feature column."""
        only = self.encoders[0]
        return only if len(self.encoders) == 1 and isinstance(only, Numbers) and len(only.row_shape) > 1 else None

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one row as the model sees it: an image's, or one long row with texts as one-hot vectors."""
        if self.image:
            return self.image.row_shape
        return (sum(e.width for e in self.numeric) + sum(e.size for e in self.texts),)

    def features(self, rows: Any) -> Any:
        """Return the model's `x` for raw rows.

        Args:
            rows: a `Table` or a data frame; a mapping of column names to values, or to one value each for a single
                row; or an array, where there is one feature column or all are numbers. Other columns are ignored.

        Returns:
            An array (N, …) of float32, images of bytes as they are, or `Features` where columns hold text.

        Warns:
            UserWarning: for texts that training never saw.
        """
        given = named_columns(rows, self.encoders)
        for name, column in given.items():
            refuse_infinite(f"column {name!r}", column)
            refuse_too_large(f"column {name!r}", column)
            refuse_missing(name, column, self.missing)
        for encoder in self.texts:
            encoder.warn_of_unseen(_text(given[encoder.name]))
        return self.encode(given, np.arange(len(next(iter(given.values())))))

    def answers(self, outputs: Any) -> NDArray[Any]:
        """Return labels, or values in the target's own units, for the model's outputs."""
        return self.target.decode(outputs)

    def encode(self, held: Mapping[str, Column], rows: Indices) -> Any:
        """Return `x` for some rows of columns that are known to be good, a block at a time."""
        if self.image and (images := np.asarray(held[self.image.name])).dtype == np.uint8:
            return images[rows]  # a quarter of the memory; the step scales them
        width = sum(e.width for e in self.numeric)
        numbers = np.empty((len(rows), width), np.float32)
        for place, which in columns.blocks(rows, width):
            block, start = numbers[place], 0
            for encoder in self.numeric:
                block[:, start : start + encoder.width] = encoder.encode(columns.pick(held[encoder.name], which))
                start += encoder.width
            if self.missing == "impute":
                block[np.isnan(block)] = 0  # the training mean, once standardised
        if not self.texts:
            return numbers.reshape(len(rows), *self.input_shape)
        categories = [e.encode(_text(columns.pick(held[e.name], rows))) for e in self.texts]
        return Features(numbers, np.stack(categories, axis=1))

    def to_dict(self) -> dict[str, Any]:
        """Return everything needed to do the same again, as JSON."""
        return {
            "columns": [_plain(encoder) for encoder in self.encoders],
            "target": _plain(self.target),
            "missing": self.missing,
        }


def from_dict(plain: Mapping[str, Any]) -> TablePreparation:
    """Read what `TablePreparation.to_dict` wrote."""
    try:
        encoders = tuple(_read(encoder) for encoder in plain["columns"])
        return TablePreparation(encoders, _read(plain["target"]), plain["missing"])
    except (KeyError, TypeError) as error:
        raise DataError(f"this is not a preparation that can be read: {error!r}.") from None


def _text(column: Column) -> Text:
    assert isinstance(column, Text)
    return column


def _plain(part: Encoder | Target) -> dict[str, Any]:
    values = {f.name: getattr(part, f.name) for f in dataclasses.fields(part)}
    return {"kind": type(part).__name__.lower()} | {
        name: list(value) if isinstance(value, tuple) else value for name, value in values.items()
    }


def _read(plain: Mapping[str, Any]) -> Any:
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()}
    kind = str(fields.pop("kind"))
    return _KINDS[kind](**fields)
