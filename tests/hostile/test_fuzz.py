"""The short form of `benchmarks/fuzz`: a few changed inputs for every door that strangers' texts and files come by."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from benchmarks.fuzz.__main__ import targets
from benchmarks.fuzz.target import Target

from fallline.core.errors import FalllineError

SLOW = {"recipes of problems": 12, "race folders": 8, "requests": 30, "run folders": 30}


FAST = [target for target in targets().values() if target.name != "checkpoints"]  # those are trained on from


@pytest.mark.parametrize("target", FAST, ids=lambda target: target.name)
def test_whatever_comes_is_taken_or_refused_in_words(target: Target, tmp_path: Path) -> None:
    refused, inputs = 0, SLOW.get(target.name, 50)
    for number in range(inputs):
        place = tmp_path / str(number)
        place.mkdir()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                target.give(target.input(number), place)
            except FalllineError:
                refused += 1
    assert 0 < refused < inputs or inputs < 20, "good inputs that were changed too little, or too much, test nothing"


def test_an_input_follows_from_its_number() -> None:
    for target in FAST:
        assert repr(target.input(3)) == repr(target.input(3))
        assert len({repr(target.input(number)) for number in range(20)}) > 5


MISDEEDS = """
import os, socket, sys
from pathlib import Path
from benchmarks.fuzz.watch import Watch
base = Path(sys.argv[1])
for name in ("place", "kept"):
    (base / name).mkdir()
(base / "place" / "way").symlink_to(base / "outside")
watch = Watch(base)
watch.listens = True
(base / "place" / "fine").write_text("")
(base / "outside").write_text("")
(base / "place" / "way").write_text("")
os.rename(base / "place" / "fine", base / "moved")
os.system("true")
try:
    socket.create_connection(("127.0.0.1", 9))
except OSError:
    pass
watch.listens = False
print("\\n".join(watch.seen()))
"""


def test_the_watch_sees_what_may_not_be_done(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MISDEEDS, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    seen = done.stdout.splitlines()
    outside = f"open {tmp_path.resolve()}/outside"
    assert seen.count(outside) == 2, "once by its name, once through a link"
    for misdeed in ("os.rename", "os.system", "socket.connect", "left moved", "left outside"):
        assert any(line.startswith(misdeed) for line in seen), misdeed
    assert not any("fine" in line for line in seen)
