"""How a training part is fed to the steps: by what it is."""

from __future__ import annotations

import dataclasses
from typing import Any

from fallline.core.errors import InvalidValue
from fallline.core.problem import as_batch, rows
from fallline.core.spec import Spec
from fallline.core.stream import Batches, streamed
from fallline.engine.feed import Feed, Resident
from fallline.engine.layout import Layout
from fallline.engine.order import Order
from fallline.engine.shared_stream import SharedStream
from fallline.engine.streamed import Streamed
from fallline.engine.windows import BatchWindows, BlockWindows
from fallline.engine.world import world


def check_repeatable(train: Any, who: str) -> None:
    """Refuse rows that come once, for `who` takes them several times."""
    if isinstance(train, Batches) and train.once:
        raise InvalidValue(
            f"{who} takes the batches several times, and a generator gives them once: pass a function make(epoch) to "
            f"fl.data.batches."
        )


def settled(spec: Spec, train: Any) -> Spec:
    """Return the spec with what a stream settles by itself, if it can give what is asked for."""
    if not streamed(train):
        return spec
    if spec.sampling == "replacement":
        raise InvalidValue(
            "sampling='replacement' draws any row at any time, and streamed rows come in blocks: use 'shuffle', which "
            "takes the blocks in a new order every epoch and shuffles the rows of many together."
        )
    if isinstance(train, Batches):
        if spec.batch_size == "full":
            raise InvalidValue("batch_size='full' needs all rows at every step, and an iterator gives out batches.")
        size = rows(as_batch(train.first), "the first batch")
        return dataclasses.replace(spec, batch_size=size, sampling="sequential")
    return spec


def example(train: Any) -> Any:
    """Return rows of the training part, for their shapes."""
    if not streamed(train):
        return train
    return as_batch(train.first) if isinstance(train, Batches) else train.row


def feed(train: Any, order: Order, spec: Spec, micro_batch: int, total_steps: int, laid: Layout) -> Feed:
    """Return what the steps get their rows from; with a full batch of a stream, micro-batches one by one."""
    if not streamed(train):
        return Resident(train, order)
    if isinstance(train, Batches):
        return Streamed(BatchWindows(train, order), order, total_steps, laid)
    here = world()
    stream = Streamed if here.count == 1 else SharedStream
    if spec.batch_size != "full":
        return stream(BlockWindows(train, order, here), order, total_steps, laid)
    sweep = dataclasses.replace(order, batch_size=micro_batch, last_batch="use")
    steps = sweep.steps_per_epoch
    return stream(BlockWindows(train, sweep, here), sweep, total_steps * steps, laid, steps)
