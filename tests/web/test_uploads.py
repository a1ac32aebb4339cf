"""Files that are brought in: safe names, kinds that can be read, nothing overwritten."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from fallline.core.errors import DataError
from fallline.data.load import load
from fallline.web.uploads import Uploads


def put(app, name, body=b"a,b\n1,x\n2,y\n"):
    return app.ask("PUT", f"/uploads/{quote(name, safe='')}", body)


def test_a_file_is_stored_as_it_is_and_can_be_read(app):
    answer = put(app, "small table.CSV")
    assert (answer.status, answer.json) == (201, {"name": "small-table.csv"})
    path = Uploads(app.runs).path("small-table.csv")
    assert path.read_bytes() == b"a,b\n1,x\n2,y\n"
    assert load(path).rows == 2


def test_a_file_is_never_overwritten(app):
    names = [put(app, "twice.csv", body).json["name"] for body in (b"a\n1\n", b"a\n2\n", b"a\n3\n")]
    assert names == ["twice.csv", "twice-2.csv", "twice-3.csv"]
    assert [Uploads(app.runs).path(name).read_bytes()[2:3] for name in names] == [b"1", b"2", b"3"]


@pytest.mark.parametrize(
    "name",
    [
        "../../out.csv",
        "..\\out.csv",
        "/etc/out.csv",
        "nul.csv",
        "con.aux.csv",
        ".csv",
        "a\0b.csv",
        "é" * 300 + ".csv",
        "~/x.csv",
        "<img src=x>.csv",
    ],
)
def test_hostile_names_become_safe_ones(app, name):
    before = set(app.runs.parent.rglob("*"))
    answer = put(app, name)
    assert answer.status in (201, 404), answer.body  # a slash, decoded, makes an address that is not there
    new = set(app.runs.parent.rglob("*")) - before - {app.runs / ".uploads"}
    assert {path.parent for path in new} <= {app.runs / ".uploads"}
    assert all(path.name.isascii() and len(path.name) <= 64 and not path.name.startswith(".") for path in new)
    assert not {path.name.partition(".")[0] for path in new} & {"nul", "con", "aux"}


@pytest.mark.parametrize("name", ["table.exe", "page.html", "noending", "table.csv.svg", "pickle.pkl"])
def test_what_cannot_be_read_is_refused_at_once(app, name):
    answer = put(app, name)
    assert (answer.status, ".parquet" in answer.error) == (400, True)
    assert name not in [path.name for path in (app.runs / ".uploads").glob("*")]


def test_a_bad_file_is_found_when_it_is_read(app):
    name = put(app, "broken.parquet", b"this is no parquet").json["name"]
    with pytest.raises(DataError):
        load(Uploads(app.runs).path(name))


@pytest.mark.parametrize("name", ["../run.json", "small-table", "", ".", "..", "nothing.csv", "a\0.csv"])
def test_only_names_of_files_that_are_there_lead_to_a_file(app, name):
    put(app, "small table.csv")
    with pytest.raises(DataError, match="uploaded"):
        Uploads(app.runs).path(name)


def test_links_out_are_not_followed(tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    uploads = Uploads(tmp_path / "runs")
    uploads.folder.mkdir(parents=True)
    (uploads.folder / "link.csv").symlink_to(secret)
    with pytest.raises(DataError, match="uploaded"):
        uploads.path("link.csv")


def test_a_full_disk_is_said_and_leaves_nothing_behind(app, monkeypatch):
    def full(*_args, **_keywords):
        raise OSError(28, "No space left on device")

    before = sorted((app.runs / ".uploads").glob("*")) if (app.runs / ".uploads").is_dir() else []
    monkeypatch.setattr("fallline.web.uploads.os.link", full)
    answer = put(app, "full.csv")
    assert (answer.status, "no space left" in answer.error) == (400, True)
    assert sorted((app.runs / ".uploads").glob("*")) == before
