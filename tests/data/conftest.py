from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's data folder, not there yet, instead of the one of whoever runs the tests."""
    home = tmp_path_factory.mktemp("share")
    monkeypatch.setenv("XDG_DATA_HOME", str(home))
    return home / "fallline"
