"""Metrics that are tables: kept for the test part, and nowhere else."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest
import sklearn.metrics

import fallline as fl
from fallline.core.errors import InvalidType, RunError

X = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
Y = np.arange(30) % 3
PART = X, Y


def classifier(**metrics):
    return fl.Problem(
        init=lambda key: jnp.eye(3),
        loss=lambda w, batch: jnp.sum((batch.x @ w) ** 2, axis=1),
        data=fl.Data(train=PART, validation=PART, test=PART),
        metrics=metrics,
        predict=lambda w, x: x @ w,
    )


def confusion(y_pred, y_true):
    return sklearn.metrics.confusion_matrix(y_true, y_pred.argmax(axis=1))


def test_a_table_is_of_the_test_part_alone(tmp_path):
    asked = []

    def counted(y_pred, y_true):
        asked.append(len(y_true))
        return confusion(y_pred, y_true)

    problem = classifier(confusion=counted, hits=lambda y_pred, y_true: np.mean(y_pred.argmax(axis=1) == y_true))
    record = fl.train(problem, fl.SGD(lr=0.01), batch_size=10, epochs=4, out=tmp_path / "run")
    expected = confusion(np.asarray(X @ record.params), Y)
    np.testing.assert_array_equal(record.tables["confusion"], expected)
    assert list(record.test) == ["loss", "hits"]
    assert record.test["hits"] == pytest.approx(np.trace(expected) / 30)
    assert not [name for name in record.epochs if "confusion" in name]
    assert len(asked) == 2  # once to find out that it is a table, once for the test part
    assert not record.tables["confusion"].flags.writeable

    again = fl.load(tmp_path / "run")
    np.testing.assert_array_equal(again.tables["confusion"], expected)
    assert again.tables["confusion"].dtype == expected.dtype
    (tmp_path / "run" / "tables.safetensors").write_bytes(b"")
    with pytest.raises(RunError, match=r"tables\.safetensors is damaged"):
        fl.load(tmp_path / "run")


def test_a_run_without_tables_has_no_file_of_them(tmp_path):
    record = fl.train(classifier(), fl.SGD(lr=0.01), steps=1, out=tmp_path / "run")
    assert record.tables == fl.load(tmp_path / "run").tables == {}
    assert not (tmp_path / "run" / "tables.safetensors").exists()


def test_tables_are_saved_with_their_digest(tmp_path):
    record = fl.train(classifier(confusion=confusion), fl.SGD(lr=0.01), steps=1)
    record.save(tmp_path / "a")
    record.save(tmp_path / "a")  # the same run again
    other = dataclasses.replace(record, tables={"confusion": record.tables["confusion"] + 1})
    with pytest.raises(RunError, match="holds another run"):
        other.save(tmp_path / "a")


@pytest.mark.parametrize("value", ["good", {"a": 1}, ["a", "b"], [[1], [1, 2]]])
def test_a_metric_is_a_number_or_a_table_of_numbers(value):
    with pytest.raises(InvalidType, match=r"metric 'odd' returned .* one number, or an array"):
        fl.train(classifier(odd=lambda y_pred, y_true: value), fl.SGD(lr=0.01), steps=1)
