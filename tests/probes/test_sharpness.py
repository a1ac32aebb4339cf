"""λmax by Lanczos, beside the dense Hessian's eigenvalues."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from tests.compiling import lightly

import fallline as fl
from fallline.core.lanczos import largest_eigenvalue
from fallline.core.probe import Probe

X = np.random.default_rng(1).normal(size=(24, 3)).astype(np.float32)
Y = np.sin(X.sum(1)).astype(np.float32)


def init(key):
    one, two = jax.random.split(key)
    return {"w": jax.random.normal(one, (3, 4)) / 2, "v": jax.random.normal(two, (4,)), "b": jnp.zeros(())}


def loss(params, batch):
    return (jnp.tanh(batch.x @ params["w"]) @ params["v"] + params["b"] - batch.y) ** 2


@pytest.fixture(scope="module")
def small():
    return fl.Problem(init=init, loss=loss, data=(X, Y))


def hessian(problem, params, extra=lambda params: 0.0):
    flat, restored = ravel_pytree(params)

    def mean(flat):
        return jnp.mean(loss(restored(flat), problem.data.train)) + extra(restored(flat))

    return np.asarray(lightly(jax.hessian(mean))(flat), np.float64)


@pytest.mark.parametrize("spectrum", [[3.0, 1.0, -7.0, 0.5], [-1.0, -2.0, -5.0], [4.0, 4.0, 4.0], [0.0, 0.0], [2.5]])
def test_known_spectra(spectrum):
    values = np.array(spectrum)
    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(len(values), len(values))))[0]
    matrix = basis @ np.diag(values) @ basis.T
    found = largest_eigenvalue(np, lambda q: matrix @ q, np.random.default_rng(2).normal(size=len(values)), 20)
    assert found == pytest.approx(values.max(), abs=1e-9)


def test_a_wide_spectrum_in_few_products():
    values = np.append(np.linspace(0, 1, 400), 1.3)
    found = largest_eigenvalue(np, lambda q: values * q, np.random.default_rng(2).normal(size=401), 20)
    assert 1.299 < found <= 1.3 + 1e-9


def test_the_dense_hessians_largest_eigenvalue(small):
    record = fl.train(small, fl.SGD(lr=1e-30), batch_size="full", steps=2, probes=[fl.Sharpness(every=1)])
    wanted = np.linalg.eigvalsh(hessian(small, record.params)).max()
    assert record.history["sharpness"] == pytest.approx([wanted, wanted], rel=1e-4)


def test_the_hessian_is_that_of_the_steps_whole_batch_with_its_penalty(small):
    choices = {"batch_size": "full", "steps": 1, "micro_batch": 5, "l2": 3.0}
    record = fl.train(small, fl.SGD(lr=1e-30), **choices, probes=["sharpness"])
    dense = hessian(small, record.params, extra=lambda p: 1.5 * jnp.sum(p["w"] ** 2))
    assert record.history["sharpness"][0] == pytest.approx(np.linalg.eigvalsh(dense).max(), rel=1e-4)


@pytest.mark.parametrize(
    ("method", "share", "floor"),
    [(fl.Adam(lr=1e-30, eps=1e-3), 1.0, 1e-3), (fl.RMSProp(lr=1e-30, eps=1e-3), 0.1, 1e-3)],
    ids=["adam", "rmsprop"],
)
def test_preconditioned_beside_the_dense_matrix(small, method, share, floor):
    """After one step Adam's corrected mean square is g², and RMSProp's is a tenth of it."""
    sharp = fl.Sharpness(every=1, preconditioned=True)
    record = fl.train(small, method, batch_size="full", steps=1, probes=[sharp])
    g = ravel_pytree(lightly(jax.grad(lambda p: jnp.mean(loss(p, small.data.train))))(record.params))[0]
    p = np.sqrt(share) * np.abs(np.asarray(g, np.float64)) + floor
    dense = np.linalg.eigvals(np.diag(1 / p) @ hessian(small, record.params)).real.max()
    assert record.history["sharpness/preconditioned"][0] == pytest.approx(dense, rel=1e-3)


def test_a_method_that_divides_by_nothing_has_one_sharpness(small):
    both = [fl.Sharpness(every=1), fl.Sharpness(every=1, preconditioned=True)]
    history = fl.train(small, fl.Momentum(), steps=3, batch_size=6, probes=both).history
    assert np.array_equal(history["sharpness"], history["sharpness/preconditioned"])


def test_between_measurements_there_is_no_number(small):
    history = fl.train(small, fl.SGD, steps=7, batch_size=8, probes="sharpness(every=3)").history
    assert np.isfinite(history["sharpness"]).tolist() == [True, False, False, True, False, False, True]


def test_two_probes_do_not_share_a_column(small):
    class OwnRate(Probe):
        COLUMN = "lr"

        def measure(self, xp, view):
            return xp.zeros(())

    with pytest.raises(fl.FalllineError, match=r"'sharpness'.*every=2"):
        fl.train(small, fl.SGD, steps=1, probes=[fl.Sharpness(every=2), fl.Sharpness(every=3)])
    with pytest.raises(fl.FalllineError, match=r"'lr'.*the run itself"):
        fl.train(small, fl.SGD, steps=1, probes=OwnRate)


IMAGES = np.random.default_rng(3).normal(size=(20, 5, 5, 1)).astype(np.float32)


def convolved(params, batch):
    out = jax.lax.conv_general_dilated(batch.x, params["k"], (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
    return (jnp.tanh(out).mean((1, 2)) @ params["v"] - batch.y) ** 2


@pytest.mark.parametrize("micro_batch", [10, 20])
def test_where_steps_are_called_one_by_one_it_is_the_same(micro_batch):
    def kernels(key):
        return {"k": jax.random.normal(key, (3, 3, 1, 2)) / 2, "v": jnp.array([0.5, -1.0])}

    problem = fl.Problem(init=kernels, loss=convolved, data=(IMAGES, IMAGES.mean((1, 2, 3)) ** 2))
    method, choices = fl.Adam(lr=1e-30, eps=1e-3), {"batch_size": 20, "steps": 3, "micro_batch": micro_batch, "l2": 0.1}
    sharp = [fl.Sharpness(every=2), fl.Sharpness(every=2, preconditioned=True), fl.GradNorms()]
    plain, record = fl.train(problem, method, **choices), fl.train(problem, method, **choices, probes=sharp)
    assert np.array_equal(plain.history["loss"], record.history["loss"])
    assert np.isnan(record.history["sharpness"]).tolist() == [False, True, False]

    flat, restored = ravel_pytree(record.params)

    def price(flat):
        params = restored(flat)
        return jnp.mean(convolved(params, problem.data.train)) + 0.05 * jnp.sum(params["k"] ** 2)

    dense, g = (np.asarray(lightly(f(price))(flat), np.float64) for f in (jax.hessian, jax.grad))
    assert record.history["sharpness"][0] == pytest.approx(np.linalg.eigvalsh(dense).max(), rel=1e-3)
    divided = np.linalg.eigvals(np.diag(1 / (np.abs(g) + 1e-3)) @ dense).real.max()
    assert record.history["sharpness/preconditioned"][0] == pytest.approx(divided, rel=1e-3)


def test_beside_a_method_that_compares_points():
    problem = fl.Problem(
        init=lambda key: {"k": jnp.full((3, 3, 1, 2), 0.1), "v": jnp.array([0.5, -1.0])},
        loss=convolved,
        data=(IMAGES, IMAGES.mean((1, 2, 3)) ** 2),
    )
    sharp = fl.Sharpness(every=1)
    history = fl.train(problem, fl.Backtracking(), batch_size=20, steps=2, probes=sharp).history
    assert np.isfinite(history["sharpness"]).all()


@pytest.mark.parametrize("method", [fl.AMSGrad, fl.NAdam, fl.Yogi, fl.Backtracking])
def test_what_a_method_divides_by_is_not_made_up(small, method):
    with pytest.raises(fl.FalllineError, match="not known"):
        fl.train(small, method, steps=1, probes=fl.Sharpness(preconditioned=True))


@pytest.mark.parametrize("wrong", [{"every": 0}, {"iterations": 0}])
def test_refusals(wrong):
    with pytest.raises(fl.FalllineError, match="at least 1"):
        fl.Sharpness(**wrong)
