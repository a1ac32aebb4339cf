"""Encoders, one kind of column a file: fitted on the training part, they turn raw columns into what a model sees.

An encoder has the column's `name` and `row_shape`, and says whether it is `constant`; `accept(column)` checks a column
that came later, and `encode(column)` turns it into numbers: `width` float32 a row, or for text one whole number a row.

It comes from a fitting of the same file, `NumbersFitting(name)` for `Numbers`, which is given the column in blocks by
`add(column)`, and keeps no rows; `finish()` returns the encoder.
"""

from fallline.problems.encoders.dates import Dates, DatesFitting
from fallline.problems.encoders.numbers import Numbers, NumbersFitting
from fallline.problems.encoders.texts import Texts, TextsFitting

Encoder = Numbers | Dates | Texts

EncoderFitting = NumbersFitting | DatesFitting | TextsFitting

__all__ = [
    "Dates",
    "DatesFitting",
    "Encoder",
    "EncoderFitting",
    "Numbers",
    "NumbersFitting",
    "Texts",
    "TextsFitting",
]
