"""Fetching, from a server of our own on this machine, and names that lead nowhere else."""

from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fallline.core.errors import DataError, FalllineError, InvalidValue
from fallline.data import fetch as fetching
from fallline.data import fetched, load, stream

CSV = b"cost,sold\n1.5,2\n2.5,4\n"
SHA256 = hashlib.sha256(CSV).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Answers by the first word of the path."""

    def do_GET(self):
        self.server.asked.append(self.path)
        getattr(self, self.path.split("/")[1])()

    def whole(self, body=CSV, length=None):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def other(self):
        self.whole(b"<html>please log in</html>")

    def short(self):
        self.whole(CSV, len(CSV) + 1)

    def huge(self):
        self.whole(b"", 2**40)

    def endless(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(bytes(3 * 2**20))

    def missing(self):
        self.send_error(404, "Not Found")

    def redirect(self):
        self.lead_to("/whole/sales.csv")

    def elsewhere(self):
        self.lead_to("http://example.invalid/sales.csv")

    def files(self):
        self.lead_to("file:///etc/passwd")

    def lead_to(self, address):
        self.send_response(302)
        self.send_header("Location", address)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked = []
        server.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_file_is_fetched_once_and_found_by_its_name(server, data_folder, tmp_path, monkeypatch):
    told = []
    monkeypatch.chdir(tmp_path)
    path = fetching.fetch(f"{server.address}/whole/sales.csv", SHA256.upper(), progress=lambda *at: told.append(at))
    again = fetching.fetch(f"{server.address}/whole/sales.csv", SHA256)

    assert path == again == data_folder / "sales.csv"
    assert path.read_bytes() == CSV
    assert server.asked == ["/whole/sales.csv"]
    assert told == [(len(CSV), len(CSV))]
    assert fetched.fetched() == {"sales": path}
    table = load("sales")
    assert (table.name, table.source, list(table.columns)) == ("sales", str(path), ["cost", "sold"])
    assert stream("sales").read(0).columns["sold"].tolist() == [2, 4]


def test_a_path_goes_before_the_name_of_a_fetched_file(server, tmp_path, monkeypatch):
    fetching.fetch(f"{server.address}/whole/sales.csv", SHA256)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sales").mkdir()

    with pytest.raises(DataError, match="is a folder"):
        load("sales")


def test_a_fetched_name_is_near_enough_to_be_meant(server, tmp_path, monkeypatch):
    fetching.fetch(f"{server.address}/whole/sales.csv", SHA256)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(DataError, match="Did you mean 'sales'"):
        load("slaes")


def test_a_redirect_within_the_rules_is_followed(server, data_folder):
    assert fetching.fetch(f"{server.address}/redirect/costs.csv", SHA256).name == "costs.csv"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("other/a.csv", f"has the SHA-256 {hashlib.sha256(b'<html>please log in</html>').hexdigest()}, not {SHA256}"),
        ("short/a.csv", f"ended after {len(CSV)} of {len(CSV) + 1} bytes"),
        ("huge/a.csv", "has more than 2,097,152 bytes"),
        ("endless/a.csv", "has more than 2,097,152 bytes"),
        ("missing/a.csv", "the server answers 404, Not Found"),
        ("elsewhere/a.csv", "leads elsewhere: http://example.invalid/sales.csv: .* begin with https://"),
        ("files/a.csv", "url 'file:///etc/passwd' is not allowed"),
    ],
)
def test_what_was_not_asked_for_is_not_kept(server, data_folder, monkeypatch, path, said):
    monkeypatch.setattr(fetching, "LARGEST", 2 * 2**20)

    with pytest.raises(DataError, match=said):
        fetching.fetch(f"{server.address}/{path}", SHA256)
    assert list(data_folder.iterdir()) == []


def test_a_redirect_from_afar_never_leads_to_this_machine():
    fetching.check_redirect("https://example.org/a.csv", "https://example.com/b.csv")

    with pytest.raises(DataError, match=r"leads to http://127.0.0.1/a.csv, which is not https"):
        fetching.check_redirect("https://example.org/a.csv", "http://127.0.0.1/a.csv")


def test_a_data_folder_that_cannot_be_made_says_so(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))

    with pytest.raises(DataError, match="file/fallline cannot be written: Not a directory"):
        fetching.fetch("https://example.org/a.csv", SHA256)


def test_without_a_connection_it_says_what_can_be_done(data_folder, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with HTTPServer(("127.0.0.1", 0), Handler) as closed:
        port = closed.server_port

    with pytest.raises(DataError, match=r"could not be fetched: .*refused.* connection to the internet; .*digits"):
        fetching.fetch(f"http://127.0.0.1:{port}/a.csv", SHA256)
    assert list(data_folder.iterdir()) == []


def test_an_interruption_leaves_nothing(server, data_folder):
    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetching.fetch(f"{server.address}/whole/sales.csv", SHA256, progress=interrupt)
    assert list(data_folder.iterdir()) == []


def test_a_name_that_is_taken_by_another_file_is_refused(server, data_folder):
    data_folder.mkdir()
    (data_folder / "sales.parquet").write_bytes(b"")

    with pytest.raises(DataError, match=r"sales.parquet is there already, with the SHA-256 e3b0.*pass name="):
        fetching.fetch(f"{server.address}/whole/sales.csv", SHA256)
    assert fetching.fetch(f"{server.address}/whole/sales.csv", SHA256, "sales-2").name == "sales-2.csv"


@pytest.mark.parametrize(
    ("url", "name", "said"),
    [
        ("http://example.org/a.csv", None, "begin with https://"),
        ("http://localhost.example.org/a.csv", None, "begin with https://"),
        ("ftp://example.org/a.csv", None, "begin with https://"),
        ("file:///etc/passwd", None, "begin with https://"),
        ("https://", None, "begin with https://"),
        ("https://[::1/a.csv", None, "no address"),
        ("https://example.org/a.tar.gz", None, "how to read it.*CSV .*IDX .*Parquet"),
        ("https://example.org/", None, "how to read it"),
        ("https://example.org/.csv", None, "how to read it"),
        ("https://example.org/digits.csv", None, "'digits' is a data set that is always at hand"),
        ("https://example.org/a.csv", "../a", "a name begins with"),
        ("https://example.org/a.csv", "", "a name begins with"),
    ],
)
def test_impossible_requests_are_refused_before_anything_is_asked(data_folder, url, name, said):
    with pytest.raises(FalllineError, match=said):
        fetching.fetch(url, SHA256, name)
    assert not data_folder.exists()


@pytest.mark.parametrize("sha256", ["", "abc", SHA256 + "0", "g" * 64])
def test_a_sum_that_is_none_is_refused(sha256):
    with pytest.raises(InvalidValue, match="64 hexadecimal digits"):
        fetching.fetch("https://example.org/a.csv", sha256)


@given(st.text(max_size=200), st.sampled_from([".csv", ".parquet", "-images-idx3-ubyte.gz", ".NPZ"]))
def test_a_file_name_is_one_plain_part_of_a_path(text, end):
    try:
        name = fetching.file_name(f"https://example.org/{text}{end}")
    except InvalidValue:
        return
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert name[0].isalnum()
    assert len(name) <= 120
    assert fetched.stem(name)
    assert fetching.file_name(f"https://example.org/{name}") == name


@given(st.from_regex(r"[a-z][a-z0-9_-]{0,20}", fullmatch=True))
def test_a_plain_name_is_kept(name):
    assert fetching.file_name("https://example.org/x.csv", f"{name}.csv") == f"{name}.csv"
    assert fetching.file_name(f"https://example.org/{name}.csv") == f"{name}.csv"
