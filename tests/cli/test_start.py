"""What starting the command costs, and how it ends: a real process each."""

from __future__ import annotations

import os
import subprocess
import sys

IMPORTED = """
import sys
from fallline.cli.main import main
for words in sys.argv[1:]:
    status = main(words.split())
    heavy = {"jax", "numpy", "optax", "polars", "scipy", "sklearn", "torch"} & set(sys.modules)
    if status or heavy:
        sys.exit(f"{words}: status {status}, imported {heavy}")
    print(end="\\f")
"""


def test_nothing_heavy_is_imported_to_explain_itself():
    words = ["--help", "--version", "methods", "methods adam"]
    words += [f"{command} --help" for command in ("train", "compare", "data", "ui")]
    ran = subprocess.run([sys.executable, "-c", IMPORTED, *words], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    *said, end = ran.stdout.split("\f")
    assert len(said) == len(words)
    assert all(each.strip() for each in said)
    assert end == ""


def test_the_module_is_the_command():
    ran = subprocess.run([sys.executable, "-m", "fallline", "--version"], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (0, "fallline 0.1.0\n")


def test_an_error_is_one_line_and_status_2():
    ran = subprocess.run([sys.executable, "-m", "fallline", "methods", "adan"], capture_output=True, text=True)
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert ran.stderr == "fallline: unknown method 'adan'. Did you mean 'adam', 'radam' or 'nadam'?\n"


def test_a_reader_that_leaves_ends_it_quietly():
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "fallline", "methods"]
    ran = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (141, "")
