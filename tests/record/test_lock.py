from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fallline.core.errors import RunError
from fallline.record.lock import Lock

HOLDER = """
import sys, pathlib
from fallline.record.lock import Lock
lock = Lock(pathlib.Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held_elsewhere(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        try:
            yield holder
        finally:
            holder.kill()


def test_another_process_is_turned_away_and_told_who_writes(tmp_path):
    with held_elsewhere(tmp_path) as holder:
        message = rf"{tmp_path} is being written by another process \(pid {holder.pid}\)"
        with pytest.raises(RunError, match=message):
            Lock(tmp_path)


def test_kill_9_lets_go(tmp_path):
    with held_elsewhere(tmp_path) as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        Lock(tmp_path).release()


def test_the_same_process_is_turned_away_too(tmp_path):
    lock = Lock(tmp_path)
    with pytest.raises(RunError, match="already open for writing in this process"):
        Lock(tmp_path)
    lock.release()


def test_release_lets_the_next_in_and_can_be_repeated(tmp_path):
    first = Lock(tmp_path)
    first.release()
    second = Lock(tmp_path)
    first.release()
    with pytest.raises(RunError):
        Lock(tmp_path)
    second.release()


def test_the_shorter_of_two_process_numbers_is_read_whole(tmp_path):
    (tmp_path / ".lock").write_text("1234567890\n")
    lock = Lock(tmp_path)
    assert (tmp_path / ".lock").read_text() == f"{os.getpid()}\n"
    lock.release()


def test_without_fcntl_nothing_is_held_back(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    locks = [Lock(tmp_path), Lock(tmp_path)]
    for lock in locks:
        lock.release()


def test_a_folder_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"cannot write .*\.lock: not a directory"):
        Lock(tmp_path / "file")
