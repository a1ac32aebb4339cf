"""What is said when something goes wrong: a sentence, and the traceback to the log alone."""

from __future__ import annotations

import logging

from fallline.web import archive


def test_a_defect_of_ours_is_one_sentence(app, monkeypatch, caplog):
    def broken(_folder):
        raise KeyError("a secret of the server")

    monkeypatch.setattr(archive, "archive", broken)
    with caplog.at_level(logging.ERROR):
        answer = app.get("/runs.json")
    assert (answer.status, answer.headers["content-type"]) == (500, "application/json")
    assert "secret" not in answer.body.decode()
    assert "Traceback" not in answer.body.decode()
    assert "content-security-policy" in answer.headers
    assert "a secret of the server" in caplog.text


def test_a_page_is_asked_for_a_page_is_given(app):
    answer = app.get("/nothing/<b>", Accept="text/html")
    assert answer.status == 404
    assert b"<b>" not in answer.body
    assert b"&lt;b&gt;" in answer.body
