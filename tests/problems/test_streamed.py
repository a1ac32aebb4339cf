"""Problems over streams: the same numbers as from memory, every row in one part, and errors that say where."""

import functools
import itertools
import json

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fallline as fl
from fallline.core.errors import DataError, InvalidValue
from fallline.core.problem import WeightedBatch
from fallline.core.stream import Stream
from fallline.data import Table, TableStream, Text
from fallline.data.blocks import Blocks
from fallline.data.column_type import type_of
from fallline.problems import for_data, held_out, rebuild
from fallline.problems.fitting import fit
from fallline.problems.preparation import TablePreparation

N = 60
RNG = np.random.default_rng(0)
WORDS = Text((np.arange(N) * 7 % 11 % 4).astype(np.int32), ("ash", "beech", "elm", "oak"))


def stream_of(table, sizes=(20, 20, 20), reads=None):
    """Return a table's rows as a stream; each block's text has levels of its own, in an order of its own."""
    ends = np.cumsum(sizes)

    def reader(where, block, names):
        if reads is not None:
            reads.append(block)
        rows = np.arange(ends[block] - sizes[block], ends[block])
        return {name: some(table.columns[name], rows, block) for name in names}

    blocks = Blocks(
        name=table.name,
        label=f"{table.name}.csv",
        types={name: type_of(column) for name, column in table.columns.items()},
        sizes=np.array(sizes),
        reader=reader,
        target=table.target,
        test=table.test,
        words=table.words,
    )
    return TableStream(table.name, [blocks], table.source)


def some(column, rows, turn):
    if not isinstance(column, Text):
        return column[rows]
    kept = np.roll(np.unique(column.codes[rows]), turn)
    kept = kept[kept >= 0]
    place = {code: i for i, code in enumerate(kept.tolist())}
    codes = [place.get(code, -1) for code in column.codes[rows].tolist()]
    return Text(np.array(codes, np.int32), tuple(column.levels[code] for code in kept))


def all_kinds(holes=()):
    """Return a table whose target is the row's number; some cells of each kind are missing."""
    codes, number = WORDS.codes.copy(), RNG.normal(1e6, 1, N)
    date = np.datetime64("2023-11-05T06:30", "m") + np.cumsum(RNG.integers(60, 40_000, N)).astype("m8[m]")
    for hole in holes:
        [number, date, codes][hole % 3][hole] = [np.nan, np.datetime64("NaT"), -1][hole % 3]
    columns = {
        "number": number,
        "word": Text(codes, WORDS.levels),
        "date": date,
        "flag": np.arange(N) % 3 == 0,
        "whole": RNG.integers(0, 255, N).astype(np.uint8),
        "matrix": RNG.normal(5, 2, (N, 2)).astype(np.float32),
        "row": np.arange(N),
    }
    return Table("trees", columns, "row")


def blocks(problem):
    return [problem.data.train.read(block) for block in range(len(problem.data.train.sizes))]


def joined(problem):
    return jax.tree.map(lambda *arrays: np.concatenate(arrays), *blocks(problem))


def row_numbers(problem, part):
    return np.rint(problem.preparation.answers(part.y)).astype(int)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.integers(1, 25), min_size=1, max_size=5)
    .map(lambda sizes: [*sizes, N])
    .map(lambda sizes: [s for s in np.diff([0, *np.minimum(np.cumsum(sizes), N)]).tolist() if s]),
    st.integers(0, 2**64 - 1),
    st.sampled_from([(0.7, 0.15, 0.15), (0.5, 0.5, 0), (0.6, 0, 0.4), (1, 0, 0)]),
    st.sets(st.integers(0, N - 1), max_size=9),
    st.sampled_from(["impute", "drop"]),
)
def test_the_same_numbers_as_from_memory_and_every_row_in_one_part(sizes, seed, split, holes, missing):
    table = all_kinds(sorted(holes))
    problem = for_data(
        stream_of(table, sizes), "linear", task="regression", split=split, split_seed=seed, missing=missing
    )
    assert isinstance(problem.data.train, Stream)
    train = joined(problem)
    rows = row_numbers(problem, train)
    parts = {"train": rows} | {
        name: row_numbers(problem, getattr(problem.data, name))
        for name in ("validation", "test")
        if getattr(problem.data, name) is not None
    }
    used = [row for row in range(N) if missing == "impute" or row not in holes]
    assert sorted(itertools.chain(*parts.values())) == used
    assert np.array_equal(rows, np.sort(rows))
    assert (problem.data.validation is not None, problem.data.test is not None) == (split[1] > 0, split[2] > 0)

    prepared = problem.preparation
    resident = fit(table.columns, list(table.columns)[:-1], rows, prepared.target, missing)
    for ours, theirs in zip(prepared.to_dict()["columns"], resident.to_dict()["columns"], strict=True):
        for name, value in ours.items():
            if name in ("mean", "scale"):
                np.testing.assert_allclose(value, theirs[name], rtol=1e-12, atol=1e-12)
            else:
                assert value == theirs[name]
    y = np.arange(N)[rows]
    assert prepared.target.mean[0] == pytest.approx(y.mean(), rel=1e-12)
    assert prepared.target.scale[0] == pytest.approx(y.std(), rel=1e-12)

    for part in (train, problem.data.validation, problem.data.test):
        if part is not None:
            where = row_numbers(problem, part)
            expected = prepared.encode(table.columns, where)
            np.testing.assert_array_equal(part.x.numbers, expected.numbers)
            np.testing.assert_array_equal(part.x.categories, expected.categories)


def test_images_are_measured_and_encoded_as_in_memory():
    images = RNG.integers(0, 256, (N, 4, 3)).astype(np.uint8)
    problem = for_data(stream_of(Table("t", {"image": images, "row": np.arange(N)}, "row")), "linear")
    train = joined(problem)
    rows = row_numbers(problem, train)
    np.testing.assert_array_equal(train.x, problem.preparation.encode({"image": images}, rows))
    encoder = problem.preparation.encoders[0]
    pixels = images[rows].astype(float)
    assert (encoder.mean[0], encoder.scale[0]) == (pytest.approx(pixels.mean()), pytest.approx(pixels.std()))


def test_rows_are_read_once_to_fit_and_any_block_at_any_time():
    reads = []
    problem = for_data(stream_of(all_kinds(), reads=reads), "linear")
    assert sorted(reads) == [0, 0, 0, 1, 2]  # the first block also says what is asked, and what a row is
    train = problem.data.train
    assert train.sizes.sum() == 42
    assert train.mean_weight == 1
    for block in (2, 0, 2):
        batch = train.read(block)
        assert len(batch.y) == train.sizes[block]
        for one, many in zip(jax.tree.leaves(train.row), jax.tree.leaves(batch), strict=True):
            assert (one.shape, one.dtype) == ((1, *many.shape[1:]), many.dtype)
    assert problem.optimum is None


def test_the_fingerprint_is_of_rows_preparation_and_parts():
    table = all_kinds()
    make = functools.partial(for_data, model="linear", target="row")
    prints = [
        make(stream_of(table)).data.train.fingerprint(),
        make(stream_of(table), split_seed=1).data.train.fingerprint(),
        make(stream_of(table, (30, 30))).data.train.fingerprint(),
        make(stream_of(table), target="number").data.train.fingerprint(),
    ]
    assert len(set(prints)) == 4
    assert make(stream_of(table)).data.train.fingerprint() == prints[0]


def test_blocks_without_training_rows_are_passed_over():
    table = all_kinds()
    table.columns["number"][10:20] = np.nan
    problem = for_data(stream_of(table, [10, 10, 1, 39]), "linear", missing="drop", split=(0.5, 0.25, 0.25))
    train = problem.data.train
    assert (train.sizes > 0).all()
    assert 0 not in [len(batch.y) for batch in blocks(problem)]
    assert not set(row_numbers(problem, joined(problem))) & set(range(10, 20))


def test_parts_held_out_have_at_most_so_many_rows(monkeypatch):
    monkeypatch.setattr(held_out, "MOST", 5)
    problem = for_data(stream_of(all_kinds()), "linear")
    assert (len(problem.data.validation.y), len(problem.data.test.y), problem.data.train.sizes.sum()) == (5, 5, 50)


def test_a_test_part_that_came_with_the_data_is_kept():
    own = Table("trees", all_kinds().take(np.arange(7)).columns)
    whole = all_kinds()
    table = Table("trees", whole.columns, "row", test=own)
    problem = for_data(stream_of(table), "linear", split=(0.6, 0.2, 0.2))
    assert [problem.data.train.sizes.sum(), len(problem.data.validation.y), len(problem.data.test.y)] == [45, 15, 7]
    np.testing.assert_array_equal(row_numbers(problem, problem.data.test), np.arange(7))


@pytest.mark.parametrize(
    ("y", "task"),
    [
        (np.repeat([1, 2, 3], 20), "classification"),
        (np.concatenate([np.ones(20, int), np.arange(40)]), "regression"),
        (np.concatenate([np.ones(40), np.full(20, 1.5)]), "regression"),
        (np.arange(N) % 2 == 0, "classification"),
        (WORDS, "classification"),
    ],
)
def test_the_task_is_what_all_rows_suggest(y, task):
    """The first block holds one label; later ones may hold numbers."""
    problem = for_data(stream_of(Table("t", {"x": RNG.normal(size=N), "y": y})), "linear", split=(0.9, 0.05, 0.05))
    assert ("accuracy" in problem.metrics) == (task == "classification")
    resident = for_data(Table("t", {"x": RNG.normal(size=N), "y": y}), "linear", split=(0.9, 0.05, 0.05))
    assert problem.metrics.keys() == resident.metrics.keys()
    assert type(problem.preparation.target) is type(resident.preparation.target)
    if task == "classification":
        assert problem.preparation.target == resident.preparation.target


def test_labels_are_those_of_all_blocks_in_the_source_s_own_words():
    flags = np.arange(N) % 2 == 0
    table = Table("t", {"x": RNG.normal(size=N), "y": flags}, "y", words={"y": ("no", "yes")})
    problem = for_data(stream_of(table), "linear")
    assert problem.preparation.target.labels == ("no", "yes")


@pytest.mark.parametrize("asked", ["balanced", {"oak": 3.0, "elm": 0}])
@pytest.mark.parametrize("column", [None, "importance"])
def test_weights_are_those_of_the_rows_and_of_the_classes_of_all_blocks(asked, column):
    importance = RNG.integers(0, 5, N).astype(float)
    table = Table("t", {"x": np.arange(N), "importance": importance, "y": WORDS})
    problem = for_data(stream_of(table), "linear", target="y", weight=column, class_weight=asked)
    train = joined(problem)
    assert isinstance(train, WeightedBatch)
    assert problem.data.train.mean_weight == pytest.approx(train.weight.mean(dtype=float), rel=1e-6)
    counts = np.bincount(train.y)
    factors = len(train.y) / 4 / counts if asked == "balanced" else np.array([1, 1, 0, 3])
    encoder = problem.preparation.encoders[0]
    rows = np.rint(train.x[:, 0] * encoder.scale[0] + encoder.mean[0]).astype(int)
    own = importance[rows] if column else 1
    np.testing.assert_allclose(train.weight, own * factors[train.y], rtol=1e-6)


@pytest.mark.filterwarnings("error")
def test_a_text_that_training_never_saw_counts_as_none_of_the_known():
    words = Text(np.arange(N, dtype=np.int32), tuple(f"word {i:02}" for i in range(N)))
    problem = for_data(stream_of(Table("t", {"word": words, "y": RNG.normal(size=N)}, "y")), "linear")
    assert (problem.data.test.x.categories == -1).all()
    assert len(problem.preparation.texts[0].levels) == 42
    with pytest.warns(UserWarning, match="training never saw"):
        problem.preparation.features(["another"])


def with_one(value, place=25):
    column = RNG.normal(size=N)
    column[place] = value
    return column


@pytest.mark.parametrize(
    ("columns", "choices", "message"),
    [
        ({"x": with_one(np.nan)}, {}, r"^t.csv, rows 20–39: column 'x': 1 of 20 cells are missing; pass missing="),
        ({"y": with_one(np.nan)}, {"missing": "impute"}, r"^t.csv, rows 20–39: target 'y': 1 of 20 cells are missing"),
        ({"x": with_one(1e300)}, {}, r"^t.csv, rows 20–39: column 'x': 1 of 20 values are beyond what float32"),
        ({"x": with_one(np.inf)}, {}, r"^t.csv, rows 20–39: column 'x' has 1 infinite value"),
        ({"w": np.where(np.arange(N) == 25, -1, 1)}, {"weight": "w"}, r"^t.csv, rows 20–39: column 'w': 1 of \d+ weig"),
        ({"w": np.zeros(N)}, {"weight": "w"}, r"^training part: the weights of all 42 rows are 0"),
        ({"x": np.full(N, np.nan)}, {"missing": "drop"}, r"^t: no row is left to train on: each of the 60 rows"),
        ({"x": np.ones(N)}, {}, r"^column 'x' is the same in all 42 training rows"),
        ({"x": np.full(N, np.nan)}, {"missing": "impute"}, r"^column 'x': no value is known in the training part"),
        ({"y": WORDS}, {"task": "regression"}, r"^target 'y' is text"),
        ({"y": Text(np.arange(N, dtype=np.int32), tuple(map(str, range(N))))}, {}, "42 distinct values in 42 rows"),
        ({"y": np.arange(N)}, {"task": "classification"}, r"42 distinct .* pass task='regression'"),
        ({"y": np.ones(N)}, {}, r"^target 'y': all 42 rows have the label 1.0; two are needed"),
        ({"y": np.full(N, 1.5)}, {}, r"^target 'y' is 1.5 in all 42 training rows"),
        ({}, {"split": (0.001, 0.5, 0.499)}, r"of 60 rows none is left for training"),
    ],
)
def test_data_that_cannot_be_trained_on_are_refused(columns, choices, message):
    table = Table("t", {"x": RNG.normal(size=N), "y": RNG.normal(size=N)} | columns, "y")
    with pytest.raises(DataError, match=message):
        for_data(stream_of(table), "linear", **choices)


def test_a_label_that_only_rows_held_out_have_is_refused():
    y = np.arange(N) % 2
    table = Table("t", {"x": RNG.normal(size=N), "row": np.arange(N), "y": y}, "y")
    problem = for_data(stream_of(table), "linear")
    encoder = problem.preparation.encoders[1]
    y[np.rint(problem.data.test.x[0, 1] * encoder.scale[0] + encoder.mean[0]).astype(int)] = 7
    with pytest.raises(DataError, match=r"^test part: target 'y': the label 7 does not occur .* 0, 1\..* split_seed="):
        for_data(stream_of(table), "linear")


def test_values_that_overflow_once_scaled_are_refused_where_they_are():
    tiny = RNG.normal(size=N) * 1e-30
    table = Table("t", {"x": tiny, "y": RNG.normal(size=N)}, "y")
    train = for_data(stream_of(table), "linear").data.train
    tiny[:] = 1e30  # the rows are others than those that were measured
    with pytest.raises(DataError, match=r"^t.csv, rows 40–59: column 'x': 1e\+30 is too large"):
        train.read(2)


@pytest.mark.parametrize("make", [lambda table: table, stream_of], ids=["resident", "streamed"])
def test_too_many_different_texts_are_no_feature(make, monkeypatch):
    monkeypatch.setattr("fallline.problems.encoders.texts.MOST_LEVELS", 20)
    monkeypatch.setattr("fallline.problems.targets.labels.MOST_LABELS", 20)
    names = Text(np.arange(N, dtype=np.int32), tuple(f"name {i}" for i in range(N)))
    with pytest.raises(DataError, match="column 'x' holds more than 20 different texts in the training part"):
        for_data(make(Table("t", {"x": names, "y": RNG.normal(size=N)}, "y")), "linear")
    with pytest.raises(DataError, match="target 'y' has more than 20 distinct values and is no class"):
        for_data(make(Table("t", {"x": RNG.normal(size=N), "y": names}, "y")), "linear")


def test_a_stream_is_not_held_in_memory_unasked():
    with pytest.raises(InvalidValue, match=r"stream=False: a TableStream is read block by block"):
        for_data(stream_of(all_kinds()), "linear", stream=False)


def test_files_are_streamed_when_asked_or_when_they_would_not_fit(tmp_path, monkeypatch):
    monkeypatch.setattr("fallline.data.csv_cuts.ROWS", 100)
    path = tmp_path / "trees.csv"
    rows = [f"{i % 5},{'ash' if i % 3 else 'oak'},{i / 7}" for i in range(500)]
    path.write_text("\n".join(["a,word,y", *rows]))
    assert not for_data(path, "linear").recipe["stream"]
    streamed = for_data(path, "linear", stream=True)
    assert streamed.recipe["stream"]
    assert len(streamed.data.train.sizes) > 1
    again = rebuild(json.loads(json.dumps(streamed.recipe)))
    assert isinstance(again.preparation, TablePreparation)
    assert again.preparation == streamed.preparation
    assert again.data.train.fingerprint() == streamed.data.train.fingerprint()
    np.testing.assert_array_equal(again.data.test.y, streamed.data.test.y)
    monkeypatch.setattr("fallline.data.memory.free_memory", lambda: 1000)
    assert for_data(path, "linear").recipe == streamed.recipe
    assert not for_data(path, "linear", stream=False).recipe["stream"]


def test_a_streamed_problem_trains_predicts_and_is_loaded(tmp_path):
    x = RNG.normal(5, 3, (400, 3))
    np.savez(tmp_path / "sales.npz", x=x, y=x @ [1.0, -2.0, 0.5] + 7)
    with pytest.warns(UserWarning, match="held in memory"):
        problem = for_data(tmp_path / "sales.npz", "linear", stream=True)
    record = fl.train(problem, fl.Adam(lr=0.05), epochs=20, out=tmp_path / "run")
    assert record.test["r2"] > 0.99
    answers = fl.load(tmp_path / "run").predict(x[:5])
    np.testing.assert_allclose(answers, x[:5] @ [1.0, -2.0, 0.5] + 7, atol=1)
