"""Metrics of classes against scikit-learn, on logits with ties and classes that do not occur."""

import math
import warnings

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.core.errors import InvalidValue
from fallline.problems.metrics.accuracy import accuracy
from fallline.problems.metrics.confusion_matrix import confusion_matrix
from fallline.problems.metrics.f1 import f1
from fallline.problems.metrics.perplexity import perplexity
from fallline.problems.metrics.roc_auc import roc_auc
from fallline.problems.metrics.top_k import top_k

METRICS = [accuracy, confusion_matrix, f1, perplexity, roc_auc, top_k]


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


@st.composite
def answers(draw, classes=None, least_rows=1):
    """Logits on a coarse grid, so that many are equal, and true classes of which some may be missing."""
    count = classes or draw(st.integers(2, 5))
    rows = draw(st.integers(least_rows, 25))
    grid = st.integers(-4, 4).map(lambda whole: whole / 2)
    logits = draw(st.lists(st.lists(grid, min_size=count, max_size=count), min_size=rows, max_size=rows))
    truth = draw(st.lists(st.integers(0, count - 1), min_size=rows, max_size=rows))
    return np.array(logits, np.float32), np.array(truth, np.int32)


@settings(deadline=None, max_examples=40)
@given(answers())
def test_counts_agree_with_scikit_learn(case):
    logits, truth = case
    classes, taken_for = np.arange(logits.shape[1]), logits.argmax(axis=1)
    assert accuracy(logits, truth) == sklearn.metrics.accuracy_score(truth, taken_for)
    np.testing.assert_array_equal(
        confusion_matrix(logits, truth), sklearn.metrics.confusion_matrix(truth, taken_for, labels=classes)
    )
    for average in ("macro", "micro", "weighted"):
        expected = sklearn.metrics.f1_score(truth, taken_for, average=average, zero_division=0)
        assert f1(logits, truth, average=average) == pytest.approx(expected, rel=1e-12)


@settings(deadline=None, max_examples=40)
@given(answers(classes=2, least_rows=2))
def test_one_logit_is_two_classes(case):
    logits, truth = case[0][:, 0], case[1]
    both = np.stack([np.zeros_like(logits), logits], axis=1)
    for metric in (accuracy, confusion_matrix, f1, perplexity, roc_auc):
        np.testing.assert_array_equal(metric(logits, truth), metric(both, truth))
    expected = sklearn.metrics.f1_score(truth, logits > 0, average="binary", zero_division=0)
    assert f1(logits, truth, average="binary") == pytest.approx(expected, rel=1e-12)
    if 0 < truth.sum() < len(truth):
        assert roc_auc(logits, truth) == pytest.approx(sklearn.metrics.roc_auc_score(truth, logits), rel=1e-12)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(3, 6), st.integers(1, 8))
def test_the_area_of_several_classes_is_each_against_the_rest_ties_included(seed, classes, different):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(different, classes))[rng.integers(0, different, 60)]
    truth = rng.permutation(np.arange(60) % classes)
    expected = sklearn.metrics.roc_auc_score(truth, softmax(logits), multi_class="ovr")
    assert roc_auc(logits, truth) == pytest.approx(expected, rel=1e-12)


def test_the_area_is_exact_where_probabilities_round_to_one():
    confident = np.array([[50.0, 0.0], [60.0, 0.0], [70.0, 0.0], [80.0, 0.0]])
    three = np.column_stack([confident, np.full(4, -1e3)])
    truth = np.array([1, 1, 0, 0])
    assert roc_auc(confident, truth) == roc_auc(three, truth) == 1


def test_without_a_second_class_the_area_has_no_value_and_says_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert math.isnan(roc_auc([0.1, 0.2], [1, 1]))
        assert math.isnan(roc_auc([[0.1, 0.2, 0.3]], [2]))
        assert math.isnan(roc_auc([0.1, np.nan], [0, 1]))


def test_the_area_leaves_out_classes_that_do_not_occur():
    rng = np.random.default_rng(1)
    logits, truth = rng.normal(size=(40, 3)), rng.integers(0, 2, 40)
    scores = softmax(logits)
    each = [sklearn.metrics.roc_auc_score(truth == k, scores[:, k]) for k in (0, 1)]
    assert roc_auc(logits, truth) == pytest.approx(np.mean(each), rel=1e-12)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_top_k_agrees_with_scikit_learn_where_no_logits_tie(k):
    rng = np.random.default_rng(k)
    logits, truth = rng.normal(size=(80, 5)), rng.integers(0, 5, 80)
    expected = sklearn.metrics.top_k_accuracy_score(truth, logits, k=k, labels=np.arange(5))
    assert top_k(logits, truth, k=k) == expected


@settings(deadline=None, max_examples=40)
@given(answers())
def test_top_one_is_the_accuracy_and_more_never_lowers_it(case):
    logits, truth = case
    shares = [top_k(logits, truth, k=k) for k in range(1, logits.shape[1])]
    assert shares[0] == accuracy(logits, truth)
    assert shares == sorted(shares)


@pytest.mark.parametrize("k", [0, 3, 5, 1.0, True, "2"])
def test_impossible_counts_are_refused(k):
    with pytest.raises(InvalidValue, match="with 3 classes k must be a whole number from 1 to 2"):
        top_k(np.zeros((4, 3)), np.zeros(4, int), k=k)


@settings(deadline=None, max_examples=40)
@given(answers())
def test_perplexity_is_the_exponential_of_scikit_learns_log_loss(case):
    logits, truth = case
    probabilities = softmax(logits.astype(np.float64))
    nats = sklearn.metrics.log_loss(truth, probabilities, labels=np.arange(logits.shape[1]))
    assert perplexity(logits, truth) == pytest.approx(math.exp(nats), rel=1e-10)


def test_perplexity_of_texts_is_over_all_their_tokens():
    rng = np.random.default_rng(0)
    logits, truth = rng.normal(size=(4, 7, 5)), rng.integers(0, 5, (4, 7))
    assert perplexity(logits, truth) == perplexity(logits.reshape(28, 5), truth.reshape(28))
    assert accuracy(logits, truth) == np.mean(logits.argmax(axis=-1) == truth)


def test_perplexity_of_extreme_logits():
    assert perplexity([[1e4, 0.0]], [0]) == 1
    assert perplexity([[1e4, 0.0]], [1]) == math.inf
    assert perplexity([[0.0, 40.0]], [1]) - 1 == pytest.approx(0, abs=1e-15)


def test_rows_whose_logits_are_no_numbers_are_taken_for_nothing():
    logits, truth = np.array([[1.0, 0.0], [np.nan, 0.0], [0.0, 1.0]]), np.array([0, 0, 1])
    assert confusion_matrix(logits, truth).tolist() == [[1, 0], [0, 1]]
    assert f1(logits, truth) == pytest.approx((2 / 3 + 1) / 2)
    assert f1(logits, truth, average="micro") == pytest.approx(2 * 2 / (2 * 2 + 1))
    assert top_k(logits, truth, k=1) == pytest.approx(2 / 3)
    assert math.isnan(perplexity(logits, truth))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("truth", [[0, 3], [-1, 0], [0.5, 1], ["a", "b"]])
def test_targets_that_are_no_class_ids_are_refused(metric, truth):
    with pytest.raises(InvalidValue, match="targets of 3 classes must be whole numbers from 0 to 2"):
        metric(np.zeros((2, 3)), np.array(truth))


@pytest.mark.parametrize("metric", METRICS)
def test_shapes_that_would_broadcast_are_refused(metric):
    with pytest.raises(InvalidValue, match="same shape"):
        metric(np.zeros((4, 3)), np.zeros(3, int))


def test_averages_that_cannot_be_are_refused():
    with pytest.raises(InvalidValue, match="must be one of 'macro', 'micro', 'weighted', 'binary'"):
        f1(np.zeros((4, 3)), np.zeros(4, int), average="mean")
    with pytest.raises(InvalidValue, match="for two classes, and there are 3"):
        f1(np.zeros((4, 3)), np.zeros(4, int), average="binary")
