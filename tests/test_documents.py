"""The documents tell the truth: their snippets run, and what is generated follows the classes."""

import dataclasses
import html
import importlib
import inspect
import os
import re
import shlex
import subprocess
import sys
import types
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from fallline.cli.main import main
from fallline.compose import COMPOSITIONS
from fallline.core.formula import FUNCTIONS
from fallline.findings import CAUSES
from fallline.lab.pictures import PICTURES
from fallline.methods import METHODS
from fallline.probes import PROBES
from fallline.problems import catalogue, yardsticks
from fallline.problems.surfaces import SURFACES
from fallline.schedules import SCHEDULES
from fallline.solvers import SOLVERS

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


DRAWN = ["sgd", "backtracking", "lbfgs", "piecewise", "rosenbrock", "doublewell", "gradnorm", "clipnorm"]


@pytest.fixture(scope="session")
def pages():
    """The modules that write the reference."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "docs"))
        names = ("finding", "function", "method", "picture", "schedule", "surface", "probe")
        yield {name: importlib.import_module(f"pages.{name}") for name in names}


@pytest.fixture(scope="session")
def reference(pages, tmp_path_factory):
    """The pages of a few classes, with their pictures."""
    folder = tmp_path_factory.mktemp("reference")
    importlib.import_module("reference").write(folder, DRAWN)
    return folder


def written(pages, registry, cls):
    """A class's page, without drawing."""
    nothing = pages["method"].Picture("x.svg", "")
    match registry:
        case "schedules" | "surfaces":
            return pages[registry.removesuffix("s")].page(cls, nothing)
        case "probes":
            return pages["probe"].page(cls)
        case "causes":
            return pages["finding"].page(cls)
        case "pictures":
            return pages["picture"].page(cls, nothing, "")
    return pages["method"].page(cls)


REGISTRIES = {
    "methods": METHODS,
    "solvers": SOLVERS,
    "compositions": COMPOSITIONS,
    "schedules": SCHEDULES,
    "probes": PROBES,
    "surfaces": SURFACES,
    "pictures": PICTURES,
    "causes": CAUSES,
}
CLASSES = [
    pytest.param(title, cls, id=f"{title}-{name}")
    for title, registry in REGISTRIES.items()
    for name, cls in registry.items()
]


@pytest.mark.parametrize(("section", "cls"), CLASSES)
def test_a_page_tells_what_its_class_says(pages, section, cls):
    text = written(pages, section, cls)
    assert text.startswith(f"# {cls.__name__}\n")
    plain = html.unescape(text.replace("\\", ""))
    assert cls.HEADLINE in plain
    own = inspect.cleandoc(cls.__doc__ or "").partition("Args:")[0]
    for line in own.splitlines():
        words = " ".join(re.sub(r"^(State|Cost a step|Source|Deviations|Example):", "", line).split())
        assert words in " ".join(plain.split())
    for equations in [p for p in own.split("\n\n") if "←" in p and not p.endswith(".")]:
        assert f"```text\n{equations}\n```" in text
    for field in dataclasses.fields(cls):
        (row,) = [row for row in text.splitlines() if row.startswith(f"| `{field.name}` | ")]
        default = "required" if field.default is dataclasses.MISSING else f"`{field.default!r}`"
        cells = [cell.strip().replace("\\", "") for cell in re.split(r"(?<!\\)\|", row)]
        assert (cells[2], cells[5]) == (default, field.metadata["meta"].help)
    for folder, name in re.findall(r"\]\(\.\./(\w+)/(\w+)\.md\)", text):
        assert name in REGISTRIES[folder]


@pytest.mark.parametrize("cls", METHODS.values(), ids=list(METHODS))
def test_a_method_stands_in_its_family_and_in_other_libraries(pages, cls):
    text = written(pages, "methods", cls)
    children = [other for other in [*METHODS.values(), *SOLVERS.values()] if cls in other.PARENTS]
    for kin in [*cls.PARENTS, *children]:
        assert f"[{kin.__name__}](../methods/{kin.name()}.md)" in text
    assert ("## In other libraries" in text) == bool(cls.LIKE)
    for told in cls.LIKE.values():
        assert (told if isinstance(told, str) else told.target) in text.replace("\\", "")
    for library, told in cls.LIKE.items():
        if library == "torch" and not isinstance(told, str):
            call = next(line for line in text.splitlines() if line.startswith("fl."))
            here = {"fl": types.SimpleNamespace(**{c.__name__: c for c in [*METHODS.values(), *COMPOSITIONS.values()]})}
            assert repr(eval(call, here)) == repr(cls.like("torch"))


def test_pages_show_their_pictures(reference):
    shown = {page.stem: re.findall(r"\]\((\S+\.svg)\)", page.read_text()) for page in reference.glob("*/*.md")}
    for name in ("sgd", "backtracking", "lbfgs"):
        assert shown[name] == [f"{name}-ravine.svg", f"{name}-saddle.svg"]
    for name in ("piecewise", "rosenbrock", "doublewell"):
        assert shown[name] == [f"{name}.svg"]
    for picture in reference.glob("*/*.svg"):
        assert ElementTree.fromstring(picture.read_text()).get("class") == "fallline-figure"
    assert len(list(reference.glob("*/*.svg"))) == 9


def test_the_caption_tells_the_best_rate(reference):
    """Closed forms: on the ravine both coordinates shrink by powers, on the saddle one of them grows."""
    rates = np.array([0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10])
    text = (reference / "methods/sgd.md").read_text()
    with np.errstate(over="ignore"):
        ravine = ((3.5 * (1 - rates) ** 100) ** 2 + 100 * (1 - 100 * rates) ** 200) / 2
    assert f"lr = {rates[np.argmin(ravine)]:g} is the best of 9 rates from 0.001 to 10" in text
    x, y = 1.2 * (1 - 2 * rates) ** 20, 0.001 * (1 + 2 * rates) ** 20
    saddle = np.where((abs(x) < 1.5) & (abs(y) < 1.5), x**2 - y**2, np.inf)
    assert text.count(f"lr = {rates[np.argmin(saddle)]:g} is the best of 9 rates from 0.001 to 10") == 1
    drawn = (reference / "methods/sgd-ravine.svg").read_text()
    assert f"SGD goes from (-3.5, 1) to ({-3.5 * 0.99**100:.4g}, 0) in 100 steps" in drawn


def test_every_class_is_in_an_index(reference):
    for title, registry in REGISTRIES.items():
        text = (reference / title / "index.md").read_text()
        assert f"({title}/index.md)" in (reference / "index.md").read_text()
        for name, cls in registry.items():
            assert f"[{cls.__name__}]({name}.md)" in text
    family = (reference / "methods/family.md").read_text()
    for cls in [*METHODS.values(), *SOLVERS.values()]:
        assert len(re.findall(rf"^ *- \[{cls.__name__}\]", family, re.MULTILINE)) == 1


def test_losses_and_metrics_have_pages_and_are_in_an_index(reference, pages):
    written = pages["function"]
    for title, package in written.FUNCTIONS.items():
        folder = reference / title.lower()
        for name in catalogue.names(package):
            function = getattr(importlib.import_module(f"{package}.{name}"), name)
            assert f"[{name}]({name}.md)" in (folder / "index.md").read_text()
            text = html.unescape(written.page(title, name).replace("\\", ""))
            own = inspect.cleandoc(function.__doc__)
            plain = " ".join(text.split())
            assert all(" ".join(line.split()) in plain for line in own.partition("Args:")[0].splitlines())
            for parameter in inspect.signature(function).parameters.values():
                default = "required" if parameter.default is parameter.empty else f"`{parameter.default!r}`"
                assert f"| `{parameter.name}` | {default} | " in text


def test_every_yardstick_is_in_the_reference_with_its_published_numbers(reference):
    assert "(yardsticks.md)" in (reference / "index.md").read_text()
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", (reference / "yardsticks.md").read_text(), re.M | re.S))
    assert tuple(sections) == yardsticks.names()
    for name, text in sections.items():
        found = yardsticks.find(name)
        plain = " ".join(text.replace("\\", "").split())
        assert all(" ".join(line.split()) in plain for line in inspect.cleandoc(found.build.__doc__).splitlines())
        for number in found.published:
            assert f"| `{number.label}` | {number.value:g} | {number.what} | {number.source} |" in plain


def test_the_page_of_yardsticks_knows_every_yardstick():
    text = (ROOT / "docs/yardsticks.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+:\w+)` .* \| (\w+) \|$", text, re.MULTILINE))
    assert rows == {name: yardsticks.find(name).measure for name in yardsticks.names()}


def test_the_page_of_findings_has_the_table_of_causes(pages):
    document = (ROOT / "docs/findings.md").read_text()
    assert pages["finding"].renewed(document) == document, "make docs writes it anew"
    assert all(f"| `{name}` | " in document for name in CAUSES)


def test_the_page_of_probes_has_the_table_of_probes(pages):
    document = (ROOT / "docs/probes.md").read_text()
    assert pages["probe"].renewed(document) == document, "make docs writes it anew"
    assert all(f"| `{cls.__name__}` | " in document for cls in PROBES.values())
    asked = document.partition("## Which to ask")[2].partition("##")[0]
    assert all(f"`{cls.__name__}`" in asked for cls in PROBES.values() if cls.__name__ != "GradNorm")


def test_the_page_of_views_knows_every_function_of_a_formula():
    page = (ROOT / "docs/view.md").read_text()
    listed = re.search(r"these functions: (.*?)\. With", page, re.DOTALL)[1]
    assert set(re.findall(r"[a-z]+\d*", listed)) - {"the", "natural", "one"} == set(FUNCTIONS)


def test_the_page_of_metrics_knows_every_metric():
    text = (ROOT / "docs/metrics.md").read_text()
    assert set(re.findall(r"^\| `(\w+)", text, re.MULTILINE)) >= set(catalogue.names("fallline.problems.metrics"))


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


EVERYWHERE = """
import runpy, sys
import pytest
import fallline as fl
from fallline.cli.main import main

assert main(["methods"]) == 0
print("\\f", fl.SignDescent(lr=0.5), "\\f")
sys.argv[1:] = ["out", "signdescent"]
sys.path.insert(0, "docs")
runpy.run_path("docs/reference.py", run_name="__main__")
sys.exit(pytest.main(["tests/contract", "-q", "-k", "signdescent", "-p", "no:cacheprovider"]))
"""


def test_a_new_method_is_one_file(tmp_path):
    """It appears on the command line, in the reference, as an attribute and in the battery, with no other edit."""
    for name in ("src", "tests", "docs"):
        copy = ["cp", "-r", str(ROOT / name), str(tmp_path / name)]
        subprocess.run(copy, check=True)
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    (tmp_path / "src/fallline/methods/sign_descent.py").write_text(NEW_METHOD)

    environment = {
        "PYTHONPATH": f"{tmp_path / 'src'}:{tmp_path}",
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "XLA_FLAGS": os.environ.get("XLA_FLAGS", ""),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # what others plug in may be imported by then
    }
    command = [sys.executable, "-c", EVERYWHERE]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    methods, attribute, battery = done.stdout.split("\f")
    assert "Descend by the gradient's sign alone" in methods
    assert attribute.strip().startswith("SignDescent(lr=0.5")
    assert "SignDescent" in (tmp_path / "out/methods/index.md").read_text()
    assert "W ← W − lr · sign(g)" in (tmp_path / "out/methods/signdescent.md").read_text()
    assert "SignDescent goes from" in (tmp_path / "out/methods/signdescent-ravine.svg").read_text()
    assert re.search(r"\d\d? passed", battery)
