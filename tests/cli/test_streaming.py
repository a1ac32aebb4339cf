"""`fallline train --stream`, and what follows it."""

import numpy as np
import pytest

import fallline as fl
from fallline.report.command import command

TINY = ["--model", "linear", "--lr", "0.01", "--batch", "32", "--epochs", "2", "--target", "sales"]


@pytest.fixture
def sales(workplace, monkeypatch):
    """A file of 400 rows, read in blocks of 100."""
    monkeypatch.setattr("fallline.data.csv_cuts.ROWS", 100)
    rows = [f"{i * 7 % 11},{'north' if i % 3 else 'south'},{i * 7 % 11 * 2 + i % 3}" for i in range(400)]
    (workplace / "sales.csv").write_text("\n".join(["cost,place,sales", *rows]) + "\n")
    return "sales.csv"


def test_a_streamed_run_says_so_and_predicts_and_its_command_streams_too(fallline, sales, monkeypatch):
    monkeypatch.setattr("fallline.problems.held_out.MOST", 50)
    ran = fallline("train", sales, *TINY, "--stream", "--out", "a", "--split", ".75,.2,.05")
    assert ran.status == 0
    heading = (ran.out + ran.err).splitlines()
    assert heading[0] == "data: sales, 400 rows × 2 columns (330 train, 50 validation, 20 test)"
    assert heading[1].startswith("stream: training rows are read in ")
    assert heading[1].endswith(" blocks, in another order each epoch; validation holds 50 random rows")
    record = fl.load("a")
    assert record.spec.problem["stream"] is True

    predicted = fallline("predict", "a", sales)
    assert predicted.status == 0
    lines = predicted.out.splitlines()
    assert lines[0] == "prediction"
    answers = record.predict(fl.data.load(sales))
    np.testing.assert_allclose(np.array(lines[1:], float), answers, rtol=1e-6)

    assert "--stream" in command(record.spec).split()


def test_it_streams_by_itself_what_does_not_fit_and_says_why(fallline, sales, monkeypatch):
    monkeypatch.setattr("fallline.data.memory.free_memory", lambda: 1000)
    ran = fallline("train", sales, *TINY, "--out", "a")
    assert ran.status == 0
    said = (ran.out + ran.err).splitlines()
    assert said[0].startswith("memory: the file holds about ")
    assert said[0].endswith(", more than half of the 1 kB of memory that are free: the rows are streamed")
    assert fl.load("a").spec.problem["stream"] is True
    ran = fallline("train", sales, *TINY, "--no-stream", "--out", "b")
    assert ran.status == 0
    assert "stream" not in ran.out + ran.err
    assert fl.load("b").spec.problem["stream"] is False


def test_a_missing_cell_is_refused_with_the_file_the_rows_and_the_option(fallline, sales, workplace):
    text = (workplace / sales).read_text().splitlines()
    text[151] = ",north,3"
    (workplace / sales).write_text("\n".join(text) + "\n")
    ran = fallline("train", sales, *TINY, "--stream")
    assert ran.status == 2
    assert f"{workplace / sales}, rows 100–199: column 'cost': 1 of 100 cells are missing; pass --missing" in ran.err
