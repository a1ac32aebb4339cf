"""Batches that the user's own code makes."""

from __future__ import annotations

import hashlib
import inspect
import itertools
import json
from collections.abc import Callable, Iterator, Sized
from typing import Any

import numpy as np

from fallline.core.errors import DataError, InvalidType, InvalidValue
from fallline.core.problem import as_batch, rows
from fallline.core.stream import Batches as AnyBatches


def batches(make: Any, steps_per_epoch: int | None = None) -> Batches:
    """Return training data that are made batch by batch, as the training part of `fl.Data(train=)`.

    Every batch has the shapes and types of the first one, the last of an epoch too.

    Args:
        make: `make(epoch)`, which returns the batches of an epoch, numbered from 0, in their order; or
            `make(epoch, first_step)`, which begins at a step of it, so that a run that is resumed need not make the
            batches before again (a second argument with a default is taken for that only where it has that name). Or
            an object that can be iterated anew each epoch: a list, a data loader. Or a generator, for one epoch. A
            batch is `(x, y)`, `(x, y, weight)`, an array, or a pytree of arrays, with one leading length.
        steps_per_epoch: how many batches of each epoch are used; where `make` has a length, that by default.

    Raises:
        InvalidType: for what is neither a function nor iterable.
        InvalidValue: for a number of steps that is missing or not positive.
        DataError: later, for a batch unlike the first, and an epoch that ends early.

    Example:
        >>> def make(epoch):
        ...     random = np.random.default_rng(epoch)
        ...     for _ in range(3):
        ...         x = random.normal(size=(8, 2))
        ...         yield x, x.sum(1)
        >>> made = batches(make, steps_per_epoch=3)
        >>> made.first.x.shape, len(list(made.open(epoch=1, step=2)))
        ((8, 2), 1)
    """
    return Batches(make, steps_per_epoch)


class Batches(AnyBatches):
    """Training data that are made batch by batch; see `fl.data.batches`.

    It is one of `AnyBatches` by name: where Python 3.11 tells that by the attributes, an AttributeError in the user's
    `make` would say that there is no `first`.

    Attributes:
        steps_per_epoch: how many batches an epoch has.
        once: whether they can be gone through only once, as a generator's.
        mean_weight: 1: what their weights come to is not known before.
    """

    def __init__(self, make: Any, steps_per_epoch: int | None = None) -> None:
        if not callable(make) and not hasattr(make, "__iter__"):
            raise InvalidType(
                f"batches(make={type(make).__name__}): make is a function make(epoch) that returns batches, or an "
                f"object that can be iterated anew each epoch."
            )
        self._make = make
        self._takes_step = callable(make) and not hasattr(make, "__iter__") and _takes_step(make)
        self.once = hasattr(make, "__next__")
        self.mean_weight = 1.0
        self.steps_per_epoch = _steps(make, steps_per_epoch)
        self._begun: Iterator[Any] | None = None
        self._first: Any = None

    def __repr__(self) -> str:
        return f"Batches({self.steps_per_epoch} steps an epoch)"

    @property
    def first(self) -> Any:
        """The first batch of epoch 0, as the loss will see it. It is made once, and epoch 0 begins with it."""
        if self._first is None:
            made = self._iterator(0, 0)
            self._first = _checked(self._next(made, 0, 0), 0, 0)
            self._begun = made
        return self._first

    def open(self, epoch: int, step: int = 0) -> Iterator[Any]:
        """Yield the batches of an epoch from a step on, each like the first of all.

        Raises:
            DataError: for an epoch that ends early, and for a batch that is unlike the first.
        """
        first = self.first
        begins = step if self._takes_step else 0
        if (epoch, begins) == (0, 0) and self._begun is not None:
            made: Iterator[Any] = itertools.chain([first], self._begun)
            self._begun = None
        elif self.once:
            raise DataError(
                f"epoch {epoch} has no batches: a generator gives them once, for epoch 0. Pass a function make(epoch) "
                f"that returns a new one."
            )
        else:
            made = self._iterator(epoch, begins)
        for skipped in range(begins, step):
            self._next(made, epoch, skipped)
        for place in range(step, self.steps_per_epoch):
            batch = _checked(self._next(made, epoch, place), epoch, place)
            _refuse_different(first, batch, epoch, place)
            yield batch

    def fingerprint(self) -> str:
        """Return a SHA-256, in hexadecimal, over the first batch and the number of steps."""
        digest = hashlib.sha256()
        for label, leaf in _leaves(self.first):
            digest.update(json.dumps([label, leaf.dtype.str, leaf.shape, self.steps_per_epoch]).encode())
            digest.update(np.ascontiguousarray(leaf).reshape(-1).view(np.uint8).data)
        return digest.hexdigest()

    def _iterator(self, epoch: int, step: int) -> Iterator[Any]:
        if hasattr(self._make, "__iter__"):
            return iter(self._make)
        made = self._make(epoch, step) if self._takes_step else self._make(epoch)
        if not hasattr(made, "__iter__"):
            raise InvalidType(f"batches: make({epoch}) returned {type(made).__name__}, which cannot be iterated.")
        return iter(made)

    def _next(self, made: Iterator[Any], epoch: int, step: int) -> Any:
        for batch in made:
            return batch
        if step == 0:
            raise DataError(f"epoch {epoch} ended before its first batch; it needs {self.steps_per_epoch}.")
        raise DataError(
            f"epoch {epoch} ended after {step} of {self.steps_per_epoch} batches. Every epoch, counted from 0, needs "
            f"as many: make more, or say steps_per_epoch={step}."
        )


def _steps(make: Any, steps: int | None) -> int:
    found = len(make) if steps is None and isinstance(make, Sized) else steps
    if found is None:
        raise InvalidValue(
            "batches(make): how many batches an epoch has cannot be told from make; say steps_per_epoch=."
        )
    if isinstance(found, bool) or not isinstance(found, int | np.integer):
        raise InvalidType(f"batches(steps_per_epoch={found!r}): a whole number of batches.")
    if found < 1:
        raise InvalidValue(f"batches(steps_per_epoch={found}): an epoch has at least one batch.")
    return int(found)


def _takes_step(make: Callable[..., Any]) -> bool:
    """Return whether a function's second argument is a first step: one with a default is so only by its name."""
    try:
        parameters = inspect.signature(make).parameters.values()
    except ValueError:  # a function that is not written in Python
        return False
    later = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][1:]
    return bool(later) and (later[0].default is inspect.Parameter.empty or later[0].name == "first_step")


def _checked(made: Any, epoch: int, step: int) -> Any:
    """Return a batch as the loss will see it, of NumPy arrays with one leading length."""
    import jax

    where = f"batch {step} of epoch {epoch}"
    batch = jax.tree.map(np.asarray, as_batch(tuple(made) if isinstance(made, list) else made))
    for label, leaf in _leaves(batch):
        if leaf.dtype.kind not in "biufV":
            raise InvalidType(f"{where}: {label} is {leaf.dtype}; a batch is made of arrays of numbers or booleans.")
    if rows(batch, where) == 0:
        raise DataError(f"{where} has no rows.")
    weight = getattr(batch, "weight", None)
    if weight is not None and not (np.isfinite(weight) & (weight >= 0)).all():
        raise DataError(f"{where}: a weight is a finite number, 0 or more, and some are not.")
    return batch


def _refuse_different(first: Any, batch: Any, epoch: int, step: int) -> None:
    import jax

    where = f"batch {step} of epoch {epoch}"
    rule = "Every batch needs the shapes and types of the first, the last of an epoch too: drop one that is shorter."
    before, now = str(jax.tree.structure(first)), str(jax.tree.structure(batch))
    if before != now:
        raise DataError(f"{where} has the structure {now}, batch 0 had {before}. {rule}")
    for (label, one), (_, other) in zip(_leaves(first), _leaves(batch), strict=True):
        for what in ("shape", "dtype"):
            if getattr(one, what) != getattr(other, what):
                found = f"{label} has {what} {getattr(other, what)}, batch 0 had {getattr(one, what)}"
                raise DataError(f"{where}: {found}. {rule}")


def _leaves(batch: Any) -> list[tuple[str, Any]]:
    """Return the arrays of a batch with what they are called."""
    import jax

    found = jax.tree_util.tree_leaves_with_path(batch)
    return [(jax.tree_util.keystr(path, simple=True, separator=".") or "x", leaf) for path, leaf in found]
