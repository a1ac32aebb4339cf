"""Encoders, one kind of column a file: fitted on the training part, they turn raw columns into what a model sees.

An encoder has the column's `name` and `row_shape`, and says whether it is `constant`; `accept(column)` checks a column
that came later, and `encode(column)` turns it into numbers: `width` float32 a row, or for text one whole number a row.
"""

from fallline.problems.encoders.dates import Dates
from fallline.problems.encoders.numbers import Numbers
from fallline.problems.encoders.texts import Texts

Encoder = Numbers | Dates | Texts

__all__ = ["Dates", "Encoder", "Numbers", "Texts"]
