"""The documents tell the truth: their snippets run, and what is generated follows the classes."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from fallline.cli.main import main

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def snippets(language):
    found = []
    for document in DOCUMENTS:
        for i, code in enumerate(re.findall(rf"```{language}\n(.*?)```", document.read_text(), re.DOTALL)):
            found.append(pytest.param(code, id=f"{document.name}-{i}"))
    return found


@pytest.mark.parametrize("code", snippets("python"))
def test_python_snippets_run(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "snippet", "exec"), {"__name__": "snippet"})


@pytest.mark.parametrize("code", snippets("console"))
def test_console_snippets_run(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for line in code.splitlines():
        words = shlex.split(line.removeprefix("$ "), comments=True)
        if words[0] == "make":
            assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
        else:
            assert main(words[1:]) == 0


def test_links_lead_somewhere():
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} → {target}"


NEW_METHOD = '''"""A new method."""

from __future__ import annotations

from typing import Any

from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper


class SignDescent(Method):
    """Descend by the gradient's sign alone.

    W ← W − lr · sign(g)

    State: none. Cost a step: one gradient, no copy of the parameters.

    Source: J. Bernstein et al., signSGD, 2018, arXiv 1802.04434, algorithm 1.

    Example:
        >>> SignDescent(lr=0.5).lr
        0.5
    """

    lr: Scalar = hyper(0.001, range="(0, inf)", units="parameter", help="step size", rate=True)

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Step by the sign."""
        return -self.lr * xp.sign(g), {}
'''


def test_a_new_method_is_one_file(tmp_path):
    """It appears on the command line, in the reference, as an attribute and in the battery, with no other edit."""
    for name in ("src", "tests", "docs"):
        copy = ["cp", "-r", str(ROOT / name), str(tmp_path / name)]
        subprocess.run(copy, check=True)
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    (tmp_path / "src/fallline/methods/sign_descent.py").write_text(NEW_METHOD)

    def run(*command):
        environment = {"PYTHONPATH": f"{tmp_path / 'src'}:{tmp_path}", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
        done = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "Descend by the gradient's sign alone" in run("-m", "fallline", "methods")
    assert run("-c", "import fallline as fl; print(fl.SignDescent(lr=0.5))").startswith("SignDescent(lr=0.5")
    run("docs/reference.py", "out")
    assert "SignDescent" in (tmp_path / "out/methods/index.md").read_text()
    battery = run("-m", "pytest", "tests/contract", "-q", "-k", "signdescent", "-p", "no:cacheprovider")
    assert re.search(r"\d\d? passed", battery)
