"""Augmentation: what each does to images, how often, only in training, and what is refused."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.compiling import lightly

from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.problem import Batch
from fallline.data.table import Table
from fallline.problems import augmentation, catalogue, for_data

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(1, 256, (400, 6, 5, 2)).astype(np.uint8)
LABELS = np.arange(400) % 3
KEY = jax.random.key(0)


def problem(**choices):
    return for_data(Table("t", {"image": IMAGES, "y": LABELS}, "y"), model="linear", split=(1, 0, 0), **choices)


def places(changed, reach, mode):
    """Return how far each image was moved, found by trying every place."""
    padded = np.pad(IMAGES, [(0, 0), (reach, reach), (reach, reach), (0, 0)], mode=mode)
    offsets = list(itertools.product(range(2 * reach + 1), repeat=2))
    windows = np.stack([padded[:, i : i + 6, j : j + 5] for i, j in offsets])
    fits = (windows == changed).all(axis=(2, 3, 4))
    assert (fits.sum(axis=0) == 1).all()
    return fits.argmax(axis=0), len(offsets)


@pytest.mark.parametrize(("name", "mode"), [("crop", "constant"), ("shift", "edge")])
def test_images_move_to_every_place_equally_often(name, mode):
    changed = np.asarray(augmentation.read(f"{name}(2)")(IMAGES, KEY))
    found, count = places(changed, 2, mode)
    expected = len(IMAGES) / count
    chi_squared = np.sum((np.bincount(found, minlength=count) - expected) ** 2) / expected
    assert chi_squared < 52  # of 24 degrees of freedom: one key in a thousand is above


def test_about_half_of_the_images_are_mirrored():
    changed = np.asarray(augmentation.read("flip")(IMAGES, KEY))
    mirrored = (changed == IMAGES[:, :, ::-1]).all(axis=(1, 2, 3))
    np.testing.assert_array_equal(changed[~mirrored], IMAGES[~mirrored])
    assert 160 < mirrored.sum() < 240


@pytest.mark.parametrize("name", catalogue.names(augmentation.AUGMENTATIONS))
@pytest.mark.parametrize("dtype", [np.uint8, jnp.bfloat16])
@pytest.mark.parametrize("shape", [(3, 6, 5), (3, 6, 5, 2)])
def test_shape_and_dtype_stay(name, dtype, shape):
    augment = augmentation.read(name if name == "flip" else f"{name}(2)")
    changed = jax.eval_shape(augment, jax.ShapeDtypeStruct(shape, dtype), KEY)
    assert (changed.shape, changed.dtype) == (shape, dtype)


def test_several_are_applied_in_turn_with_keys_of_their_own():
    changed = np.asarray(augmentation.read("flip, flip")(IMAGES, KEY))
    mirrored = (changed == IMAGES[:, :, ::-1]).all(axis=(1, 2, 3))
    assert 160 < mirrored.sum() < 240  # one key for both would mirror every image back


def test_training_images_change_with_the_key_and_evaluation_sees_them_as_they_are():
    plain, augmented = problem(), problem(augment="flip, crop(2)")
    batch = Batch(IMAGES[:50], LABELS[:50])

    @lightly
    def run(key, one, two):
        params = plain.init(key)
        drawn = [augmented.loss(params, batch, key=k) for k in (one, two, one)]
        seen = [(p.loss(params, batch), p.predict(params, batch.x)) for p in (plain, augmented)]
        return *seen, *drawn

    (expected, outputs), (evaluated, predicted), one, two, again = run(KEY, jax.random.key(1), jax.random.key(2))
    np.testing.assert_array_equal(evaluated, expected)
    np.testing.assert_array_equal(predicted, outputs)
    np.testing.assert_array_equal(one, again)
    assert (np.abs(one - expected) > 1e-3).mean() > 0.9
    assert (np.abs(one - two) > 1e-3).mean() > 0.9


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flop", "unknown augmentation 'flop'. Did you mean 'flip'"),
        ("crop", "crop.* cannot be called so: missing a required argument: 'pixels'"),
        ("crop(0)", "number of pixels must be a whole number, at least 1, got 0"),
        ("shift(1.5)", "got 1.5"),
        ("crop(5)", "images of 6×5 pixels would be moved out of sight; use at most 4"),
        ("flip(images=2)", "has no 'images'"),
        ("flip crop", "cannot read"),
    ],
)
def test_what_cannot_be_done_is_refused_before_training(text, message):
    with pytest.raises(InvalidValue, match=message):
        problem(augment=text)


def test_it_is_given_as_text_and_for_images():
    with pytest.raises(InvalidType, match="given as text"):
        problem(augment=4)
    with pytest.raises(InvalidValue, match=r"augment= changes images.*each row here has shape \(4,\)"):
        for_data("iris", augment="flip")
