"""Standard output and standard error: what goes where, whatever a user's file prints, and when nobody reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

import fallline as fl

TALKATIVE = """
import warnings

import jax
import jax.numpy as jnp
import fallline as fl

print("reading the file")
warnings.warn("two\\nlines", stacklevel=1)
x = jnp.linspace(-1, 1, 64)[:, None]

def loss(p, batch):
    print("tracing")
    jax.debug.print("computing")
    return (batch.x @ p["w"] - batch.y) ** 2

line = fl.Problem(init=lambda key: {"w": jnp.zeros(1)}, loss=loss, data=(x, 3 * x[:, 0]), name="line")
"""


@pytest.fixture
def talkative(workplace):
    (workplace / "mine.py").write_text(TALKATIVE)
    return ["mine.py:line", "--epochs", "1", "--batch", "full"]


@pytest.mark.filterwarnings("default")
def test_json_is_alone_on_standard_output(fallline, talkative):
    ran = fallline("train", *talkative, "--json", "--out", "run")
    assert json.loads(ran.out)["outcome"] == "finished"
    for said in ("reading the file", "tracing", "computing"):
        assert said in ran.err


@pytest.mark.filterwarnings("default")
def test_a_warning_is_one_line(fallline, talkative):
    ran = fallline("train", *talkative)
    assert ran.err == "fallline: warning: two lines\n"


def test_an_error_in_the_users_file_is_one_line(fallline, workplace):
    (workplace / "mine.py").write_text("def line():\n    raise ValueError('seed=3 is not mine')\n")
    ran = fallline("train", "mine.py:line")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "fallline: mine.py, line 2: ValueError: seed=3 is not mine\n"


def test_an_error_is_said_without_the_remark_that_jax_adds(fallline):
    ran = fallline("train", "iris", "--model", "cnn(8)")
    assert ran.err.startswith("fallline: cnn needs images")
    assert ran.err.endswith("Use mlp, or reshape the column.\n")


def test_a_run_goes_on_when_its_reader_leaves(workplace):
    reading, writing = os.pipe()
    os.close(reading)
    words = [sys.executable, "-m", "fallline", "train", "iris", "--epochs", "1", "--out", "run"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(workplace / "caches")}
    ran = subprocess.run(words, stdout=writing, stderr=subprocess.PIPE, text=True, env=environment)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert fl.load("run").outcome == "finished"
