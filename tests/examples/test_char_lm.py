"""The language model: causal, measured as its definition says, and better than counting."""

import dataclasses
import runpy
from pathlib import Path

import numpy as np
import pytest

import fallline as fl

EXAMPLE = Path(__file__).parents[2] / "examples/char_lm.py"
TEXT = "the cat sat on the mat. a dog ran to the cat. " * 60


@pytest.fixture(scope="module")
def lm():
    pytest.importorskip("equinox", reason="equinox is not installed")
    return runpy.run_path(str(EXAMPLE))


@pytest.fixture(scope="module")
def trained(lm, tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "cats.txt"
    path.write_text(TEXT)
    problem = lm["problem"](path, window=12, width=16, layers=1, heads=2)
    problem = dataclasses.replace(problem, data=fl.Data(train=problem.data.train, test=problem.data.test))
    return problem, fl.train(problem, fl.Adam(lr=0.02), batch_size=32, epochs=15, last_batch="drop")


def test_a_target_is_the_text_one_character_on(lm):
    x, y = lm["windows"](np.arange(10), 4)
    assert x.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert y.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]


def test_perplexity_of_knowing_nothing_is_the_number_of_characters(lm):
    assert lm["perplexity"](np.zeros((2, 3, 7), np.float32), np.zeros((2, 3), np.int32)) == pytest.approx(7)
    assert lm["perplexity"](np.full((1, 1, 2), [0, np.log(3)]), np.ones((1, 1), np.int32)) == pytest.approx(4 / 3)


def test_counting_pairs_knows_what_follows(lm):
    """In a text that alternates, a character is as likely as the other, and certain after the one before."""
    codes = np.tile([0, 1], 5000)
    assert lm["counted"](codes, codes[:100], 2) == pytest.approx((2, 1), abs=1e-3)


def test_a_character_is_predicted_from_those_before_it_alone(lm, trained):
    problem, record = trained
    x = problem.data.test.x[[0, 0]]
    x[1, 7] = (x[1, 7] + 1) % 5
    one, two = record.predict(x)
    np.testing.assert_allclose(one[:7], two[:7], atol=1e-6)
    assert np.abs(one[7:] - two[7:]).max() > 0.1


def test_perplexity_beats_counting_and_fits_the_loss(lm, trained):
    _, record = trained
    characters, codes = np.unique(list(TEXT), return_inverse=True)
    train, _, test = lm["parts"](codes)
    assert record.test["perplexity"] < lm["counted"](train, test, len(characters))[1]
    assert record.test["perplexity"] == pytest.approx(np.exp(record.test["loss"]), rel=1e-4)


def test_it_writes(lm, trained):
    problem, record = trained
    written = lm["write"](record.params, problem.data.test.x[0], 30)
    assert len(written) == 30
    assert len(set(written)) > 3
