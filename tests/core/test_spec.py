from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.spec import LARGEST_SEED, Spec

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
data = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
counts = st.integers(1, 10**9)
specs = st.builds(
    Spec,
    method=text,
    problem=st.dictionaries(text, data, max_size=4),
    batch_size=counts | st.just("full"),
    epochs=st.none() | counts,
    steps=st.none() | counts,
    seed=st.integers(0, LARGEST_SEED),
    sampling=st.sampled_from(["shuffle", "shuffle_once", "replacement", "sequential"]),
    last_batch=st.sampled_from(["use", "drop"]),
    reduction=st.sampled_from(["mean", "sum"]),
    target_loss=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    patience=counts,
    min_improvement=st.floats(0, 1e9),
    watch=text,
    keep=st.sampled_from([None, "last", "best"]),
    max_time=st.none() | st.floats(1e-9, 1e9),
    micro_batch=st.none() | counts,
    checkpoint_seconds=st.floats(0, 1e9),
    checkpoint_steps=st.none() | counts,
    keep_checkpoints=counts,
)


@given(specs)
def test_it_comes_back_from_json_and_toml(spec: Spec) -> None:
    assert Spec.from_json(spec.to_json()) == spec
    assert Spec.from_toml(spec.to_toml()) == spec


def test_what_was_not_chosen_is_not_written() -> None:
    written = Spec("sgd(lr=0.1)", problem={"target": None, "data": "digits"}).to_dict()
    assert written["problem"] == {"data": "digits"}
    assert "epochs" not in written
    assert Spec.from_dict(written) == Spec("sgd(lr=0.1)", problem={"data": "digits"})


def test_numpys_integers_are_kept_as_pythons() -> None:
    spec = Spec("sgd", batch_size=np.int64(8), epochs=np.uint8(3))
    assert spec == Spec("sgd", batch_size=8, epochs=3)
    assert Spec.from_toml(spec.to_toml()) == Spec.from_json(spec.to_json()) == spec


def test_choices_left_out_of_a_file_have_their_defaults() -> None:
    assert Spec.from_toml("method = 'adam'") == Spec("adam") == Spec.from_json('{"method": "adam"}')


@pytest.mark.parametrize(
    ("choices", "error", "message"),
    [
        ({"batch_size": 0}, InvalidValue, "batch_size=0: batch_size must be at least 1"),
        ({"batch_size": "all"}, InvalidType, "batch_size='all': batch_size must be a whole number or 'full'"),
        ({"batch_size": True}, InvalidType, "batch_size must be a whole number"),
        ({"batch_size": 32.0}, InvalidType, "batch_size must be a whole number"),
        ({"batch_size": None}, InvalidType, "batch_size must be a whole number"),
        ({"epochs": 0}, InvalidValue, "epochs must be at least 1"),
        ({"steps": 1.5}, InvalidType, "steps must be a whole number"),
        ({"seed": -1}, InvalidValue, "seed must be from 0 to 4294967295"),
        ({"seed": 2**32}, InvalidValue, "seed must be from 0 to 4294967295"),
        ({"sampling": "random"}, InvalidValue, "sampling must be one of 'shuffle', 'shuffle_once', 'replacement'"),
        ({"last_batch": "keep"}, InvalidValue, "last_batch must be one of 'use', 'drop'"),
        ({"reduction": "max"}, InvalidValue, "reduction must be one of 'mean', 'sum'"),
        ({"target_loss": math.nan}, InvalidType, "target_loss must be a number"),
        ({"target_loss": "low"}, InvalidType, "target_loss must be a number"),
        ({"checkpoint_seconds": None}, InvalidType, "checkpoint_seconds must be a number"),
        ({"checkpoint_seconds": -1}, InvalidValue, "seconds must not be negative"),
        ({"checkpoint_steps": 0}, InvalidValue, "checkpoint_steps must be at least 1"),
        ({"keep_checkpoints": 0}, InvalidValue, "keep_checkpoints must be at least 1"),
        ({"devices": 0}, InvalidValue, "devices must be at least 1"),
        ({"reproducible": "yes"}, InvalidType, "reproducible must be True or False"),
        ({"reproducible": True, "shard_params": True}, InvalidValue, "Leave one of the two out"),
        ({"epoch": 3}, InvalidValue, "a run has no choice called 'epoch'. Did you mean 'epochs'"),
        ({"method": 3}, InvalidType, "a run needs a method, as text"),
        ({"problem": "digits"}, InvalidType, "problem='digits': problem must be a table of names and values"),
    ],
)
def test_bad_choices_are_explained(choices: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Spec.from_dict({"method": "sgd"} | choices)


@pytest.mark.parametrize("written", ["", "{", "[1, 2]", "3", '"sgd"', '{"method": "sgd", "seed": "x"}', "null"])
def test_bad_json_is_explained(written: str) -> None:
    with pytest.raises((InvalidValue, InvalidType), match=r"a run|seed must be"):
        Spec.from_json(written)


@pytest.mark.parametrize("written", ["method", "method = sgd", "seed = 1", "[method]\nx = 1"])
def test_bad_toml_is_explained(written: str) -> None:
    with pytest.raises((InvalidValue, InvalidType), match="a run"):
        Spec.from_toml(written)


def test_the_files_are_what_other_programs_read() -> None:
    spec = Spec("sgd(lr=0.1)", problem={"data": "digits", "split": [0.5, 0.5]}, epochs=3)
    assert json.loads(spec.to_json())["problem"]["split"] == [0.5, 0.5]
    assert tomli_w.dumps(spec.to_dict()) == spec.to_toml()
    assert "epochs = 3" in spec.to_toml().splitlines()
