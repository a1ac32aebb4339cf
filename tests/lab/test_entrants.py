"""Who races, with which configurations: counted by hand and by `itertools.product`."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

import fallline as fl
from fallline.core.errors import FalllineError, InvalidType, InvalidValue
from fallline.core.node import hyper
from fallline.core.registry import to_call
from fallline.lab.entrants import Entrant, entrants
from fallline.lab.field import default_field
from fallline.methods import METHODS


def steps(batch_size: Any) -> int:
    return 10 if batch_size == "full" else 12800 // batch_size


def race(methods: Any, lr: Any = "auto", axes: Any = None, **more: Any) -> tuple[Entrant, ...]:
    return entrants(methods, lr, axes, **{"batch_size": 32, "steps": steps, **more})


def rates(entrant: Entrant) -> list[float | None]:
    return [entry.lr for entry in entrant.entries]


@pytest.mark.parametrize("method", [cls() for cls in METHODS.values() if cls().needs_rate], ids=lambda m: m.name())
def test_auto_is_half_decades_around_the_methods_own_rate(method: fl.Method) -> None:
    (entrant,) = race(method)
    assert entrant.default == 3
    np.testing.assert_allclose(np.log10(rates(entrant)), math.log10(method.rate) + np.arange(-3, 4) / 2, atol=1e-3)
    assert entrant.entries[3].method == method
    assert [entry.method.rate for entry in entrant.entries] == rates(entrant)
    assert entrant.entries[0].values == {"lr": entrant.entries[0].lr}


@pytest.mark.parametrize("method", [cls() for cls in METHODS.values() if not cls().needs_rate], ids=lambda m: m.name())
def test_a_method_that_needs_no_rate_keeps_its_own(method: fl.Method) -> None:
    (entrant,) = race(method)
    (entry,) = entrant.entries
    assert (entry.method, entry.lr, entry.values, entrant.default) == (method, method.rate, {}, 0)
    (asked,) = race(method, lr=[0.5, 2.0])
    assert rates(asked) == [0.5, 2.0]


class NoRate(fl.Method):
    """Steps of length 1."""

    def rule(self, xp, g, p, s, t):
        return -xp.sign(g), {}


class Bounded(fl.Method):
    """A rate that is a share."""

    share: float = hyper(0.5, range="(0, 1]", help="share of the gradient", rate=True)

    def rule(self, xp, g, p, s, t):
        return -self.share * g, {}


def test_a_method_without_a_rate_has_one_entry() -> None:
    for lr in ("auto", [0.1, 0.2]):
        plain, sgd = race([NoRate, fl.SGD], lr=lr, axes={"schedule": ["cosine", None]})
        assert [(e.lr, e.values) for e in plain.entries] == [(None, {})]
        assert plain.default == 0
        assert len(sgd.entries) == 2 * (7 if lr == "auto" else 2)


def test_auto_stays_within_the_rates_range() -> None:
    (entrant,) = race(Bounded)
    np.testing.assert_allclose(rates(entrant), 0.5 * 10.0 ** np.array([-1.5, -1, -0.5, 0]), rtol=2e-3)
    with pytest.raises(InvalidValue, match=r"bounded\(share=2.0\): share must be in \(0, 1\], got 2"):
        race(Bounded, lr=2.0)


def test_instances_classes_and_words_mean_the_same() -> None:
    for given in (fl.Adam(b2=0.99), "adam(b2=0.99)"):
        (one,) = race(given, lr=[0.1, 0.2])
        assert [e.method for e in one.entries] == [fl.Adam(0.1, b2=0.99), fl.Adam(0.2, b2=0.99)]
    (of_class,) = race([fl.Adam], lr=np.array([0.1, 0.2], np.float64))
    assert [e.method for e in of_class.entries] == [fl.Adam(0.1), fl.Adam(0.2)]
    assert type(of_class.entries[0].lr) is float


@pytest.mark.parametrize("lr", [0.1, [0.1], "0.1", np.float64(0.1), np.array(0.1), (0.1, 0.1)])
def test_one_rate_is_a_grid_of_one(lr: Any) -> None:
    (entrant,) = race("sgd", lr=lr)
    assert rates(entrant) == [0.1]
    assert entrant.default is None


def test_the_grid_is_the_product_of_the_axes_each_method_has() -> None:
    axes = {"batch_size": [32, 128], "b1": [0.8, 0.9], "form": ["buffer", "velocity"]}
    adam, ball, lion = race(["adam", "momentum", "lion"], [0.1, 0.2, 0.3], axes)
    expected = list(itertools.product([32, 128], [0.8, 0.9], [0.1, 0.2, 0.3]))
    assert [(e.batch_size, e.method.b1, e.lr) for e in adam.entries] == expected
    assert [tuple(e.values.values()) for e in adam.entries] == expected
    assert [e.values for e in ball.entries] == [
        {"batch_size": b, "form": f, "lr": lr}
        for b in (32, 128)
        for f in ("buffer", "velocity")
        for lr in (0.1, 0.2, 0.3)
    ]
    assert len(lion.entries) == 12
    assert all("form" not in e.values for e in lion.entries)


def test_a_schedule_takes_its_lengths_from_the_run_and_its_peak_from_the_grid() -> None:
    axes = {"schedule": [None, "cosine", fl.Trapezoid, fl.Cosine(5.0, steps=77, warmup=7)], "batch_size": [32, 128]}
    (entrant,) = race("sgd", 0.3, axes)
    assert [(e.values["schedule"], e.batch_size, e.method.rate) for e in entrant.entries] == [
        (None, 32, 0.3),
        (None, 128, 0.3),
        ("cosine", 32, fl.Cosine(0.3, steps=400, warmup=20)),
        ("cosine", 128, fl.Cosine(0.3, steps=100, warmup=5)),
        ("trapezoid", 32, fl.Trapezoid(0.3, steps=400, warmup=20, decay=80)),
        ("trapezoid", 128, fl.Trapezoid(0.3, steps=100, warmup=5, decay=20)),
        *[(str(to_call(fl.Cosine(5.0, steps=77, warmup=7))), b, fl.Cosine(0.3, steps=77, warmup=7)) for b in (32, 128)],
    ]
    assert {e.lr for e in entrant.entries} == {0.3}


@pytest.mark.parametrize(
    "schedule", ["constant", "warmup", "step", "onecycle", "polynomial", "inverseroot", "plateau", "cosinerestarts"]
)
def test_every_schedule_that_needs_no_more_than_a_length_goes_by_its_name(schedule: str) -> None:
    (entrant,) = race("sgd", 0.3, {"schedule": schedule}, batch_size="full")
    values = [float(entrant.entries[0].method.rate(t)) for t in range(10)]
    assert max(values) == pytest.approx(0.3, rel=1e-5)


def test_a_schedule_in_words_keeps_what_it_says() -> None:
    (entrant,) = race("adam", [0.1], {"schedule": ["cosine(warmup=0, end=0.5)", "exponential(decay=0.9)", "none"]})
    assert [e.method.rate for e in entrant.entries] == [
        fl.Cosine(0.1, steps=400, warmup=0, end=0.5),
        fl.Exponential(0.1, decay=0.9),
        0.1,
    ]
    with pytest.raises(InvalidValue, match=r"exponential needs decay, .* write 'exponential\(decay=\.\.\.\)'"):
        race("adam", [0.1], {"schedule": ["exponential"]})
    with pytest.raises(InvalidValue, match=r"unknown schedule 'cosin'\. Did you mean 'cosine'"):
        race("adam", [0.1], {"schedule": ["cosin"]})
    with pytest.raises(InvalidType, match=r"schedule=<class '.*Adam'>: schedules are names such as 'cosine'"):
        race("adam", [0.1], {"schedule": [fl.Adam]})


def test_a_methods_own_schedule_is_scaled() -> None:
    own = fl.AdamW(lr=fl.Cosine(0.001, steps=100, warmup=5))
    (entrant,) = race(own)
    assert entrant.default == 3
    assert [e.method.rate for e in entrant.entries] == [fl.Cosine(lr, steps=100, warmup=5) for lr in rates(entrant)]
    with pytest.raises(InvalidValue, match=r"adamw\(lr=-1.0\)|must be above 0"):
        race(own, lr=[-1.0])


def test_compositions_are_varied_inside() -> None:
    method = fl.chain(fl.ClipNorm(1.0), fl.WeightDecay(fl.Adam(0.01), weight_decay=0.1))
    (entrant,) = race(method, [0.1, 0.2], {"b1": [0.5, 0.6], "limit": 3.0, "weight_decay": [0.2]})
    assert [e.method for e in entrant.entries] == [
        fl.chain(fl.ClipNorm(3.0), fl.WeightDecay(fl.Adam(lr, b1=b1), weight_decay=0.2))
        for b1 in (0.5, 0.6)
        for lr in (0.1, 0.2)
    ]
    (auto,) = race(method)
    assert (auto.entries[3].lr, auto.default) == (0.01, 1)  # Adam's own 0.001 is two half decades below


def test_values_that_need_each_other_are_set_together() -> None:
    """Momentum's average takes no dampening: neither may come before the other."""
    method = fl.Momentum(form="buffer", dampening=0.5)
    (entrant,) = race(method, 0.1, {"form": ["average"], "dampening": [0.0]})
    assert entrant.entries[0].method == fl.Momentum(0.1, form="average")


@pytest.mark.parametrize(
    ("methods", "lr", "axes", "more", "says"),
    [
        ([], "auto", {}, {}, r"methods=\[\]: a race needs at least one method"),
        ("adam", [], {}, {}, r"lr=\[\]: a grid needs at least one learning rate, as in lr=fl.log_grid"),
        ("adam", [0.1, 0.0], {}, {}, "a learning rate must be above 0 and finite, got 0"),
        ("adam", -0.1, {}, {}, "a learning rate must be above 0 and finite, got -0.1"),
        ("adam", math.inf, {}, {}, "above 0 and finite, got inf"),
        ("adam", math.nan, {}, {}, "lr=nan: lr must be a number"),
        ("adam", [True], {}, {}, "lr=True: lr must be a number"),
        ("adam", [fl.Cosine(0.1, 10)], {}, {}, "lr must be a number"),
        ("adam", fl.Uniform(-1.0, 1.0), {}, {"trials": 3}, "above 0 and finite, got -1"),
        ("adam", "quick", {}, {}, "cannot read 'quick'"),
        ("adam", fl.LogUniform(0.1, 1.0), {}, {}, r"lr=0.1:1.0 is a range to draw from: say how many draws, trials=20"),
        ("adam", "auto", {"b1": []}, {}, r"b1=\[\]: an axis needs at least one value"),
        (["adam", "sgd"], "auto", {"momentom": 1}, {}, r"no method of this race has 'momentom'"),
        (["adam", "momentum"], "auto", {"dampenin": 1}, {}, "Did you mean 'dampening'"),
        ("adam", "auto", {"lr": [0.1]}, {}, r"learning rates are no axis beside lr. Give lr=\[0.1\]"),
        (Bounded, "auto", {"share": [0.1]}, {}, r"Give lr=\[0.1\]"),
        ("adam", "auto", {"b1": [0.9, 1.2]}, {}, r"adam\(b1=1.2\): b1 must be in \[0, 1\), got 1.2"),
        ("adam", "auto", {"batch_size": [32, 0]}, {}, "batch_size=0: batch_size must be at least 1"),
        ("adam", "auto", {"batch_size": ["half"]}, {}, "batch_size must be a whole number or 'full'"),
        ("adam", "auto", {}, {"trials": 0}, "trials=0: trials must be at least 1"),
        ("adm", "auto", {}, {}, "unknown method 'adm'. Did you mean 'adam'"),
        ("clipnorm(1.0)", "auto", {}, {}, "hands the gradient on"),
        (["adam", fl.Adam], "auto", {}, {}, r"methods: adam\(.*\) would be the same runs twice"),
        (["adam", "adam(lr=0.1)"], [0.3], {}, {}, "would be the same runs twice"),
        (["adam", "adam(b1=0.5)"], [0.3], {"b1": [0.6]}, {}, r"adam and adam\(b1=0.5\) would be the same runs twice"),
    ],
)
def test_bad_input_is_refused_with_the_rule(methods: Any, lr: Any, axes: Any, more: Any, says: str) -> None:
    with pytest.raises(FalllineError, match=says):
        race(methods, lr, axes, **more)


def test_labels_say_what_differs_and_no_more() -> None:
    given = [
        fl.Adam(lr=0.5),
        fl.Momentum(beta=0.99, lr=0.3),
        fl.AdamW(lr=fl.Cosine(0.1, steps=10)),
        fl.AdamW,
        fl.chain(fl.ClipNorm(2.0), fl.SGD),
        "optax.adamax(learning_rate=0.01)",
        fl.SGD(lr=0.1),
        fl.SGD(lr=0.2),
        fl.Lion(lr=fl.Cosine(0.1, steps=10)),
        fl.Lion(lr=fl.Cosine(0.1, steps=20)),
        fl.RMSProp(momentum=0.9, centered=True),
    ]
    assert [entrant.label for entrant in race(given)] == [
        "adam",
        "momentum(beta=0.99)",
        "adamw(lr=cosine)",
        "adamw",
        "chain(clipnorm(limit=2.0), sgd)",
        "optax.adamax",
        "sgd(lr=0.1)",
        "sgd(lr=0.2)",
        "lion(lr=cosine(peak=0.1, steps=10))",
        "lion(lr=cosine(peak=0.1, steps=20))",
        "rmsprop(centered=true, momentum=0.9)",
    ]


def test_the_default_is_the_classs_rate_and_the_methods_other_values() -> None:
    (entrant,) = race(
        "adam(b1=0.5)", [0.1, 0.001], {"b1": [0.6, 0.5], "batch_size": [64, 32], "schedule": ["cosine", None]}
    )
    assert entrant.default is not None
    default = entrant.entries[entrant.default]
    assert (default.method, default.batch_size) == (fl.Adam(b1=0.5), 32)
    (other,) = race("adam(b1=0.5)", 0.001, {"b1": [0.6, 0.7], "schedule": ["cosine"]})
    assert other.default == 0
    (without,) = race("adam", [0.1])
    assert without.default is None


def test_draws_are_paired_across_methods() -> None:
    axes = {"b1": fl.Uniform(0.5, 0.9), "b2": "0.9:0.999", "form": ["velocity", "buffer"], "batch_size": [32, 64]}
    adam, ball, lion = race(["adam", "momentum", "lion"], fl.LogUniform(1e-4, 1.0), axes, trials=40)
    assert rates(adam) == rates(ball) == rates(lion)
    assert [e.batch_size for e in adam.entries] == [e.batch_size for e in ball.entries]
    assert [e.method.b1 for e in adam.entries] == [e.method.b1 for e in lion.entries]
    assert all(0.9 <= e.method.b2 <= 0.999 for e in adam.entries)
    assert len(adam.entries) == 40
    b1 = [e.method.b1 for e in adam.entries]
    assert abs(np.corrcoef(b1, np.log(rates(adam)))[0, 1]) < 0.4  # axes are drawn apart from one another
    assert {e.batch_size for e in adam.entries} == {32, 64}
    again, other = (
        race("adam", fl.LogUniform(1e-4, 1.0), axes={"b1": fl.Uniform(0.5, 0.9)}, trials=40, seed=s)[0] for s in (0, 1)
    )
    assert rates(again) == rates(adam)
    assert not set(rates(other)) & set(rates(adam))


def test_auto_draws_from_the_range_of_its_grid() -> None:
    adam, sgd = race(["adam", "sgd"], trials=50)
    np.testing.assert_allclose(np.array(rates(sgd)) / rates(adam), 10.0)
    exponents = np.log10(np.array(rates(adam)) / 0.001)
    assert -1.5 <= exponents.min() < -1.2 < 1.2 < exponents.max() <= 1.5


def test_what_is_drawn_twice_is_run_once() -> None:
    (entrant,) = race("sgd", [0.1, 0.2, 0.3], trials=50)
    assert sorted(rates(entrant)) == [0.1, 0.2, 0.3]


def test_the_field_races_as_it_is() -> None:
    found = race(default_field())
    labels = [entrant.label for entrant in found]
    assert labels == ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "nadam", "adamw(lr=cosine)"]
    assert all(entrant.default == 3 and len(entrant.entries) == 7 for entrant in found)
    assert found[-1].entries[3].method.rate == fl.Cosine(0.001, steps=steps(32), warmup=steps(32) / 20)


def test_the_fields_schedule_lasts_as_long_as_a_run_of_each_batch_size() -> None:
    *_, scheduled = race(default_field(), [0.001, 0.1], {"batch_size": [4, 32]})
    assert [(e.batch_size, e.method.rate) for e in scheduled.entries] == [
        (size, fl.Cosine(lr, steps=steps(size), warmup=steps(size) / 20)) for size in (4, 32) for lr in (0.001, 0.1)
    ]
    assert {type(e.method) for e in scheduled.entries} == {fl.AdamW}


@pytest.mark.parametrize("text", ["adamw(lr=cosine)", "AdamW(cosine())", "adamw(lr=Cosine(0.001), b1=0.9)"])
def test_the_label_of_the_fields_schedule_can_be_typed(text: str) -> None:
    *_, field = race(default_field(), axes={"batch_size": [4, 32]})
    (typed,) = race(text, axes={"batch_size": [4, 32]})
    assert typed == field
    (again,) = race(str(typed.given), axes={"batch_size": [4, 32]})
    assert again == field


def test_a_schedule_by_name_keeps_the_numbers_that_are_written() -> None:
    (sgd,) = race("sgd(lr=cosine(0.5, end=0.1, warmup=3))", "own")
    assert [entry.method for entry in sgd.entries] == [fl.SGD(fl.Cosine(0.5, steps=steps(32), warmup=3, end=0.1))]
    (whole,) = race("sgd(lr=cosine(0.5, steps=7))", "own")
    assert whole.given == fl.SGD(fl.Cosine(0.5, steps=7))
    with pytest.raises(InvalidValue, match=r"exponential needs peak, decay\."):
        race("sgd(lr=exponential)")


def test_labels_of_schedules_by_name_hold_no_lengths_and_can_be_typed() -> None:
    texts = ["adamw(lr=cosine(end=0.1))", "adamw(lr=cosine)", "adamw(lr=cosine(0.5))", "adamw", "sgd(lr=cosine(0.1))"]
    labels = [entrant.label for entrant in race(texts)]
    assert labels == [
        "adamw(lr=cosine(peak=0.001, end=0.1))",
        "adamw(lr=cosine(peak=0.001))",
        "adamw(lr=cosine(peak=0.5))",
        "adamw",
        "sgd(lr=cosine)",
    ]
    assert [entrant.label for entrant in race(labels)] == labels


def test_a_label_holds_no_places_in_memory() -> None:
    sgd, lbfgs, short = race(["sgd", "optax.lbfgs()", "optax.lbfgs(memory_size=3)"], "own")
    assert [sgd.label, lbfgs.label, short.label] == ["sgd", "optax.lbfgs", "optax.lbfgs(memory_size=3)"]


@pytest.mark.parametrize("lr", [None, "own"])
def test_own_is_each_methods_own_rate_alone(lr: Any) -> None:
    given = [fl.SGD, fl.Adam(lr=0.02), fl.Lion(lr=fl.Cosine(0.1, steps=10)), NoRate]
    found = race(given, lr, {"b1": [0.5, 0.8]})
    assert [rates(entrant) for entrant in found] == [[0.01], [0.02, 0.02], [0.1, 0.1], [None]]
    assert found[2].entries[0].method == fl.Lion(lr=fl.Cosine(0.1, steps=10), b1=0.5)
    assert [entrant.default for entrant in found[:2]] == [0, None]
