"""The folder of compiled programs is the user's own, or it is not used."""

from __future__ import annotations

import stat

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
