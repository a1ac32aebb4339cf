"""Which runs share their programs, how many go side by side, and what they need: counted by hand."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.engine.linear import fit, line, squared_mean, squared_rows

import fallline as fl
from fallline.core.errors import InvalidValue
from fallline.core.node import hyper
from fallline.core.spec import Spec
from fallline.engine.alone import Alone
from fallline.engine.grouping import Grouping
from fallline.engine.lanes import Lanes
from fallline.engine.plan import initial, plan

X = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
SMALL = fl.Problem(init=line, loss=squared_rows, data=(X, X[:, 0]), predict=fit)
TOGETHER = fl.Problem(init=line, loss=squared_mean, data=(X, X[:, 0]))
LARGE = fl.Problem(
    init=lambda key: {"w": jnp.zeros((3, 20_000))},
    loss=lambda p, batch: ((batch.x @ p["w"]).mean(1) - batch.y) ** 2,
    data=(X, X[:, 0]),
)
PLENTY = 10**12


class Rise(fl.Schedule):
    """Rises by the same at every step."""

    by: float = hyper(range="(-inf, inf)", help="what each step adds")

    def value(self, xp, t):
        return self.by * t


def grouping(problem=SMALL, way="auto", **choices):
    return Grouping(problem, Spec("sgd", **{"epochs": 2, **choices}), way)


def groups(runs, problem=SMALL, way="auto", methods=None, batch_size=8):
    """Return the groups of so many runs of each method at a time, stage by stage."""
    one = grouping(problem, way)
    counts = {}
    for method in methods or (fl.SGD(),):
        one.plan(method, batch_size)
        counts[one.key(method, batch_size)] = list(runs)
    return list(one.groups(counts, pausing=False).values())


@pytest.fixture(autouse=True)
def plenty(monkeypatch):
    monkeypatch.setattr("fallline.engine.grouping.free_memory", lambda: PLENTY)


def test_numbers_share_a_group_and_structure_and_batch_size_do_not():
    one = grouping()
    alike = [
        (fl.SGD(lr=0.1), 8),
        (fl.SGD(lr=0.3), 8),
        (fl.Momentum(lr=0.1, beta=0.5), 8),
        (fl.Momentum(lr=0.2, beta=0.9), 8),
        (fl.Momentum(form="average"), 8),
        (fl.SGD(lr=fl.Cosine(0.1, steps=10)), 8),
        (fl.SGD(lr=fl.Cosine(0.3, steps=14)), 8),
        (fl.SGD(lr=0.1), 16),
        (fl.SGD(lr=0.1), "full"),
    ]
    keys = [one.key(*each) for each in alike]
    same = [(i, j) for i, j in itertools.combinations(range(len(alike)), 2) if keys[i] == keys[j]]
    assert same == [(0, 1), (2, 3), (5, 6)]
    for each in alike:
        one.plan(*each)
    assert len(one.plans) == 6


def test_a_plan_of_a_race_is_the_plan_of_the_run_alone():
    one, method = grouping(l2=0.01, epochs=3), fl.SGD(lr=0.1)
    alone = plan(SMALL, method, Spec("sgd(lr=0.1)", batch_size=16, epochs=3, l2=0.01))
    found = one.plan(method, 16)
    assert (found.spec, found.order, found.total_steps) == (alone.spec, alone.order, alone.total_steps)


def test_what_another_method_of_the_group_cannot_be_is_refused_all_the_same():
    one = grouping()
    one.plan(fl.SGD(lr=0.1), 8)
    with pytest.raises(InvalidValue, match="float32 cannot hold"):
        one.plan(fl.SGD(lr=1e-60), 8)
    one.plan(fl.Momentum(beta=Rise(by=0.05)), 8)
    with pytest.raises(InvalidValue, match=r"beta is 1\.04 at step 14 of 14"):
        one.plan(fl.Momentum(beta=Rise(by=0.08)), 8)


def test_small_models_go_side_by_side_and_large_ones_in_threads():
    assert [type(group) for group in groups([12])] == [Lanes]
    assert [type(group) for group in groups([12], LARGE)] == [Alone]
    assert [type(group) for group in groups([12], LARGE, "vmap")] == [Lanes]
    assert [type(group) for group in groups([12], way="threads")] == [Alone]
    assert [type(group) for group in groups([1])] == [Alone]
    assert [type(group) for group in groups([12], TOGETHER)] == [Alone]
    assert [type(group) for group in groups([12], TOGETHER, batch_size=10)] == [Lanes]


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="on an accelerator all go side by side")
@pytest.mark.parametrize("runs", [[35, 10], [35], [12], [10, 10], [7], [5], [4], [2], [64, 3]])
def test_places_and_calls_cost_as_little_as_possible(runs):
    (group,) = groups(runs)

    def price(places):
        """Count the places that so many runs take up, filled one after another, and two more for every call."""
        used = 0
        for left in runs:
            while left > 0:
                used, left = used + places + 2, left - places
        return used

    assert 4 <= group.width <= 10
    assert price(group.width) == min(price(places) for places in range(4, 11))
    assert all(price(places) > price(group.width) for places in range(group.width + 1, 11))


def test_what_a_run_needs_is_what_it_holds():
    one, method = grouping(LARGE), fl.Adam()
    planned = one.plan(method, 8)
    found = one.needs(planned)
    params, _ = initial(LARGE, 0)
    held = sum(leaf.nbytes for leaf in jax.tree.leaves((params, method.init(params))))
    assert found.params == 4 * 60_000
    assert 2 * held <= found.going <= 4 * held
    record = fl.train(LARGE, method, batch_size=8, epochs=2)
    kept = sum(record.history[name].nbytes for name in ("loss", "lr", "grad_norm", "seconds"))
    assert kept <= found.history <= 3 * kept


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="the memory of an accelerator is its own affair")
def test_fewer_go_side_by_side_where_memory_is_short(monkeypatch):
    one = grouping(LARGE, "vmap")
    key = one.key(fl.SGD(), 8)
    needs = one.needs(one.plan(fl.SGD(), 8))
    widths = []
    for runs in (0.5, 2.5, 100):
        monkeypatch.setattr("fallline.engine.grouping.cores", lambda: 2)
        monkeypatch.setattr("fallline.engine.grouping.free_memory", lambda runs=runs: 4 * runs * needs.going)
        widths.append(one.groups({key: [16]}, pausing=False)[key].width)
    assert widths == [1, 2, 8]


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="histories are kept in the memory of the host")
def test_histories_that_do_not_fit_are_refused_before_anything_runs(monkeypatch):
    one = grouping()
    key = one.key(fl.SGD(), 8)
    needs = one.needs(one.plan(fl.SGD(), 8))
    monkeypatch.setattr("fallline.engine.grouping.free_memory", lambda: 2 * 45 * needs.history)
    assert one.groups({key: [35, 10]}, pausing=False)
    with pytest.raises(InvalidValue, match=r"46 runs would hold .* take fewer seeds, rates or methods") as refused:
        one.groups({key: [35, 11]}, pausing=False)
    assert "half of the memory" in str(refused.value)


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="runs that stand still do so in the memory of the host")
def test_runs_that_stand_still_together_are_counted_where_some_are_ended_early(monkeypatch):
    one = grouping(LARGE)
    key = one.key(fl.SGD(), 8)
    needs = one.needs(one.plan(fl.SGD(), 8))
    room = 2 * (35 * needs.going + 45 * needs.history)
    for free, pausing, fits in ((room, True, True), (room - 2, True, False), (room - 2, False, True)):
        monkeypatch.setattr("fallline.engine.grouping.free_memory", lambda free=free: free)
        if fits:
            assert one.groups({key: [35, 10]}, pausing=pausing)
        else:
            with pytest.raises(InvalidValue, match="or no elimination"):
                one.groups({key: [35, 10]}, pausing=pausing)


def test_runs_that_cannot_go_side_by_side_are_refused_where_that_is_asked_for():
    with pytest.raises(InvalidValue, match=r"lanes='vmap'.*an epoch's last batch is smaller"):
        groups([12], TOGETHER, "vmap")
    one = grouping(way="vmap", max_time=1.0)
    with pytest.raises(InvalidValue, match=r"lanes='vmap'.*stop early"):
        one.plan(fl.SGD(), 8)
