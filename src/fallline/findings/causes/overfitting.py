"""A model that goes on to learn its own rows by heart."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np

from fallline.core.errors import CannotTell
from fallline.core.problem import Data
from fallline.engine.place import Place
from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.findings.course import noise, points, rising, smooth
from fallline.findings.guessing import guessing
from fallline.record.finding import Exhibit, Finding

RISE = 0.15
"""How far the validation loss must be above its least, as a part of it: healthy Adam runs lose a few per cent."""

OF_GUESSING = 0.03
"""The rise must also be this part of the loss of guessing: on an easy task 0.02 → 0.03 is no loss to speak of."""

NOISES = 4.0
"""And this many times the noise of one epoch's validation."""

SURE = 2.0
"""z of Mann's test for a trend since the least: 2 is one false alarm in 44 courses without one."""

EPOCHS = 5
"""Epochs of a run that can be judged: three that all rise after the least are the fewest that show a trend."""

ROWS = 8.0
"""Rows that must carry the validation loss, (Σ ℓ)² / Σ ℓ²: one or two that are sure and wrong are no trend of a fit."""


class Overfitting(Cause):
    """A model that goes on to learn its own rows by heart: the training loss falls, the validation loss rises.

    How it is told: the validation loss is well above its least, by more than its noise, and has been rising since,
    while the training loss fell on; several rows of the validation part carry it.
    What mends it: report the parameters of the best epoch, or stop there; more data, a smaller model, l2 or dropout.

    Source: L. Prechelt, Early stopping, but when? (1998); H. B. Mann (1945) for the trend.
    """

    EXPLAINS: ClassVar[tuple[str, ...]] = ("batch_too_large", "batch_too_small")

    def judge(self, case: Case) -> Finding | None:
        """Look at the validation loss since its least."""
        epochs, found, trained = courses(case)
        if case.spec.keeps_best or len(found) < EPOCHS or case.record.outcome.failed:
            return None
        course = smooth(found)
        best = int(course.argmin())
        since = found[best:]
        late = min(len(since) // 2, 5)
        if len(since) < 4:
            return None
        low, end = float(course[best]), float(np.median(found[-late:]))
        rise = end - low
        train_before, train_end = float(trained[best]), float(np.median(trained[-late:]))
        if rise < max(RISE * low, NOISES * noise(found)) or rising(since) < SURE or train_end >= train_before:
            return None
        own, rows = own_loss(case), rows_that_carry(case)
        if rise < OF_GUESSING * guessing(case) or rows < ROWS or own >= low:
            return None
        epoch, last, step = int(epochs["epoch"][best]), int(epochs["epoch"][-1]), int(epochs["step"][best])
        return Finding(
            cause=self.name(),
            message=f"The validation loss was least after epoch {epoch}, at {low:.4g}, and has risen by "
            f"{rise / low:.0%} to {end:.4g} by epoch {last}, while the training loss fell from {train_before:.4g} to "
            f"{train_end:.4g}: since then the model learns its own rows by heart. Stop after epoch {epoch}, or "
            f"report the best epoch.",
            since=step,
            evidence={
                "best_epoch": epoch,
                "least_validation_loss": low,
                "validation_loss": end,
                "training_loss": own,
                "rise": rise / low,
                "noise": noise(found),
                "rows_that_carry_it": rows,
            },
            confidence=0.9 if rise > 2 * RISE * low else 0.75,
            remedy=dataclasses.replace(case.spec, keep="best", watch="loss"),
            advice=f"Report the best epoch's parameters (keep='best'), or stop early (patience=5, or epochs={epoch}). "
            f"To come lower: more rows, a smaller model, dropout, or a penalty of large weights (l2).",
            exhibit=Exhibit(
                title="The loss after each epoch",
                names=("epoch", "loss"),
                series={
                    "training": points(epochs["epoch"], trained),
                    "validation": points(epochs["epoch"], found),
                },
                levels={"least validation loss": low},
                since=float(epoch),
            ),
        )


def courses(case: Case) -> tuple[Any, Any, Any]:
    """Return the whole epochs of a run with a validation, and their validation and training losses, (e,) float64.

    Raises:
        CannotTell: for a run without validation.
    """
    if "val_loss" not in case.epochs:
        raise CannotTell("the run has no validation loss: give the problem a validation part.")
    finite = np.isfinite(case.epochs["val_loss"])
    epochs = {name: np.asarray(column)[finite] for name, column in case.epochs.items()}
    return epochs, np.asarray(epochs["val_loss"], np.float64), np.asarray(epochs["train_loss"], np.float64)


def own_loss(case: Case) -> float:
    """Return the loss of the training rows at the end, without a penalty: where that moves, the training loss does."""
    try:
        return float(case.end.row_losses.mean())
    except CannotTell:
        return case.end.loss


def rows_that_carry(case: Case) -> float:
    """Return how many rows the validation loss at the end is made of, (Σ ℓ)² / Σ ℓ²; inf where rows cannot be told."""
    validation = dataclasses.replace(case.problem, data=Data(train=case.validation), recipe=None)
    try:
        losses = np.abs(Place.at(validation, case.spec, case.record).row_losses)
    except CannotTell:
        return float("inf")
    return float(losses.sum() ** 2 / np.maximum((losses**2).sum(), np.finfo(float).tiny))
