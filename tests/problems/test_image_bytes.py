"""Images of bytes: kept as bytes, scaled in the step, predicted from raw rows; models with state on them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl
from fallline.core.problem import Batch
from fallline.data.table import Table
from fallline.engine import program
from fallline.problems import for_data

RNG = np.random.default_rng(0)
LABELS = np.arange(60) % 3
IMAGES = (RNG.integers(0, 100, (60, 6, 5)) + 70 * LABELS[:, None, None]).astype(np.uint8)


def table(images=IMAGES, labels=LABELS):
    return Table("t", {"image": images, "y": labels}, "y")


@pytest.mark.parametrize("shape", [(60, 6, 5), (60, 6, 5, 1)])
def test_bytes_stay_bytes_and_the_model_sees_them_scaled(shape):
    problem = for_data(table(IMAGES.reshape(shape)), model="mlp(8)")
    wide = for_data(table(IMAGES.reshape(shape).astype(np.float64)), model="mlp(8)")
    assert {part.x.dtype for part in (problem.data.train, problem.data.validation, problem.data.test)} == {
        np.dtype("u1")
    }
    assert wide.data.train.x.dtype == np.float32
    params = jax.jit(problem.init)(jax.random.key(0))
    losses, expected = (jax.jit(p.loss)(params, p.data.train) for p in (problem, wide))
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    np.testing.assert_array_equal(problem.preparation.features(IMAGES.reshape(shape)), IMAGES.reshape(shape))
    from_floats = problem.preparation.features(IMAGES.reshape(shape).astype(np.float32))
    np.testing.assert_allclose(problem.predict(params, from_floats), wide.predict(params, from_floats), rtol=1e-5)


def test_a_narrow_model_gets_narrow_images():
    problem = for_data(table(), model="linear")
    params = jax.eval_shape(lambda: jax.tree.map(lambda p: p.astype(jnp.bfloat16), problem.init(jax.random.key(0))))
    jaxpr = jax.make_jaxpr(problem.loss)(params, Batch(IMAGES, LABELS))
    (product,) = (e for e in jaxpr.jaxpr.eqns if e.primitive.name == "dot_general")
    assert {v.aval.dtype for v in product.invars} == {jnp.dtype(jnp.bfloat16)}
    assert jaxpr.out_avals[0].dtype == jnp.float32


def test_the_closed_form_sees_the_scaled_images():
    y = IMAGES.reshape(60, -1) @ RNG.normal(size=30)
    noisy = y + RNG.normal(0, 5, 60)
    bytes_, floats = (for_data(table(x, noisy), model="linear", split=(1, 0, 0)) for x in (IMAGES, IMAGES * 1.0))
    assert bytes_.optimum == pytest.approx(floats.optimum, rel=1e-3)
    assert bytes_.optimum > 1e-4


def test_other_images_need_no_other_program():
    def run(images):
        problem = for_data(table(images), model="linear", split=(1, 0, 0))
        before = program.clock.programs
        record = fl.train(problem, fl.SGD(lr=0.1), batch_size=20, steps=2)
        return program.clock.programs - before, record.history["loss"][0]

    run(IMAGES)
    more, loss = run(IMAGES // 2 + 9)
    assert more == 0
    assert np.isfinite(loss)


def test_a_residual_network_learns_and_predicts_from_raw_rows(tmp_path):
    np.savez(tmp_path / "t.npz", x=IMAGES, y=LABELS)
    problem = for_data(str(tmp_path / "t.npz"), model="resnet(width=2)", split=(1, 0, 0), augment="crop(1)")
    assert problem.recipe["augment"] == "crop(1)"
    fl.train(problem, fl.Adam(lr=0.01), batch_size=20, epochs=15, out=tmp_path / "run")
    answers = fl.load(tmp_path / "run").predict(IMAGES)
    assert np.mean(answers == LABELS) > 0.8  # with the statistics that the model started with it would be a third
