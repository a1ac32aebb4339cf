"""Where the runs of a race stand: what was written is read, what is damaged or somebody else's is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.core.errors import RunError
from fallline.record import numbered
from fallline.record.under_way import FOLDER, Standing, UnderWay

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ARRAYS = st.dictionaries(NAMES, st.lists(st.floats(width=32), max_size=3).map(np.float32), max_size=3)
RUNS = st.dictionaries(NAMES, ARRAYS, max_size=4)


def standing(number: float) -> Standing:
    return Standing({"state/step": np.float64(number)}, {"seconds": number})


def numbers(folder: UnderWay, ended: set[str] = frozenset()) -> dict[str, float]:
    return {name: float(run.arrays["state/step"]) for name, run in folder.load(ended).items()}


def paths(race: Path) -> list[Path]:
    return sorted((race / FOLDER).iterdir())


@settings(max_examples=30)
@given(st.lists(RUNS, max_size=4))
def test_the_newest_of_every_run_is_read_bit_for_bit(tmp_path_factory: pytest.TempPathFactory, saves: list) -> None:
    race = tmp_path_factory.mktemp("race")
    for runs in saves:
        UnderWay(race).save({name: Standing(arrays, {"of": len(arrays)}) for name, arrays in runs.items()})
    found = UnderWay(race).load()
    newest = {name: arrays for runs in saves for name, arrays in runs.items()}
    assert found.keys() == newest.keys()
    for name, arrays in newest.items():
        assert found[name].about == {"of": len(arrays)}
        assert {key: a.tobytes() for key, a in found[name].arrays.items()} == {
            key: a.tobytes() for key, a in arrays.items()
        }


def test_of_each_run_the_newest_two_stay_and_of_one_that_has_ended_none(tmp_path: Path) -> None:
    folder = UnderWay(tmp_path)
    for number in range(5):
        folder.save({"a": standing(number)} | ({"b": standing(number)} if number < 2 else {}))
    assert [path.name[:6] for path in paths(tmp_path)] == ["000001", "000002", "000004", "000005"]
    assert numbers(UnderWay(tmp_path)) == {"a": 4, "b": 1}
    folder.save({"a": standing(9)}, ended={"b"})
    assert [path.name[:6] for path in paths(tmp_path)] == ["000005", "000006"]
    again = UnderWay(tmp_path)
    assert numbers(again, {"a"}) == {}
    again.save({}, ended={"a"})
    assert paths(tmp_path) == []


def test_a_damaged_file_costs_only_what_its_runs_did_since_the_one_before(tmp_path: Path) -> None:
    folder = UnderWay(tmp_path)
    folder.save({"a": standing(1), "b": standing(2)})
    folder.save({"a": standing(3)})
    newest = paths(tmp_path)[-1]
    whole = newest.read_bytes()
    for damaged in (whole[:-1], b"", whole[:-1] + bytes([whole[-1] ^ 1])):
        newest.write_bytes(damaged)
        with pytest.warns(UserWarning, match=r"000002-.* is passed over: .* go on from where they stood before"):
            assert numbers(UnderWay(tmp_path)) == {"a": 1, "b": 2}


def test_a_file_of_another_race_is_passed_over(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        UnderWay(tmp_path / name, name).save({"a": standing(1)})
    (theirs,) = paths(tmp_path / "one")
    theirs.rename(tmp_path / "two" / FOLDER / theirs.name.replace("000001", "000002"))
    with pytest.warns(UserWarning, match="it is another race's"):
        assert numbers(UnderWay(tmp_path / "two", "two")) == {"a": 1}


def test_bytes_that_do_not_say_where_runs_stand_are_passed_over(tmp_path: Path) -> None:
    from fallline.record import arrays

    numbered.write(tmp_path / FOLDER, 1, arrays.pieces({"7/w": np.ones(2)}, {"runs": [{"name": "a", "about": {}}]}))
    with pytest.warns(UserWarning, match="do not hold where runs stand"):
        assert UnderWay(tmp_path).load() == {}


def test_what_cannot_be_written_is_said_and_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file in the way")
    with pytest.raises(RunError, match="cannot make"):
        UnderWay(tmp_path).save({"a": standing(1)})
