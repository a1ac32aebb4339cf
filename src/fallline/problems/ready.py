"""Ready problems: a table in, a problem out."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax

from fallline.core.problem import Batch, Data, Problem
from fallline.data.load import load
from fallline.data.table import Table
from fallline.problems import preparation
from fallline.problems.missing import Missing, usable_rows
from fallline.problems.model import Model, build
from fallline.problems.objective import assemble
from fallline.problems.parts import Part, divide
from fallline.problems.preparation import Constant, TablePreparation
from fallline.problems.question import Question, ask
from fallline.problems.targets.labels import Labels
from fallline.problems.targets.values import Values
from fallline.problems.task import Task
from fallline.problems.treatment import Treatment, shares

TEST = "test part: "


def for_data(
    table: Any,
    model: str = "mlp(128, 64)",
    target: str | None = None,
    task: Task | None = None,
    loss: str | None = None,
    split: Sequence[float] = (0.7, 0.15, 0.15),
    split_seed: int = 0,
    missing: Missing = "error",
    constant: Constant = "error",
) -> Problem:
    """Make a problem from a table: choose the task and the loss, split the rows, fit the scaling on the training part.

    Args:
        table: a `Table`, or anything that `fl.data.load` reads.
        model: `"linear"`, `"mlp(128, 64)"`, `"cnn(32, 64)"`, …; see `fallline.problems.models`.
        target: the column to predict; if not given, the one that the table names, or one called target, label, class
            or y. All other columns are features.
        task: `"classification"` or `"regression"`; if not given, inferred from the loss or the target's values.
        loss: `"softmax_cross_entropy"`, `"huber(delta=2)"`, …; if not given, the usual one of the task.
        split: shares of training, validation and test rows, adding up to 1; a table with its own test part keeps it,
            and only the first two are used. Each class is split in proportion.
        split_seed: the same seed, the same parts.
        missing: `"error"`, `"impute"` the training mean (text: a level of its own) or `"drop"` the rows.
        constant: `"error"`, or `"drop"` columns that are the same in all training rows.

    Returns:
        A `Problem` whose `x` are standardised and whose `preparation` prepares raw rows the same way.

    Raises:
        DataError: a table that cannot be trained on as it is.
        InvalidValue: an unknown model, loss, task or choice, or one that does not fit the data.

    Example:
        >>> import numpy as np
        >>> x = np.arange(40.0)
        >>> problem = for_data({"cost": x, "sales": 3 * x + 1}, model="linear", target="sales")
        >>> problem.data.train.x.shape, list(problem.metrics)
        ((28, 1), ['mae', 'r2', 'rmse'])
    """
    treatment = Treatment(shares(split), split_seed, missing, constant)
    network = build(model)
    held = load(table)
    question = ask(held, target, task, loss)
    prepared, data = _prepare(held, question, treatment)
    problem = _problem(held.name, network, question, prepared, data)
    if held.source is None:
        return problem
    asked = {"target": question.target, "model": model, "task": question.task, "loss": question.loss.text}
    recipe = {"data": held.source, **asked, **dataclasses.asdict(treatment), "split": list(treatment.split)}
    return dataclasses.replace(problem, recipe=recipe)


def _prepare(table: Table, question: Question, treatment: Treatment) -> tuple[TablePreparation, Data]:
    """Split the rows, measure the training part, and encode every part by what was measured there."""
    whole = _part(table, question, treatment.missing)
    own_test = None if table.test is None else _part(table.test, question, treatment.missing, TEST)
    answers = whole.columns[question.target]
    labels = Labels.fit(question.target, answers, whole.rows) if question.task == "classification" else None
    if labels and sum(treatment.split[1:]):
        labels.refuse_all_distinct(len(whole.rows))
    classes = labels.encode(answers, whole.rows) if labels else None
    parts = divide(whole, own_test, treatment.split, treatment.split_seed, classes)
    target = labels or Values.fit(question.target, answers, parts.train.rows)
    prepared = preparation.fit(
        whole.columns, question.features, parts.train.rows, target, treatment.missing, treatment.constant
    )
    train, validation = _encode(prepared, parts.train), _encode(prepared, parts.validation)
    return prepared, Data(train, validation, _encode(prepared, parts.test, TEST))


def _part(table: Table, question: Question, missing: Missing, where: str = "") -> Part:
    held = question.columns(table)
    return Part(held, usable_rows(held, question.features, question.target, missing, where))


def _encode(prepared: TablePreparation, part: Part | None, where: str = "") -> Any:
    if part is None:
        return None
    held = {encoder.name: encoder.accept(part.columns[encoder.name]) for encoder in prepared.encoders}
    y = prepared.target.encode(part.columns[prepared.target.name], part.rows, where)
    return Batch(prepared.encode(held, part.rows), y)


def _problem(name: str, model: Model, question: Question, prepared: TablePreparation, data: Data) -> Problem:
    objective = assemble(model, question.loss, prepared)
    problem = Problem(
        init=objective.init,
        loss=objective.loss,
        data=data,
        metrics=objective.metrics,
        predict=objective.predict,
        name=name,
        preparation=prepared,
    )
    _try_shapes(problem, data.train)
    return dataclasses.replace(problem, optimum=objective.lowest(data.train))


def _try_shapes(problem: Problem, train: Batch) -> None:
    """Trace the loss of one row: a model that does not fit the data is refused now, not when it is trained."""
    one = jax.tree.map(lambda array: jax.ShapeDtypeStruct((1, *array.shape[1:]), array.dtype), train)
    jax.eval_shape(lambda batch: problem.loss(problem.init(jax.random.key(0)), batch), one)
