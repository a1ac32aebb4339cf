from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from fallline.core.errors import RunError
from fallline.record import checkpoint


def arrays(step: int) -> dict[str, np.ndarray]:
    """Different at every step, and known from it."""
    return {"w": np.random.default_rng(step).standard_normal((4, 5)).astype(np.float32), "count": np.array(step)}


def save(folder: Path, *steps: int) -> list[Path]:
    return [checkpoint.save(folder, step, arrays(step), {"seconds": step / 4}) for step in steps]


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder / checkpoint.FOLDER))


def check_is(found: object, step: int) -> None:
    assert found is not None
    table, meta = found
    assert (meta["seconds"], meta["step"]) == (step / 4, step)
    for name, array in arrays(step).items():
        np.testing.assert_array_equal(table[name], array)


def test_the_newest_comes_back(tmp_path):
    save(tmp_path, 0, 7, 2_000_000_000)
    check_is(checkpoint.latest(tmp_path), 2_000_000_000)


def test_without_checkpoints_there_is_none(tmp_path):
    assert checkpoint.latest(tmp_path) is None
    (tmp_path / checkpoint.FOLDER).mkdir()
    assert checkpoint.latest(tmp_path) is None


def test_the_name_carries_step_and_digest(tmp_path):
    (path,) = save(tmp_path, 120)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert path == tmp_path / "checkpoints" / f"step-000000120-{digest[:16]}.safetensors"


def test_the_newest_two_are_kept(tmp_path):
    paths = save(tmp_path, 5, 10, 15, 20)
    assert names(tmp_path) == [path.name for path in paths[2:]]


def test_a_step_saved_again_takes_the_place_of_the_first(tmp_path):
    save(tmp_path, 5, 10)
    checkpoint.save(tmp_path, 10, arrays(10), {"seconds": 99.0})
    assert len(names(tmp_path)) == 2
    found = checkpoint.latest(tmp_path)
    assert found is not None
    assert (found[1]["seconds"], found[1]["step"]) == (99.0, 10)


def test_after_a_fallback_the_damaged_later_one_never_costs_a_good_one(tmp_path):
    _, late = save(tmp_path, 100, 200)
    late.write_bytes(b"damaged")
    save(tmp_path, 150, 250)
    assert [name[:14] for name in names(tmp_path)] == ["step-000000150", "step-000000250"]
    check_is(checkpoint.latest(tmp_path), 250)


def test_no_single_flipped_bit_is_taken_for_good(tmp_path):
    _, newest = save(tmp_path, 3, 6)
    whole = newest.read_bytes()
    draw = random.Random(0)
    for position in draw.sample(range(8 * len(whole)), 400):
        damaged = bytearray(whole)
        damaged[position // 8] ^= 1 << position % 8
        newest.write_bytes(damaged)
        with pytest.warns(UserWarning, match=newest.name):
            check_is(checkpoint.latest(tmp_path), 3)


def test_no_truncation_is_taken_for_good(tmp_path):
    _, newest = save(tmp_path, 3, 6)
    whole = newest.read_bytes()
    for length in [0, 1, 7, 8, 9, *range(20, len(whole), 37), len(whole) - 1]:
        newest.write_bytes(whole[:length])
        with pytest.warns(UserWarning, match="passed over"):
            check_is(checkpoint.latest(tmp_path), 3)


def test_bytes_after_the_end_are_not_taken_for_good(tmp_path):
    _, newest = save(tmp_path, 3, 6)
    newest.write_bytes(newest.read_bytes() + b"\0")
    with pytest.warns(UserWarning, match="passed over"):
        check_is(checkpoint.latest(tmp_path), 3)


def test_swapped_files_are_both_passed_over(tmp_path):
    early, late = save(tmp_path, 3, 6)
    early_bytes = early.read_bytes()
    early.write_bytes(late.read_bytes())
    late.write_bytes(early_bytes)
    with pytest.warns(UserWarning, match="digest|begins again") as caught:
        assert checkpoint.latest(tmp_path) is None
    told = (late.name, early.name, "the run begins again")
    assert [words in str(w.message) for words, w in zip(told, caught, strict=True)] == [True, True, True]


def test_a_file_renamed_to_another_step_is_passed_over(tmp_path):
    early, late = save(tmp_path, 3, 6)
    early.rename(early.with_name(early.name.replace("000000003", "000000009")))
    with pytest.warns(UserWarning, match=r"name says step 9, its contents step 3"):
        check_is(checkpoint.latest(tmp_path), 6)
    assert late.exists()


def test_what_is_not_named_as_a_checkpoint_is_let_be(tmp_path):
    save(tmp_path, 3)
    place = tmp_path / checkpoint.FOLDER
    (place / "notes.txt").write_text("mine")
    (place / "step-000000009.safetensors").write_bytes(b"?")
    save(tmp_path, 6, 9)
    check_is(checkpoint.latest(tmp_path), 9)
    assert (place / "notes.txt").read_text() == "mine"


def test_a_folder_named_as_a_checkpoint_is_passed_over(tmp_path):
    (path,) = save(tmp_path, 3)
    (path.parent / path.name.replace("000000003", "000000004")).mkdir()
    with pytest.warns(UserWarning, match="passed over"):
        check_is(checkpoint.latest(tmp_path), 3)


def test_left_over_temporary_files_are_swept_by_the_next_save(tmp_path):
    save(tmp_path, 3)
    (tmp_path / checkpoint.FOLDER / ".step-000000006.999.tmp").write_bytes(b"half")
    check_is(checkpoint.latest(tmp_path), 3)
    paths = save(tmp_path, 6)
    assert len(names(tmp_path)) == 2
    assert names(tmp_path)[1] == paths[0].name


def test_a_deleted_newest_falls_back_in_silence(tmp_path):
    _, newest = save(tmp_path, 3, 6)
    newest.unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_is(checkpoint.latest(tmp_path), 3)


def test_a_save_that_fails_is_loud_and_keeps_the_one_before(tmp_path):
    save(tmp_path, 3)
    with pytest.raises(RunError, match="cannot be stored"):
        checkpoint.save(tmp_path, 6, {"w": np.array(["text"])}, {})
    check_is(checkpoint.latest(tmp_path), 3)
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"cannot write .*: not a directory"):
        checkpoint.save(tmp_path / "file", 6, {}, {})


SAVER = """
import sys, pathlib, numpy as np
from fallline.record import checkpoint
step = 0
while True:
    step += 1
    checkpoint.save(pathlib.Path(sys.argv[1]), step, {"w": np.full(200_000, step)}, {})
    if step == 3:
        print("going", flush=True)
"""


@pytest.mark.parametrize("wait", [0.0, 0.002, 0.005, 0.009, 0.014, 0.02])
def test_kill_9_in_the_middle_of_a_save_leaves_a_good_checkpoint(tmp_path, wait):
    with subprocess.Popen([sys.executable, "-c", SAVER, tmp_path], stdout=subprocess.PIPE) as saver:
        assert saver.stdout is not None
        saver.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            saver.wait(wait)
        saver.kill()
    found = checkpoint.latest(tmp_path)
    assert found is not None
    table, meta = found
    assert meta["step"] >= 3
    np.testing.assert_array_equal(table["w"], np.full(200_000, meta["step"]))
    checkpoint.save(tmp_path, meta["step"] + 1, {}, {})
    assert not list((tmp_path / checkpoint.FOLDER).glob(".*"))


def test_a_copied_folder_is_as_good(tmp_path):
    (tmp_path / "a").mkdir()
    save(tmp_path / "a", 3, 6)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    check_is(checkpoint.latest(tmp_path / "b"), 6)
