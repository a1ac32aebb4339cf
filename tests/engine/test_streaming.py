"""Rows that come in blocks or batches train as rows in memory do."""

import signal

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.engine.linear import fit, line, squared_mean, squared_rows
from tests.engine.test_resume import assert_same

import fallline as fl
from fallline.core.errors import DataError, InvalidType, InvalidValue
from fallline.core.problem import Batch, WeightedBatch
from fallline.engine import windows

COUNT = 230


class Blocks:
    """Rows of two arrays in blocks of `size`; counts what is read."""

    mean_weight = 1.0

    def __init__(self, x, y, size=7):
        self.x, self.y, self.size, self.reads = x, y, size, []
        self.sizes = np.minimum(size, len(x) - np.arange(0, len(x), size)).astype(np.int64)

    @property
    def row(self):
        return Batch(self.x[:1], self.y[:1])

    def read(self, block):
        self.reads.append(block)
        rows = slice(block * self.size, (block + 1) * self.size)
        return Batch(self.x[rows].copy(), self.y[rows].copy())

    def fingerprint(self):
        return "two arrays"


@pytest.fixture
def rows(rng):
    x = rng.normal(size=(COUNT, 3)).astype(np.float32)
    return x, (x @ np.array([1.0, -2.0, 0.5], np.float32) + 0.3).astype(np.float32)


@pytest.fixture(autouse=True)
def small_windows(monkeypatch):
    monkeypatch.setattr(windows, "WINDOW_ROWS", 50)


def with_loss(loss, train):
    return fl.Problem(init=line, loss=loss, data=fl.Data(train=train), predict=fit)


@pytest.mark.parametrize("loss", [squared_rows, squared_mean])
def test_in_order_the_bits_are_those_of_rows_in_memory(rows, loss):
    choices = {"batch_size": 16, "epochs": 3, "sampling": "sequential"}
    held = fl.train(with_loss(loss, rows), fl.Adam(lr=0.05), **choices)
    streamed = fl.train(with_loss(loss, Blocks(*rows)), fl.Adam(lr=0.05), **choices)
    assert_same(streamed, held)


def test_an_incomplete_batch_that_is_dropped_is_in_no_window(rows):
    choices = {"batch_size": 16, "epochs": 3, "sampling": "sequential", "last_batch": "drop"}
    held = fl.train(with_loss(squared_rows, rows), fl.SGD(lr=0.05), **choices)
    assert_same(fl.train(with_loss(squared_rows, Blocks(*rows)), fl.SGD(lr=0.05), **choices), held)


def test_a_loss_that_weighs_its_rows_itself_is_left_alone(rows):
    class Weighted(Blocks):
        mean_weight = 3.0

        @property
        def row(self):
            return WeightedBatch(self.x[:1], self.y[:1], np.ones(1, np.float32))

        def read(self, block):
            found = super().read(block)
            return WeightedBatch(*found, np.full(len(found.y), 3, np.float32))

    def loss(params, batch):
        return jnp.mean(batch.weight * squared_rows(params, batch))

    choices = {"batch_size": 16, "epochs": 2, "sampling": "sequential"}
    held = fl.train(with_loss(loss, (*rows, np.full(COUNT, 3, np.float32))), fl.SGD(lr=0.01), **choices)
    assert_same(fl.train(with_loss(loss, Weighted(*rows)), fl.SGD(lr=0.01), **choices), held)


def test_convolutions_take_streamed_rows_too(images):
    x, y = images.data.train
    problem = fl.Problem(init=images.init, loss=images.loss, data=fl.Data(train=Blocks(x, y)))
    choices = {"batch_size": 8, "epochs": 2, "sampling": "sequential"}
    assert_same(fl.train(problem, fl.SGD(lr=0.1), **choices), fl.train(images, fl.SGD(lr=0.1), **choices))


def numbered(size=7, count=COUNT):
    """A problem whose loss at batch size 1 is the number of the row that the step saw."""
    number = np.arange(count, dtype=np.float32)
    return fl.Problem(
        init=lambda key: jnp.zeros(1),
        loss=lambda p, batch: batch.y + 0 * p[0],
        data=fl.Data(train=Blocks(number[:, None], number, size)),
    )


def seen(problem, **choices):
    return fl.train(problem, fl.SGD(lr=0.1), batch_size=1, **choices).history["loss"].astype(int)


def test_every_epoch_sees_every_row_once_in_an_order_of_its_own():
    epochs = seen(numbered(), epochs=3).reshape(3, COUNT)
    for order in epochs:
        assert sorted(order) == list(range(COUNT))
    assert (epochs[0] != epochs[1]).mean() > 0.9
    assert np.array_equal(seen(numbered(), epochs=3).reshape(3, COUNT), epochs)
    assert not np.array_equal(seen(numbered(), epochs=1, seed=1), epochs[0])


def test_rows_shuffled_once_come_in_one_random_order():
    first, second = seen(numbered(), epochs=2, sampling="shuffle_once").reshape(2, COUNT)
    assert np.array_equal(first, seen(numbered(), epochs=1))
    assert np.array_equal(first, second)


def test_a_sorted_file_is_mixed():
    """Within a window rows come from blocks anywhere, and in no order."""
    order = seen(numbered(size=5), epochs=1)
    first = order[:50]
    assert first.min() < 60
    assert first.max() > 170
    assert abs(np.corrcoef(np.arange(50), first)[0, 1]) < 0.4
    assert len(set(np.abs(np.diff(first)))) > 15


def test_an_incomplete_batch_counts_exactly(rows):
    """One pass at a vanishing rate: the epoch's loss is the mean over all rows."""
    record = fl.train(with_loss(squared_rows, Blocks(*rows)), fl.SGD(lr=1e-12), batch_size=64, epochs=1)
    assert record.epochs["train_loss"][0] == pytest.approx(np.mean(rows[1].astype(float) ** 2), rel=1e-6)
    assert record.history["samples"][-1] == COUNT


def test_an_interrupted_run_goes_on_without_reading_what_came_before(rows, tmp_path):
    choices = {"batch_size": 8, "epochs": 40}
    whole = fl.train(with_loss(squared_rows, Blocks(*rows)), fl.Adam(lr=0.01), **choices)

    def stop(progress):
        if progress.step < progress.steps:
            signal.raise_signal(signal.SIGTERM)

    cut = fl.train(
        with_loss(squared_rows, Blocks(*rows)), fl.Adam(lr=0.01), **choices, out=tmp_path / "run", progress=stop
    )
    assert cut.outcome == "interrupted"
    taken = int(cut.history["step"][-1])
    assert 0 < taken < whole.history["step"][-1]
    again = Blocks(*rows)
    assert_same(fl.resume(tmp_path / "run", with_loss(squared_rows, again)), whole)
    per_epoch = len(again.sizes) + 6  # a block on the border of two windows may be read for both
    epochs_left = 40 - taken / 29
    assert len(again.reads) <= per_epoch * (epochs_left + 1)


def test_a_run_that_blows_up_keeps_its_last_good_parameters(rows):
    problem = with_loss(squared_rows, Blocks(*rows))
    record = fl.train(problem, fl.SGD(lr=50.0), batch_size=8, epochs=3, sampling="sequential")
    held = fl.train(with_loss(squared_rows, rows), fl.SGD(lr=50.0), batch_size=8, epochs=3, sampling="sequential")
    assert record.outcome == "diverged"
    assert_same(record, held)


def batches_of(rows, size=10):
    return [tuple(a[i : i + size] for a in rows) for i in range(0, COUNT, size)]


def test_batches_of_an_iterator_train_in_their_order(rows):
    batches = batches_of(rows)
    given = with_loss(squared_rows, fl.data.batches(lambda epoch: iter(batches), steps_per_epoch=23))
    held = with_loss(squared_rows, rows)
    record = fl.train(given, fl.Adam(lr=0.05), epochs=3)
    assert record.spec.batch_size == 10
    assert_same(record, fl.train(held, fl.Adam(lr=0.05), epochs=3, batch_size=10, sampling="sequential"))


def test_an_iterator_that_can_start_anywhere_is_resumed_where_it_stopped(rows, tmp_path):
    opened = []

    def make(epoch, first):
        opened.append((epoch, first))
        return iter(batches_of(rows)[first:])

    def problem():
        return with_loss(squared_rows, fl.data.batches(make, steps_per_epoch=23))

    def stop(progress):
        if progress.step < progress.steps:
            signal.raise_signal(signal.SIGTERM)

    whole = fl.train(problem(), fl.SGD(lr=0.01), epochs=50)
    cut = fl.train(problem(), fl.SGD(lr=0.01), epochs=50, out=tmp_path / "run", progress=stop)
    opened.clear()
    assert_same(fl.resume(tmp_path / "run", problem()), whole)
    epoch, step = divmod(int(cut.history["step"][-1]), 23)
    assert next(e for e in opened if e != (0, 0)) == (epoch, step - step % 5)  # windows hold five batches


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda batches: batches[:7], "epoch 0 ended after 7 of 23 batches"),
        (lambda batches: [*batches[:3], (batches[3][0][:, :2], batches[3][1]), *batches[4:]], "shape"),
        (lambda batches: [*batches[:3], (batches[3][0][:4], batches[3][1][:4]), *batches[4:]], "shape"),
    ],
)
def test_an_iterator_that_changes_its_mind_is_refused(rows, change, message):
    problem = with_loss(squared_rows, fl.data.batches(lambda epoch: iter(change(batches_of(rows))), steps_per_epoch=23))
    with pytest.raises(DataError, match=message):
        fl.train(problem, fl.SGD(lr=0.01), epochs=1)


def test_blocks_of_another_kind_are_refused(rows):
    class Changing(Blocks):
        def read(self, block):
            found = super().read(block)
            return found if block < 20 else found._replace(x=found.x.astype(np.float64))

    with pytest.raises(DataError, match="float64"):
        fl.train(with_loss(squared_rows, Changing(*rows)), fl.SGD(lr=0.01), epochs=1)


@pytest.mark.parametrize(("loss", "last_batch"), [(squared_rows, "drop"), (squared_mean, "use")])
def test_the_full_batch_of_a_stream_is_exact(rows, loss, last_batch):
    """Micro-batches of 32 rows, the last of them incomplete, give the gradient over all the rows."""
    choices = {"batch_size": "full", "steps": 20, "last_batch": last_batch}
    record = fl.train(with_loss(loss, Blocks(*rows)), fl.SGD(lr=0.1), **choices, micro_batch=32)
    held = fl.train(with_loss(loss, rows), fl.SGD(lr=0.1), **choices)
    np.testing.assert_allclose(record.history["loss"], held.history["loss"], rtol=1e-5)
    np.testing.assert_allclose(record.params["w"], held.params["w"], rtol=1e-5)
    assert record.history["samples"][-1] == 20 * COUNT


def test_a_sweep_holds_a_few_windows_at_a_time(rows):
    held = []

    class Watched(Blocks):
        def read(self, block):
            held.append(sum(array.shape == (50, 3) for array in jax.live_arrays()))
            return super().read(block)

    fl.train(with_loss(squared_rows, Watched(*rows)), fl.SGD(lr=0.1), batch_size="full", steps=16, micro_batch=50)
    assert len(held) >= 16 * 33
    assert max(held) < 20  # of 80 that are read: a few in use, a few ahead, and one for each step under way


def test_a_method_that_compares_points_cannot_sweep_a_stream(rows):
    with pytest.raises(InvalidValue, match="several points"):
        fl.train(with_loss(squared_rows, Blocks(*rows)), fl.Backtracking(), batch_size="full", steps=2)


def test_what_a_stream_cannot_give_is_refused_before_it_starts(rows):
    problem = with_loss(squared_rows, Blocks(*rows))
    batches = with_loss(squared_rows, fl.data.batches(batches_of(rows)))
    with pytest.raises(InvalidValue, match="full"):
        fl.train(batches, fl.SGD(lr=0.01), batch_size="full", epochs=1)
    with pytest.raises(InvalidValue, match="replacement"):
        fl.train(problem, fl.SGD(lr=0.01), sampling="replacement", epochs=1)
    with pytest.raises(InvalidType, match="validation"):
        fl.Data(train=rows, validation=Blocks(*rows))
