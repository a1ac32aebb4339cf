"""`fallline data`: what is at hand, what it holds, and files fetched from a server of our own."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import HTTPServer, SimpleHTTPRequestHandler

import numpy as np
import pytest
from PIL import Image

CSV = b"cost,day,sold,left\n1.5,2001-01-31,yes,1\n2.5,2001-02-28,no,\n,2001-03-31,yes,3\n"


@pytest.fixture(autouse=True)
def data_folder(workplace, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(workplace / "share"))
    return workplace / "share" / "fallline"


@pytest.fixture
def photos(workplace):
    for i in range(24):
        path = workplace / "photos" / ("day", "night")[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((6 + i, 8), 100 * (i % 2) + i, np.uint8)).save(path)
    return workplace / "photos"


@pytest.fixture
def address(workplace, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    (workplace / "site").mkdir()
    (workplace / "site" / "sales.csv").write_bytes(CSV)

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(workplace / "site"))

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_what_is_at_hand(fallline, data_folder):
    ran = fallline("data")

    assert ran.status == 0
    rows = {line.split()[0]: line.split()[1:4] for line in ran.out.splitlines() if line}
    assert rows["digits"] == ["1,797", "2", "classification"]
    assert rows["diabetes"] == ["442", "11", "regression"]
    assert f"Nothing was fetched yet: fallline data https://… --sha256 HEX puts a file into {data_folder}" in ran.out


def test_what_is_at_hand_as_json(fallline, data_folder):
    told = json.loads(fallline("data", "--json").out)

    assert [each["name"] for each in told["bundled"]] == ["digits", "iris", "wine", "breast_cancer", "diabetes"]
    assert (told["fetched"], told["folder"]) == ([], str(data_folder))


def test_a_data_set_is_described(fallline):
    lines = fallline("data", "iris").out.splitlines()

    assert lines[:2] == ["iris: 150 rows", "target: species (classification, 3 classes)"]
    cells = [line.split("  ") for line in lines]
    assert ["sepal length (cm)", "number float64", "0", "4.3 to 7.9"] in [[c.strip() for c in r if c] for r in cells]
    assert [line.split() for line in lines if line.startswith(("setosa", "versicolor", "virginica"))] == [
        ["setosa", "50"],
        ["versicolor", "50"],
        ["virginica", "50"],
    ]


def test_a_file_is_described_as_json(fallline, workplace):
    (workplace / "sales.csv").write_bytes(CSV)

    told = json.loads(fallline("data", "sales.csv", "--json").out)

    assert (told["name"], told["rows"], told["target"]) == ("sales", 3, None)
    columns = {column.pop("name"): column for column in told["columns"]}
    assert columns["cost"]["missing"] == columns["left"]["missing"] == 1
    assert (columns["cost"]["low"], columns["cost"]["high"]) == ("1.5", "2.5")
    assert (columns["day"]["kind"], columns["day"]["low"][:10], columns["day"]["high"][:10]) == (
        *("date", "2001-01-31", "2001-03-31"),
    )
    assert told["first_rows"][2]["cost"] == ""
    assert len(told["first_rows"]) == 3


def test_images_are_described_with_their_choices(fallline, photos):
    refused = fallline("data", "photos")
    assert refused.status == 2
    assert "--image-size 6,8" in refused.err

    for size in ("6x8", "6,8"):
        told = json.loads(fallline("data", "photos", "--image-size", size, "--json").out)
        assert told["classes"] == {"day": 12, "night": 12}
        assert told["columns"][0]["shape"] == [6, 8]


def test_a_file_is_fetched_described_and_found_by_its_name(fallline, address, data_folder):
    digest = hashlib.sha256(CSV).hexdigest()
    unchecked = fallline("data", f"{address}/sales.csv")
    assert unchecked.status == 2
    assert "--sha256 HEX" in unchecked.err
    wrong = fallline("data", f"{address}/sales.csv", "--sha256", "0" * 64)
    assert (wrong.status, f"has the SHA-256 {digest}" in wrong.err) == (2, True)

    fetched = fallline("data", f"{address}/sales.csv", "--sha256", digest, "--name", "shop")

    assert (fetched.status, fetched.out.splitlines()[:2]) == (
        0,
        [f"fetched: {data_folder / 'shop.csv'}", "shop: 3 rows"],
    )
    assert fallline("data", "shop").out.splitlines()[0] == "shop: 3 rows"
    assert [each["name"] for each in json.loads(fallline("data", "--json").out)["fetched"]] == ["shop"]
    assert "shop" in fallline("data").out


def test_what_is_fetched_as_json_is_one_object(fallline, address):
    ran = fallline("data", f"{address}/sales.csv", "--sha256", hashlib.sha256(CSV).hexdigest(), "--json")

    assert json.loads(ran.out)["name"] == "sales"
    assert "fetched: " in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["http://example.org/a.csv", "--sha256", "0" * 64], "begin with https://"),
        (["https://example.org/a.csv", "--sha256", "0"], "--sha256 0: a SHA-256 is written as 64 hexadecimal digits"),
        (["https://example.org/a", "--sha256", "0" * 64], "as in --name flights.parquet"),
        (["digits", "--sha256", "0" * 64], "belong to a file that is fetched"),
        (["photos", "--image-size", "big"], "--image-size big: write a height and a width"),
        (["digts"], "Did you mean 'digits'"),
    ],
)
def test_what_cannot_be_is_one_line(fallline, words, said):
    ran = fallline("data", *words)

    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert said in ran.err


@pytest.mark.filterwarnings("default")
def test_training_and_predicting_on_a_folder_of_images(fallline, photos):
    (photos / "day" / "x.png").write_bytes(b"no image")
    refused = fallline("train", "photos", "--image-size", "6x8")
    assert (refused.status, "day/x.png" in refused.err, "--broken-images skip" in refused.err) == (2, True, True)
    choices = ["--image-size", "6x8", "--broken-images", "skip"]

    ran = fallline("train", "photos", *choices, "--model", "linear", "--lr", "0.01", "--epochs", "1", "--out", "run")

    assert ran.status == 0, ran.err
    assert "fallline: warning: " in ran.err
    assert "1 of 25 images are left out" in ran.err
    predicted = fallline("predict", "run", "photos", *choices)
    assert set(predicted.out.splitlines()[1:]) <= {"day", "night"}
    assert len(predicted.out.splitlines()) == 25
