"""Ready problems: a table in, a problem out."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from fallline.core.errors import InvalidValue
from fallline.core.problem import Batch, Data, Problem
from fallline.core.stream import streamed as is_streamed
from fallline.data.load import load
from fallline.data.memory import larger_than_memory
from fallline.data.stream import stream as stream_of
from fallline.data.table import Table
from fallline.data.table_stream import TableStream
from fallline.problems import augmentation, measures, streamed, yardsticks
from fallline.problems.augmentation import Augment
from fallline.problems.fitting import fit
from fallline.problems.measures import Metric
from fallline.problems.missing import Missing
from fallline.problems.model import Model, build
from fallline.problems.objective import assemble
from fallline.problems.parts import TEST, divide, encode, usable_part
from fallline.problems.preparation import Constant, TablePreparation
from fallline.problems.question import Question, ask
from fallline.problems.targets.labels import Labels
from fallline.problems.targets.values import Values
from fallline.problems.task import Task
from fallline.problems.treatment import Treatment, shares
from fallline.problems.weights import ClassWeight, Weighting, refuse_all_zero


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
    metrics: str | None = None,
    weight: str | None = None,
    class_weight: ClassWeight | None = None,
    augment: str | None = None,
    stream: bool | None = None,
) -> Problem:
    """Make a problem from a table: choose the task and the loss, split the rows, fit the scaling on the training part.

    Args:
        table: a `Table` or `TableStream`, or anything that `fl.data.load` or `fl.data.stream` reads.
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
        metrics: what is reported besides the loss, as in `"accuracy, f1, top_k(3)"`; see `fallline.problems.metrics`.
            If not given, the usual ones of the task. They count every row once, whatever its weight.
        weight: a column of weights, 0 or more, which is no feature: how much each row counts in the loss, of
            training relative to their mean, of validation and test as a weighted mean.
        class_weight: `"balanced"`, so that all classes count the same, or a weight a label, 1 for those not named, as
            in `{"yes": 3}`; in training alone, times `weight`.
        stream: whether training rows are read block by block, in every epoch, instead of held in memory; if not given,
            whether they would take more than half of the memory that is free. Validation and test are then drawn
            without regard to the classes, at most 100,000 rows each, and lie in memory.
        augment: how training images are changed at random in every step, as in `"flip, crop(4)"`; see
            `fallline.problems.augmentations`.

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
    if yardsticks.is_name(table):
        raise InvalidValue(f"{table} is a whole problem, with its data and model: fl.problems.yardstick({table!r}).")
    treatment = Treatment(shares(split), split_seed, missing, constant)
    network = build(model)
    change = None if augment is None else augmentation.read(augment)
    chosen = None if metrics is None else measures.read(metrics)
    weighting = Weighting(weight, class_weight)
    held = _opened(table, stream)
    if isinstance(held, TableStream):
        question = ask(held.read(0), target, task, loss, weight)
        question, prepared, data = streamed.prepare(held, question, not (task or loss), treatment, weighting)
    else:
        question = ask(held, target, task, loss, weight)
        prepared, data = _prepare(held, question, treatment, weighting)
    problem = _problem(held.name, network, question, prepared, data, chosen, change)
    if held.source is None:
        return problem
    asked = {"target": question.target, "model": model, "task": question.task, "loss": question.loss.text}
    recipe = {"data": held.source, **asked, **dataclasses.asdict(treatment), "split": list(treatment.split)}
    recipe["stream"] = isinstance(held, TableStream)
    recipe |= weighting.to_dict() | ({} if metrics is None else {"metrics": metrics})
    recipe |= {} if augment is None else {"augment": augment}
    return dataclasses.replace(problem, recipe=recipe)


def _opened(table: Any, stream: bool | None) -> Table | TableStream:
    """Return the rows in memory, or as a stream where that is asked for, or they would not fit."""
    if stream is None:
        stream = isinstance(table, TableStream) or larger_than_memory(table) is not None
    if not stream and isinstance(table, TableStream):
        raise InvalidValue("stream=False: a TableStream is read block by block; fl.data.load reads all rows at once.")
    return stream_of(table) if stream else load(table)


def _prepare(
    table: Table, question: Question, treatment: Treatment, weighting: Weighting
) -> tuple[TablePreparation, Data]:
    """Split the rows, measure the training part, and encode every part by what was measured there."""
    whole = usable_part(table, question, treatment.missing)
    own_test = None if table.test is None else usable_part(table.test, question, treatment.missing, TEST)
    answers = whole.columns[question.target]
    labels = Labels.fit(question.target, answers, whole.rows) if question.task == "classification" else None
    if labels and sum(treatment.split[1:]):
        labels.refuse_all_distinct(len(whole.rows))
    classes = labels.encode(answers, whole.rows) if labels else None
    parts = divide(whole, own_test, treatment.split, treatment.split_seed, classes)
    target = labels or Values.fit(question.target, answers, parts.train.rows)
    prepared = fit(whole.columns, question.features, parts.train.rows, target, treatment.missing, treatment.constant)
    train, validation = encode(prepared, parts.train, weighting), encode(prepared, parts.validation, weighting)
    train = weighting.by_class(train, target, np.bincount(train.y, minlength=len(labels.labels)) if labels else None)
    test = encode(prepared, parts.test, weighting, TEST)
    for batch, where in ((train, "training part: "), (validation, "validation part: "), (test, TEST)):
        refuse_all_zero(batch, where)
    return prepared, Data(train, validation, test)


def _problem(
    name: str,
    model: Model,
    question: Question,
    prepared: TablePreparation,
    data: Data,
    chosen: tuple[Metric, ...] | None,
    augment: Augment | None,
) -> Problem:
    apart = is_streamed(data.train)
    sample = data.train.row if apart else data.train
    if augment:
        augmentation.check(augment, sample.x, prepared.input_shape)
    objective = assemble(model, question.loss, prepared, augment)
    problem = Problem(
        init=objective.init,
        loss=objective.loss,
        data=data,
        metrics=measures.measures(chosen, prepared.target, question.loss.one_logit),
        predict=objective.predict,
        stateful=objective.stateful,
        name=name,
        preparation=prepared,
    )
    _try_shapes(problem, sample)
    return problem if apart else dataclasses.replace(problem, optimum=objective.lowest(data.train))


def _try_shapes(problem: Problem, train: Batch) -> None:
    """Trace the loss of one row: a model that does not fit the data is refused now, not when it is trained."""

    def loss(batch: Batch) -> Any:
        made = problem.init(jax.random.key(0))
        return problem.loss(*made, batch) if problem.stateful else problem.loss(made, batch)

    one = jax.tree.map(lambda array: jax.ShapeDtypeStruct((1, *array.shape[1:]), array.dtype), train)
    jax.eval_shape(loss, one)
