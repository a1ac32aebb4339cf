"""Who is answered, and who is not: asked over a socket."""

from __future__ import annotations

import socket

import pytest

from fallline.web import uploads
from fallline.web.guard import BODY, POLICY

OWN = ("playground", "train", "race", "runs")


def test_the_link_sets_a_cookie_and_leads_to_the_same_page_without_the_token(app):
    answer = app.get("/runs?x=1&token=a-token-of-the-tests&y=%26", Cookie=None)
    assert answer.status == 303
    assert answer.headers["location"] == f"http://127.0.0.1:{app.port}/runs?x=1&y=%26"
    name, _, rest = answer.headers["set-cookie"].partition("=")
    assert name == f"fallline-{app.port}"
    attributes = {part.strip().lower() for part in rest.split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/"} <= attributes
    assert app.get("/runs", Cookie=answer.headers["set-cookie"].partition(";")[0]).status == 200


def test_the_link_leads_nowhere_else(app):
    answer = app.get("//evil.example/%0d%0aSet-Cookie:a?token=a-token-of-the-tests", Cookie=None)
    assert answer.headers["location"].startswith(f"http://127.0.0.1:{app.port}/")
    assert "\n" not in answer.headers["location"]


@pytest.mark.parametrize(
    "changes",
    [
        {"Cookie": None},
        {"Cookie": "fallline-1=a-token-of-the-tests"},
        {"Cookie": "{name}=wrong"},
        {"Cookie": "{name}="},
        {"Cookie": "{name}=\xe9"},
        {"Cookie": "=;;==; {name"},
    ],
)
def test_nothing_is_shown_without_the_cookie(app, changes):
    changes = {key: v and v.replace("{name}", f"fallline-{app.port}") for key, v in changes.items()}
    for path in ("/", "/runs", "/runs.json", "/static/shell.js", "/static/colours.css", "/nothing", "/?token=wrong"):
        answer = app.get(path, **changes)
        assert (answer.status, "link" in answer.error) == (403, True)
        assert "a-token" not in answer.body.decode()


@pytest.mark.parametrize("other", ['a={"x": 1}', "a b=c", "@@=1", "no-equals", 'open="'])
def test_cookies_of_other_programs_hide_nothing(app, other):
    assert app.get("/runs", Cookie=f"{other}; fallline-{app.port}=a-token-of-the-tests").status == 200


def test_a_person_is_told_so_by_a_page(app):
    answer = app.get("/runs", Cookie=None, Accept="text/html,*/*")
    assert (answer.status, answer.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert b"opens by the link" in answer.body


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "0.0.0.0:{port}", ""]
)
def test_a_foreign_host_is_refused(app, host):
    answer = app.get("/runs", Host=host.format(port=app.port))
    assert (answer.status, "answers only to" in answer.error) == (421, True)


def test_localhost_is_no_stranger(app):
    assert app.get("/runs", Host=f"localhost:{app.port}").status == 200


def test_two_hosts_are_none(app):
    with socket.create_connection(("127.0.0.1", app.port), timeout=20) as wire:
        wire.sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{app.port}\r\nHost: evil.example\r\n\r\n".encode())
        assert int(wire.recv(100).split()[1]) in (400, 421)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("token", [None, "", "wrong", "a-token-of-the-test", "\xe9"])
def test_changing_needs_the_token(app, method, token):
    answer = app.ask(method, "/runs/none", b"", X_Fallline_Token=token)
    assert (answer.status, "token" in answer.error) == (403, True)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1", ""]
)
def test_changing_is_for_our_own_pages(app, origin):
    answer = app.ask("DELETE", "/runs/none", Origin=origin.format(port=app.port))
    assert (answer.status, "own pages" in answer.error) == (403, True)
    assert app.ask("DELETE", "/runs/none", Origin=f"http://127.0.0.1:{app.port}").status == 404


def test_every_answer_says_what_a_page_may_do(app):
    paths = ["/runs", "/runs.json", "/static/shell.js", "/nothing", "/runs/none/report", "/static/../x"]
    answers = [app.get(path) for path in paths] + [app.get("/runs", Cookie=None), app.get("/runs", Host="x")]
    answers += [app.ask("DELETE", "/runs/none"), app.ask("POST", "/runs", b"", X_Fallline_Token=None)]
    for answer in answers:
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_the_policy_lets_nothing_in_from_elsewhere():
    parts = dict(part.strip().split(" ", 1) for part in POLICY.split(";"))
    assert parts["default-src"] == "'none'"
    assert parts["script-src"] == parts["connect-src"] == parts["form-action"] == "'self'"
    assert not [word for word in POLICY.split() if "http" in word or "*" in word or "eval" in word]


def test_a_long_body_is_refused_before_it_is_read(app):
    answer = app.ask("POST", "/runs", None, Content_Length=str(BODY + 1))
    assert (answer.status, "MB" in answer.error) == (413, True)
    answer = app.ask("PUT", "/uploads/a.csv", None, Content_Length=str(uploads.MOST + 1))
    assert (answer.status, "200 MB" in answer.error) == (413, True)
    assert app.ask("POST", "/runs", None, Content_Length="-1").status in (400, 413)


def test_a_body_that_hides_its_length_is_cut_off(app, monkeypatch):
    monkeypatch.setattr(uploads, "MOST", 3000)
    with socket.create_connection(("127.0.0.1", app.port), timeout=20) as wire:
        head = (
            f"PUT /uploads/hidden.csv HTTP/1.1\r\nHost: 127.0.0.1:{app.port}\r\nX-Fallline-Token: a-token-of-the-tests"
        )
        wire.sendall(f"{head}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range(4):
            wire.sendall(b"3e8\r\n" + b"x" * 1000 + b"\r\n")
        assert wire.recv(100).split()[1] == b"413"
    left = [path.name for path in (app.runs / ".uploads").iterdir()]
    assert not [name for name in left if name.startswith(("hidden", "."))]
