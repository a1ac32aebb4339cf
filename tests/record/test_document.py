"""run.json and its kin: sealed against damage, and read in every format there was."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

from fallline.core.errors import RunError
from fallline.core.race_spec import RaceSpec
from fallline.record.document import Document
from fallline.record.load import load
from fallline.record.race_document import RaceDocument

FIRST = Path(__file__).parent / "format-1"


def test_no_flipped_bit_in_run_json_is_read_as_another_value(tmp_path, record):
    file = record.save(tmp_path / "run") / "run.json"
    whole, said = file.read_bytes(), repr(Document.read(file.parent))
    draw, refused = random.Random(0), 0
    for place in draw.sample(range(8 * len(whole)), 400):
        damaged = bytearray(whole)
        damaged[place // 8] ^= 1 << place % 8
        file.write_bytes(damaged)
        try:
            assert repr(Document.read(file.parent)) == said
        except RunError:
            refused += 1
    assert refused > 300


def test_what_was_changed_on_purpose_is_read_without_its_seal(tmp_path, record):
    file = record.save(tmp_path / "run") / "run.json"
    values = json.loads(file.read_text()) | {"why": "because"}
    file.write_text(json.dumps(values))
    with pytest.raises(RunError, match=r"it does not say what was saved .* remove the line 'sha256' from it"):
        load(file.parent)
    del values["sha256"]
    file.write_text(json.dumps(values))
    assert load(file.parent).why == "because"


def test_a_run_of_the_first_format_is_read_and_written_again_in_the_newest(tmp_path):
    run = shutil.copytree(FIRST, tmp_path / "run")
    record = load(run)
    assert record.outcome == "interrupted"
    assert len(record.history["loss"]) == 6
    about = Document.read(run)
    about.write(run)
    written = json.loads((run / "run.json").read_text())
    assert (written["format"], written["provenance"]["processes"]) == (2, 1)
    assert Document.read(run) == about


def test_a_race_of_the_first_format_had_one_device(tmp_path):
    RaceDocument(RaceSpec(("sgd",)), provenance={"devices": 8, "jax": "0.9.0"}).write(tmp_path)
    values = json.loads((tmp_path / "race.json").read_text())
    del values["sha256"]
    (tmp_path / "race.json").write_text(json.dumps(values | {"format": 1}))
    assert RaceDocument.read(tmp_path).provenance == {"devices": 1, "processes": 1, "jax": "0.9.0"}
