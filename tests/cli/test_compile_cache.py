"""The folder of compiled programs is the user's own, or it is not used."""

from __future__ import annotations

import stat
import subprocess
import sys

import pytest

from fallline.cli.compile_cache import private_folder


@pytest.fixture
def caches(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_it_is_made_for_the_user_alone(caches):
    folder = private_folder()
    assert folder == caches / "fallline" / "compile"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert private_folder() == folder


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o722])
def test_it_is_refused_when_others_can_write_it(caches, mode):
    private_folder().chmod(mode)
    with pytest.raises(PermissionError, match="others can write"):
        private_folder()


def test_a_link_is_refused(caches):
    elsewhere = caches / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (caches / "fallline").mkdir()
    (caches / "fallline" / "compile").symlink_to(elsewhere)
    with pytest.raises(PermissionError, match="is a link"):
        private_folder()


def test_another_user_s_folder_is_refused(caches, monkeypatch):
    owner = private_folder().stat().st_uid
    monkeypatch.setattr("os.getuid", lambda: owner + 1)
    with pytest.raises(PermissionError, match="belongs to another user"):
        private_folder()


def test_a_relative_cache_home_is_ignored(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "caches")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert private_folder() == tmp_path / ".cache" / "fallline" / "compile"


COMPILING = """
from fallline.cli import compile_cache
from fallline.cli.spoken_warnings import spoken
compile_cache.enable()
import jax
for torn in (False, True, False):
    kept = list(compile_cache.private_folder().rglob("*-cache"))
    for file in kept if torn else []:
        file.write_bytes(file.read_bytes()[:100])
    jax.clear_caches()
    with spoken(lambda said: said):
        print(*(jax.jit(lambda x, k=k: x * k + 0.5)(2.0) for k in range(3)), len(kept) > 2)
"""


def test_half_written_programs_are_told_of_once_and_made_anew(caches):
    """Such as a process leaves that is killed while it writes them; compiled, found damaged, found whole."""
    ran = subprocess.run([sys.executable, "-c", COMPILING], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == ["0.5 2.5 4.5 False", "0.5 2.5 4.5 True", "0.5 2.5 4.5 True"]
    assert ran.stderr == "fallline: warning: a compiled program that had been kept is damaged: all are compiled anew.\n"
