"""Tables that are read in blocks, as problems: fitted in one pass, trained on block by block."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from fallline.core.errors import DataError
from fallline.core.problem import Data
from fallline.data.concatenate import joined
from fallline.data.table import Column
from fallline.data.table_stream import TableStream
from fallline.problems.columns import Indices, few
from fallline.problems.fitting import Fitting
from fallline.problems.held_out import HeldOut, hold_out
from fallline.problems.missing import usable
from fallline.problems.objective import USUAL_LOSS, read_loss
from fallline.problems.parts import TEST, VALIDATION, Part, encode, usable_part
from fallline.problems.preparation import TablePreparation
from fallline.problems.question import Question
from fallline.problems.targets.fitting import TargetFitting
from fallline.problems.task import Task
from fallline.problems.training_rows import TrainingRows
from fallline.problems.treatment import Treatment
from fallline.problems.weights import Weighting, refuse_all_zero

Held = Mapping[str, Column]


class Pass(NamedTuple):
    """What one pass over all rows finds.

    Args:
        features: the fitted feature columns.
        target: the fitted target.
        dropped: the numbers of the rows that would train, but for missing cells, ascending.
        validation: the raw rows that validate.
        test: the raw rows that test.
    """

    features: Fitting
    target: TargetFitting
    dropped: Indices
    validation: Part | None
    test: Part | None


def prepare(
    table: TableStream, question: Question, open_task: bool, treatment: Treatment, weighting: Weighting
) -> tuple[Question, TablePreparation, Data]:
    """Fit a preparation to the training rows of a stream, and encode the rows that are held out.

    The rows are read once. Nothing is kept of them but the rows held out, at most 100,000 a part, and the numbers of
    rows with missing cells where these are dropped.

    Args:
        table: the raw rows.
        question: what is asked of them, as the first block suggests.
        open_task: whether later blocks may suggest another task.
        treatment: which rows and columns are used.
        weighting: how much each row counts.

    Returns:
        The question with the task that all rows suggest, the preparation, and the parts.
    """
    held_out = hold_out(table.rows, treatment.split, treatment.split_seed, table.test is not None)
    found = _read_all(table, question, open_task, held_out, treatment, weighting)
    question = question if found.target.task == question.task else _with_task(question, found.target.task)
    encoders = found.features.encoders(treatment.constant)
    prepared = TablePreparation(encoders, found.target.finish(), treatment.missing)
    left_out = np.sort(np.concatenate([*held_out, found.dropped]))
    train = TrainingRows(table, question, prepared, weighting, found.target.tally(), left_out)
    validation = encode(prepared, found.validation, weighting, VALIDATION)
    own_test = None if table.test is None else usable_part(table.test, question, treatment.missing, TEST)
    test = encode(prepared, own_test or found.test, weighting, TEST)
    for batch, where in ((validation, VALIDATION), (test, TEST)):
        refuse_all_zero(batch, where)
    return question, prepared, Data(train, validation, test)


def _read_all(
    table: TableStream,
    question: Question,
    open_task: bool,
    held_out: HeldOut,
    treatment: Treatment,
    weighting: Weighting,
) -> Pass:
    features = Fitting(question.features)
    target = TargetFitting(question.target, None if open_task else question.task)
    dropped: list[Indices] = []
    pieces: tuple[list[Held], list[Held]] = ([], [])
    starts = np.cumsum([0, *table.sizes])
    for block, start in enumerate(starts[:-1]):
        held, where = question.columns(table.read(block)), f"{table.where(block)}: "
        keep = usable(held, question.features, question.target, treatment.missing, where)
        training = np.ones(len(keep), bool)
        for part, numbers in zip(pieces, held_out, strict=True):
            rows = numbers[slice(*np.searchsorted(numbers, [start, starts[block + 1]]))] - start
            training[rows] = False
            part.append({name: few(held[name], rows[keep[rows]]) for name in held})
        dropped.append(start + np.flatnonzero(training & ~keep))
        rows = np.flatnonzero(training & keep)
        if len(rows):
            features.add(held, rows)
            target.add(held[question.target], rows, weighting.of(held, rows, where))
    if not features.rows:
        raise DataError(f"{table.name}: no row is left to train on: each of the {table.rows} rows has a missing cell.")
    validation, test = map(_joined, pieces)
    return Pass(features, target, np.concatenate(dropped), validation, test)


def _joined(pieces: list[Held]) -> Part | None:
    """Return the rows held out of each block as one part; None without any."""
    held = {name: joined([piece[name] for piece in pieces]) for name in pieces[0]}
    rows = np.arange(len(next(iter(held.values()))))
    return Part(held, rows) if len(rows) else None


def _with_task(question: Question, task: Task) -> Question:
    return dataclasses.replace(question, task=task, loss=read_loss(USUAL_LOSS[task]))
