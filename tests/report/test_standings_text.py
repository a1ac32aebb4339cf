from __future__ import annotations

import dataclasses
import math

from fallline.report.standings_text import standings_text


def test_columns_are_aligned_under_the_verdict(make_view):
    lines = standings_text(make_view(notes=("Mind the edge.",))).splitlines()
    assert lines == [
        "No method wins. They are not distinguishable.",
        "",
        "   method              validation loss     95 % interval  learning rate  group",
        "1  adam                         0.0500  0.0485 to 0.0515           0.01      1",
        "2  momentum(beta=0.9)           0.0550  0.0534 to 0.0567           0.01      1",
        "3  sgd                          0.0600  0.0582 to 0.0618           0.01      2",
        "Mind the edge.",
    ]


def test_what_is_not_known_is_left_out_and_what_failed_says_so(make_view):
    bare = {"low": math.nan, "high": math.nan, "group": 0, "lr": None}
    view = make_view()
    rows = [dataclasses.replace(row, **bare) for row in view.rows]
    rows[2] = dataclasses.replace(rows[2], mean=math.inf, note="diverged on 2 of 10 seeds")
    lines = standings_text(dataclasses.replace(view, rows=tuple(rows))).splitlines()
    assert lines[2].split() == ["method", "validation", "loss"]
    assert lines[5].split() == ["3", "sgd", "failed"]
    assert lines[6] == "sgd: diverged on 2 of 10 seeds"
    assert standings_text(dataclasses.replace(view, rows=())) == view.verdict


def test_what_else_was_chosen_stands_after_the_learning_rate(make_view):
    view = make_view(labels=("adam", "sgd"))
    chosen = ({"batch_size": 16, "b1": 0.123456789, "schedule": "none"}, {"batch_size": "full", "schedule": "cosine"})
    rows = tuple(dataclasses.replace(row, chosen=each) for row, each in zip(view.rows, chosen, strict=True))
    assert standings_text(dataclasses.replace(view, rows=rows)).splitlines()[2:] == [
        "   method  validation loss     95 % interval  learning rate  batch size        b1  schedule  group",
        "1  adam             0.0500  0.0485 to 0.0515           0.01          16  0.123457      none      1",
        "2  sgd              0.0550  0.0534 to 0.0567           0.01        full              cosine      1",
    ]
