"""What probes see inside a run, beside the same computed outside of it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from tests.compiling import lightly
from tests.engine.linear import line, squared_rows
from tests.engine.test_streaming import Blocks

import fallline as fl
from fallline.core.node import option
from fallline.core.probe import Probe
from fallline.core.problem import Batch
from fallline.core.spec import Spec
from fallline.engine import program
from fallline.engine.cadence import thinned
from fallline.probes import PROBES
from fallline.record.checkpoint import latest

ROWS, SIZE, LR, L2 = 20, 6, 0.1, 0.3
X = np.random.default_rng(3).normal(size=(ROWS, 4)).astype(np.float32)
Y = np.cos(X).sum(1).astype(np.float32)
IMAGES = np.random.default_rng(4).normal(size=(ROWS, 4, 4, 1)).astype(np.float32)


def dense(key):
    return {"v": jnp.array([0.5, -1.0]), "w": jax.random.normal(key, (4, 2)) / 2}


def dense_loss(params, batch):
    return (jnp.tanh(batch.x @ params["w"]) @ params["v"] - batch.y) ** 2


def kernels(key):
    return {"v": jnp.array([0.5, -1.0]), "w": jax.random.normal(key, (3, 3, 1, 2)) / 2}


def convolved_loss(params, batch):
    return (jnp.tanh(convolved(params, batch.x)).mean((1, 2)) @ params["v"] - batch.y) ** 2


def length(xp, tree):
    return xp.sqrt(sum(xp.sum(xp.square(leaf)) for leaf in jax.tree.leaves(tree)))


class Everything(Probe):
    """All that can be seen, and all that can be asked."""

    COLUMN = "all"
    ASKS = True
    FROM_START = True

    def measure(self, xp, view):
        after, slope = view.elsewhere(jax.tree.map(lambda p, u: p + u, view.params, view.updates))
        (first, g1), (second, g2) = view.halves()
        norms = view.row_norms()
        ((kind, hidden),) = view.activations().values()
        assert kind == "tanh"
        return {
            "loss": view.loss,
            "grad": length(xp, view.grads),
            "update": length(xp, view.updates),
            "after": after,
            "slope": length(xp, slope),
            "first": first,
            "g1": length(xp, g1),
            "second": second,
            "g2": length(xp, g2),
            "rows": xp.nansum(norms),
            "counted": xp.sum(xp.isfinite(norms)),
            "bent": length(xp, view.curvature(view.grads)),
            "far": length(xp, jax.tree.map(lambda p, s: p - s, view.params, view.start)),
            "hidden": xp.mean(hidden),
        }

    def gradients(self):
        return 8.0


class Parameters(Probe):
    """Every parameter before every step."""

    COLUMN = "at"

    def measure(self, xp, view):
        numbers = xp.concat([xp.reshape(leaf, (-1,)) for leaf in jax.tree.leaves(view.params)])
        return {f"{k:02d}": numbers[k] for k in range(numbers.size)}


class Distant(Probe):
    """How far it is from the first parameters."""

    COLUMN = "distant"
    FROM_START = True
    every: int = option(3, help="steps")

    def measure(self, xp, view):
        return length(xp, jax.tree.map(lambda p, s: p - s, view.params, view.start))


def by_hand(problem, params, start, rows, middle, hidden_rows):
    """Return what `Everything` should have found, computed over these rows alone."""
    flat, restored = ravel_pytree(params)
    of_row = jax.vmap(lambda flat, x, y: problem.loss(restored(flat), Batch(x[None], y[None]))[0], (None, 0, 0))

    def total(flat):
        return jnp.mean(of_row(flat, *batch)) + L2 / 2 * jnp.sum(restored(flat)["w"] ** 2)

    def found(flat):
        grads = jax.grad(total)(flat)
        moved = flat - LR * grads
        return total(flat), grads, total(moved), jax.grad(total)(moved), jax.hessian(total)(flat), slopes(flat)

    def slopes(flat):
        return jax.vmap(jax.grad(lambda flat, x, y: of_row(flat, x[None], y[None])[0]), (None, 0, 0))(flat, *batch)

    batch = X_OF[problem][rows], Y[rows]
    loss, grads, after, slope, hessian, each = map(np.asarray, lightly(found)(flat))
    one, two = each[:middle], each[middle:]
    return {
        "loss": loss,
        "grad": np.linalg.norm(grads),
        "update": LR * np.linalg.norm(grads),
        "after": after,
        "slope": np.linalg.norm(slope),
        "first": len(one),
        "g1": np.linalg.norm(one.mean(0)) if middle and len(one) else np.nan,
        "second": len(two),
        "g2": np.linalg.norm(two.mean(0)) if middle and len(two) else np.nan,
        "rows": np.sum(each**2),
        "counted": len(rows),
        "bent": np.linalg.norm(hessian @ grads),
        "far": np.linalg.norm(flat - ravel_pytree(start)[0]),
        "hidden": np.mean(np.tanh(HIDDEN[problem](params, X_OF[problem][hidden_rows]))),
    }


def convolved(params, x):
    return jax.lax.conv_general_dilated(x, params["w"], (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


HELD = fl.Problem(init=dense, loss=dense_loss, data=(X, Y))
STREAMED = fl.Problem(init=dense, loss=dense_loss, data=fl.Data(train=Blocks(X, Y)))
CONVOLVED = fl.Problem(init=kernels, loss=convolved_loss, data=(IMAGES, Y))
X_OF = {HELD: X, STREAMED: X, CONVOLVED: IMAGES}
HIDDEN = {HELD: lambda params, x: x @ params["w"], CONVOLVED: convolved}
HIDDEN[STREAMED] = HIDDEN[HELD]


@pytest.mark.parametrize(
    ("problem", "batch_size", "micro_batch"),
    [(HELD, SIZE, 4), (HELD, "full", 7), (CONVOLVED, SIZE, 4), (STREAMED, "full", 7)],
    ids=["gathered by index", "the whole data", "called one by one", "swept"],
)
def test_what_probes_see_is_what_is_there(problem, batch_size, micro_batch):
    choices = {"batch_size": batch_size, "micro_batch": micro_batch, "steps": 5, "sampling": "sequential", "l2": L2}
    history = fl.train(problem, fl.SGD(lr=LR), **choices, probes=[Everything(every=3), Parameters]).history
    like = jax.tree.map(lambda a: jnp.zeros(a.shape), jax.eval_shape(problem.init, jax.random.key(0)))
    restored = ravel_pytree(like)[1]
    trail = np.stack([history[name] for name in sorted(history) if name.startswith("at/")], axis=1)
    whole = batch_size == "full"
    size = ROWS if whole else SIZE
    for step in range(5):
        found = {n.removeprefix("all/"): column[step] for n, column in history.items() if n.startswith("all/")}
        if step % 3:
            assert np.isnan(list(found.values())).all()
            continue
        rows = np.arange(ROWS) if whole else np.arange(step * SIZE, min((step + 1) * SIZE, ROWS))
        filled = np.pad(rows, (0, size - len(rows)), mode="edge")  # an epoch's last batch repeats its last row
        middle = 0 if whole else size // 2
        wanted = by_hand(problem, restored(trail[step]), restored(trail[0]), rows, middle, filled[:micro_batch])
        if whole:  # the halves are counted, though their rows are in no random order
            wanted |= {"first": ROWS // 2, "second": ROWS - ROWS // 2}
        assert found.keys() == wanted.keys()
        for each, number in found.items():
            assert number == pytest.approx(float(wanted[each]), rel=2e-4, abs=1e-6, nan_ok=True), (step, each)


def test_measuring_changes_no_bit_and_no_program_is_compiled_for_another_cadence():
    def trained(**choices):
        return fl.train(HELD, fl.Adam(lr=0.01), batch_size=SIZE, steps=40, **choices)

    plain, seen = trained(), trained(probes=[Everything(every=7), Distant])
    assert_same_training(plain, seen)
    before = program.clock.programs
    other = trained(probes=[Everything(every=5), Distant(every=2)])
    assert program.clock.programs == before
    assert_same_training(plain, other)
    assert np.flatnonzero(np.isfinite(other.history["all/loss"])).tolist() == list(range(0, 40, 5))
    assert np.flatnonzero(np.isfinite(other.history["distant"])).tolist() == list(range(0, 40, 2))


def assert_same_training(one, two):
    assert np.array_equal(one.history["loss"], two.history["loss"])
    assert all(np.array_equal(one.arrays[name], two.arrays[name]) for name in one.arrays)


@pytest.mark.parametrize(
    ("budget", "wanted"),
    # (8 + 1) / 10 gradients a step for both: `Distant` looks at some of the steps that `Everything` looks at.
    [(None, [10, 20]), (0.9, [10, 20]), (0.89, [20, 40]), (0.45, [20, 40]), (0.1, [90, 180]), (0.0901, [100, 200])],
)
def test_a_budget_lengthens_all_cadences_by_one_factor(budget, wanted):
    probes = [Everything(every=10), Distant(every=20)]
    assert list(thinned(probes, budget).values()) == wanted
    if budget is not None:
        factor = wanted[0] // 10
        assert 0.9 / factor <= budget
        assert factor == 1 or 0.9 / (factor - 1) > budget


def test_looks_at_different_steps_are_paid_each():
    assert list(thinned([Distant(every=4), Distant(every=6)], 0.25).values()) == [8, 12]  # 1/4 + 1/6 = 5/12


def test_what_is_part_of_every_step_is_not_thinned():
    probes = [Everything(every=10), Parameters]
    record = fl.train(HELD, fl.Adam(lr=0.01), batch_size=SIZE, steps=40, probes=probes, probe_budget=0.3)
    assert record.provenance["probes"]["every"] == {"parameters": 1, "everything(every=10)": 30}
    assert record.provenance["probes"]["measurements"] == {"parameters": 40, "everything(every=10)": 2}
    assert np.flatnonzero(np.isfinite(record.history["all/loss"])).tolist() == [0, 30]
    assert np.isfinite(record.history["at/00"]).all()
    assert record.provenance["probes"]["overhead"] > 0
    assert (record.spec.probes, record.spec.probe_budget) == (("everything(every=10)", "parameters"), 0.3)
    assert Spec.from_toml(record.spec.to_toml()) == Spec.from_json(record.spec.to_json()) == record.spec


def test_what_cannot_be_timed_is_not_made_up():
    record = fl.train(HELD, fl.SGD(lr=0.01), steps=1, probes=Distant)
    assert record.provenance["probes"] == {"every": {"distant": 3}, "measurements": {"distant": 1}, "overhead": None}
    assert "probes" not in fl.train(HELD, fl.SGD(lr=0.01), steps=1).provenance


def test_the_default_probes_have_a_budget_of_their_own():
    names = {name for name, cls in PROBES.items() if cls.DEFAULT}
    record = fl.train(HELD, fl.SGD(lr=0.01), steps=1, probes=["default", "alignment(every=30)", Parameters])
    assert [text.partition("(")[0] for text in record.spec.probes] == [
        *sorted(names - {"alignment"}),
        "alignment",
        "parameters",
    ]
    assert record.spec.probe_budget == 0.05
    assert record.provenance["probes"]["every"]["alignment(every=30)"] > 30


@pytest.mark.parametrize("problem", [HELD, CONVOLVED], ids=["loop", "called one by one"])
def test_a_resumed_run_measures_as_the_uninterrupted_one(tmp_path, problem):
    def pause(look):
        if look.step == 4:
            look.pause()

    probes = ["distance(every=3)", "descentratio(every=2)", "gradnorms"]
    choices = {"batch_size": 10, "epochs": 4, "probes": probes}
    whole = fl.train(problem, fl.Adam(lr=0.01), **choices)
    fl.train(problem, fl.Adam(lr=0.01), **choices, out=tmp_path / "run", callbacks=[pause])
    resumed = fl.resume(tmp_path / "run", problem)
    assert resumed.history.keys() == whole.history.keys()
    for name in whole.history.keys() - {"seconds"}:
        assert np.array_equal(whole.history[name], resumed.history[name], equal_nan=True), name
    assert np.flatnonzero(np.isfinite(resumed.history["distance"])).tolist() == [0, 3, 6]
    assert resumed.history["distance"][0] == 0 < resumed.history["distance"][6]


def test_the_first_parameters_are_kept_only_for_who_looks_back(tmp_path):
    for name, probes in {"plain": (), "back": "distance(every=2)"}.items():
        fl.train(HELD, fl.SGD(lr=0.01), steps=20, checkpoint_steps=1, out=tmp_path / name, probes=probes)
    plain, back = (latest(tmp_path / name)[0] for name in ("plain", "back"))
    assert {name for name in back if name not in plain} == {"state/start/v", "state/start/w", "steps/distance"}


@jax.custom_vjp
def halved(x):
    return x / 2


halved.defvjp(lambda x: (halved(x), None), lambda _, g: (g / 2,))


def test_a_reverse_only_operation_is_named_and_the_run_goes_on():
    problem = fl.Problem(init=dense, loss=lambda params, batch: halved(dense_loss(params, batch)), data=(X, Y))
    with pytest.warns(UserWarning, match=r"sharpness\(every=2\) is left out: .* `halved` .*backwards alone"):
        record = fl.train(problem, fl.SGD(lr=0.01), steps=3, probes=["sharpness(every=2)", "alignment(every=2)"])
    assert record.outcome == "finished"
    assert "sharpness" not in record.history
    assert np.isfinite(record.history["alignment"]).tolist() == [True, False, True]


def test_a_probe_that_finds_nothing_to_measure_says_so():
    problem = fl.Problem(init=line, loss=squared_rows, data=(X[:, :3], Y))
    with pytest.warns(UserWarning, match="activity is left out: it finds nothing"):
        assert fl.train(problem, fl.SGD(lr=0.01), steps=2, probes="activity").outcome == "finished"


def test_a_fault_of_a_probes_own_is_not_called_the_models():
    class Faulty(Probe):
        COLUMN = "faulty"
        ASKS = True

        def measure(self, xp, view):
            return view.curvature(view.params)["nowhere"]

    class Many(Probe):
        COLUMN = "many"

        def measure(self, xp, view):
            return xp.zeros(3)

    with pytest.raises(KeyError, match="nowhere"):
        fl.train(HELD, fl.SGD(lr=0.01), steps=1, probes=Faulty)
    with pytest.raises(fl.FalllineError, match=r"'many' would hold arrays of shape \(3,\)"):
        fl.train(HELD, fl.SGD(lr=0.01), steps=1, probes=Many)


@pytest.mark.parametrize("budget", [0, -0.1, "5%", float("nan")])
def test_a_budget_is_a_share_above_zero(budget):
    with pytest.raises(fl.FalllineError, match="probe_budget="):
        fl.train(HELD, fl.SGD(lr=0.01), steps=1, probe_budget=budget)


def test_a_loss_that_draws_is_asked_with_the_steps_own_numbers():
    def noisy(params, batch, key):
        return dense_loss(params, batch) + jax.random.normal(key, (len(batch.y),)) * params["v"][0]

    class Redone(Probe):
        COLUMN = "redone"
        ASKS = True

        def measure(self, xp, view):
            return view.elsewhere(view.params)[0] - view.loss

    problem = fl.Problem(init=dense, loss=noisy, data=(X, Y))
    probes = [Redone(every=2), "noisescale(every=2, estimator=rows)"]
    history = fl.train(problem, fl.SGD(lr=0.01), steps=3, batch_size=SIZE, probes=probes).history
    assert history["redone"][[0, 2]].tolist() == [0, 0]
    assert (history["noise/trace"][[0, 2]] > 0).all()


def test_batch_statistics_have_halves_and_no_rows(by_mean):
    history = fl.train(by_mean, fl.SGD(lr=0.01), steps=2, batch_size=10, probes="noisescale(every=1)").history
    assert np.isfinite(history["noise/trace"]).all()
    with pytest.raises(fl.FalllineError, match="has no rows"):
        fl.train(by_mean, fl.SGD(lr=0.01), steps=1, probes="noisescale(estimator=rows)")
