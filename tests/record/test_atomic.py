from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fallline.core.errors import RunError
from fallline.record import atomic


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """Make the system refuse to write more, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_a_file_is_made_and_replaced(tmp_path):
    path = tmp_path / "a.bin"
    atomic.write_bytes(path, b"old")
    atomic.write_bytes(path, [b"new", memoryview(b"er")])
    assert path.read_bytes() == b"newer"
    assert names(tmp_path) == ["a.bin"]


def test_the_file_has_the_rights_that_any_new_file_has(tmp_path):
    atomic.write_bytes(tmp_path / "a", b"")
    (tmp_path / "b").touch()
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.bin"
    atomic.write_bytes(path, b"old")
    with files_no_larger_than(1000), pytest.raises(RunError, match=r"cannot write .*a\.bin: file too large"):
        atomic.write_bytes(path, bytes(100_000))
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]


def test_a_path_under_a_file_says_so(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"cannot write .*: not a directory\. A part of this path is a file"):
        atomic.write_bytes(tmp_path / "file" / "a.bin", b"x")


def test_a_folder_in_the_place_of_the_file_stays_and_no_temporary_file_does(tmp_path):
    (tmp_path / "a.bin" / "inside").mkdir(parents=True)
    with pytest.raises(RunError, match=r"cannot write .*a\.bin"):
        atomic.write_bytes(tmp_path / "a.bin", b"x")
    assert names(tmp_path) == ["a.bin"]


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_a_read_only_folder_says_so(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(RunError, match="permission denied"):
            atomic.write_bytes(tmp_path / "a.bin", b"x")
    finally:
        tmp_path.chmod(0o700)


def test_sweep_takes_left_over_temporary_files_only(tmp_path):
    left = atomic.stage(tmp_path, "a.bin", b"x")
    for name in ("a.bin", ".hidden", ".a.tmp", "b.12.tmp", ".lock"):
        (tmp_path / name).touch()
    assert left.name == f".a.bin.{os.getpid()}.tmp"
    atomic.sweep(tmp_path)
    assert names(tmp_path) == sorted(["a.bin", ".hidden", ".a.tmp", "b.12.tmp", ".lock"])


WRITER = """
import sys, pathlib
from fallline.record.atomic import write_bytes
path = pathlib.Path(sys.argv[1])
n = 0
while True:
    n = (n + 1) % 256
    write_bytes(path, bytes([n]) * 300_000)
    if n == 3:
        print("going", flush=True)
"""


@pytest.mark.parametrize("wait", [0.0, 0.003, 0.011, 0.02])
def test_kill_9_leaves_a_whole_file(tmp_path, wait):
    path = tmp_path / "a.bin"
    with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(wait)
        writer.kill()
    data = path.read_bytes()
    assert len(data) == 300_000
    assert len(set(data)) == 1


def test_a_link_in_place_of_the_temporary_file_is_not_written_through(tmp_path):
    kept = tmp_path / "kept"
    kept.write_text("mine")
    (tmp_path / f".race.json.{os.getpid()}.tmp").symlink_to(kept)
    atomic.write_bytes(tmp_path / "race.json", b"ours")
    assert kept.read_text() == "mine"
    assert not (tmp_path / "race.json").is_symlink()
    assert (tmp_path / "race.json").read_bytes() == b"ours"
