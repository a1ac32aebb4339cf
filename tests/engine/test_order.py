"""The order of rows: every epoch complete, any step computable, pieces equal to the whole."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fallline.engine.order import Order

orders = st.builds(
    Order,
    rows=st.integers(1, 60),
    batch_size=st.integers(1, 60),
    sampling=st.sampled_from(["shuffle", "shuffle_once", "replacement", "sequential"]),
    last_batch=st.sampled_from(["use", "drop"]),
    seed=st.integers(0, 2**32 - 1),
).filter(lambda o: o.batch_size <= o.rows)


def counted(order, first, steps):
    """The rows that count, step after step."""
    block = order.block(first, steps)
    return [list(rows[:valid]) for rows, valid in zip(block.rows, block.valid, strict=True)]


@given(orders, st.integers(0, 30), st.integers(1, 20), st.integers(1, 20))
def test_a_block_is_its_pieces(order, first, one, two):
    together = counted(order, first, one + two)
    assert together == counted(order, first, one) + counted(order, first + one, two)


@given(orders, st.integers(0, 3))
def test_an_epoch_of_shuffle_or_sequence_sees_every_row_once(order, epoch):
    seen = np.concatenate(counted(order, epoch * order.steps_per_epoch, order.steps_per_epoch))
    if order.sampling != "replacement":
        assert len(set(seen)) == len(seen)
        if order.last_batch == "use":
            assert sorted(seen) == list(range(order.rows))
    assert len(seen) == order.samples_after(order.steps_per_epoch)


@given(orders)
def test_rows_beyond_the_valid_ones_repeat_a_valid_row(order):
    block = order.block(0, 2 * order.steps_per_epoch)
    for rows, valid in zip(block.rows, block.valid, strict=True):
        assert 1 <= valid <= order.batch_size
        assert set(rows[valid:]) <= set(rows[:valid])


def test_epochs_and_seeds_differ():
    order = Order(1000, 1000, "shuffle", "use", seed=1)
    other = Order(1000, 1000, "shuffle", "use", seed=2)
    first, second = order.block(0, 2).rows
    assert (first != second).any()
    assert (first != other.block(0, 1).rows[0]).any()


def test_rows_shuffled_once_come_in_the_same_order_every_epoch():
    order = Order(1000, 1000, "shuffle_once", "use", seed=1)
    first, second = order.block(0, 2).rows
    assert (first == second).all()
    assert (first == Order(1000, 1000, "shuffle", "use", seed=1).block(0, 1).rows[0]).all()


def test_replacement_draws_uniformly():
    counts = np.bincount(Order(10, 10, "replacement", "use", seed=3).block(0, 4000).rows.ravel(), minlength=10)
    # 40000 draws into 10 cells: chi-square with 9 degrees of freedom is below 27.9 with probability 0.999.
    assert ((counts - 4000) ** 2 / 4000).sum() < 27.9
