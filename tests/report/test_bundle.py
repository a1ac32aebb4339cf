"""The modules keep the rules by which they become one script."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from fallline.report.bundle import SCRIPTS, bundle, order

MODULES = sorted(path.stem for path in SCRIPTS.glob("*.js"))
SOURCES = {name: (SCRIPTS / f"{name}.js").read_text("utf-8") for name in MODULES}


def test_a_page_uses_every_module_and_each_after_those_that_it_imports():
    found = order("player")
    assert sorted(found) == MODULES
    for name in found:
        needed = re.findall(r'from "\./(\w+)\.js"', SOURCES[name])
        assert all(found.index(need) < found.index(name) for need in needed)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_one_line_imports_and_plain_exports(name):
    lines = SOURCES[name].splitlines()
    assert len(lines) < 300
    for line in lines:
        if line.startswith("import"):
            assert re.fullmatch(r'import \{\w+(, \w+)*\} from "\./\w+\.js";', line)
        if line.startswith("export"):
            assert re.match(r"export (async )?(const|function|class) \w+", line)
        assert not re.match(r"\s+(import|export)\b", line)
        assert "import(" not in line


def test_what_is_exported_has_one_name_and_what_is_imported_is_exported():
    exports = {
        name: re.findall(r"^export (?:\w+ )*?(?:const|function|class) (\w+)", SOURCES[name], re.M) for name in MODULES
    }
    every = [name for names in exports.values() for name in names]
    assert len(every) == len(set(every))
    for source in SOURCES.values():
        for names, module in re.findall(r'import \{(.*)\} from "\./(\w+)\.js";', source):
            assert set(names.split(", ")) <= set(exports[module])


def test_a_module_says_what_it_is():
    assert all(source.startswith("// ") for source in SOURCES.values())


def test_the_script_is_free_of_imports_and_of_what_would_end_it():
    script = bundle("player")
    assert not re.search(r"^\s*(import|export)\b", script, re.M)
    assert "</script" not in script.lower()
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", script)


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
def test_the_script_is_a_program(tmp_path):
    (tmp_path / "player.js").write_text(bundle("player"), "utf-8")
    subprocess.run(["node", "--check", tmp_path / "player.js"], check=True, capture_output=True)
