"""The best epoch and the patience, against definitions that look at all the values at once."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fallline.core.errors import InvalidValue
from fallline.engine.standing import Standing
from fallline.engine.watch import Watch, read_watch

few = st.lists(
    st.sampled_from([math.nan, math.inf, -math.inf, 0.0, 0.5, 1.0, 1.5, 2.0]) | st.floats(-3, 3), max_size=12
)
better = st.sampled_from(["lowest", "highest"])


@given(few, better)
def test_the_best_epoch_is_the_first_of_the_best_values(values, which):
    now = Standing(Watch("loss", which)).after(values)
    numbers = [value for value in values if not math.isnan(value)]
    if not numbers:
        assert now.best_epoch == 0
        return
    best = min(numbers) if which == "lowest" else max(numbers)
    assert (now.best_epoch, now.best) == (values.index(best) + 1, best)


@given(few, better, st.sampled_from([0.0, 0.5, 1.0]))
def test_patience_counts_since_the_last_improvement(values, which, least):
    """An epoch improves if it is better, by more than the least, than the value of the last epoch that did."""
    sign = 1 if which == "lowest" else -1
    improving = []
    for epoch, value in enumerate(values):
        if math.isnan(value):
            continue
        last = values[improving[-1]] if improving else sign * math.inf
        if not improving or (sign * value < sign * last and abs(value - last) > least):
            improving.append(epoch)
    waited = len(values) - 1 - improving[-1] if improving else len(values)
    assert Standing(Watch("loss", which), least).after(values).waited == waited


@given(few, st.integers(0, 12), better)
def test_what_was_heard_in_two_parts_is_one(values, cut, which):
    whole, begun = (Standing(Watch("loss", which), 0.1).after(v) for v in (values, values[:cut]))
    assert repr(begun.after(values[cut:])) == repr(whole)  # NaN is no equal of itself


COLUMNS = {"loss": "lowest", "accuracy": "highest", "lowest cost": None, "error": None}


@pytest.mark.parametrize(
    ("text", "column", "which"),
    [
        ("loss", "loss", "lowest"),
        ("accuracy", "accuracy", "highest"),
        ("lowest accuracy", "accuracy", "lowest"),
        ("highest error", "error", "highest"),
        ("lowest  error ", "error", "lowest"),
        ("highest lowest cost", "lowest cost", "highest"),
    ],
)
def test_what_is_watched_is_read(text, column, which):
    assert read_watch(text, COLUMNS) == Watch(column, which)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("acuracy", "no number called 'acuracy'. Did you mean 'accuracy'"),
        ("best error", "no number called 'best error'"),
        ("highest", "no number called 'highest'"),
        ("", "no number called ''"),
        ("error", "watch='lowest error' or watch='highest error'"),
        ("lowest cost", "whether a low or a high lowest cost is better"),
    ],
)
def test_what_cannot_be_watched_is_explained(text, message):
    with pytest.raises(InvalidValue, match=message):
        read_watch(text, COLUMNS)
