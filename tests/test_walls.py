"""The walls of the house: imports point downwards, jax comes late or never, and one package compiles."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "fallline"

BELOW = {
    "core": set(),
    "schedules": {"core"},
    "probes": {"core"},
    "data": {"core"},
    "compose": {"core"},
    "solvers": {"core"},
    "methods": {"core", "schedules", "compose"},
    "dialects": {"core", "schedules", "compose", "methods"},
    "problems": {"core", "data"},
    "record": {"core"},
    "figures": {"core", "record"},
    "report": {"core", "record", "figures"},
    "engine": {"core", "schedules", "compose", "solvers", "probes", "data", "methods", "problems", "record", "report"},
}
BELOW["lab"] = {*BELOW["engine"], "engine", "figures"}
BELOW["findings"] = {*BELOW["lab"], "lab"}
BELOW["web"] = {*BELOW["findings"], "findings", "dialects"}
BELOW["cli"] = {*BELOW["web"], "web"}

UPWARD = {
    ("core.method", "dialects"): "Method.like reads how the libraries write it",
    ("record.diagnosis", "report"): "a notebook shows what was found, and saving it writes the report anew",
    ("record.finding", "figures"): "a finding draws its evidence",
    ("record.record", "engine"): "record.predict runs the model",
    ("record.record", "figures"): "record.plot draws",
    ("record.record", "report"): "a notebook shows a record as a card",
}
"""The lazy calls upwards, made inside functions of one class that users hold in their hands."""

COMPILES = {"jit", "scan", "fori_loop", "while_loop", "vmap", "pmap", "shard_map"}
MAY_COMPILE = {
    "lab.check_gradient": "it evaluates the user's function many times, and takes no training step",
    "core.fusion": "it compiles a line of its own to see whether the compiler joins loops",
    "core.loop": "the one loop that a rule may use, in whichever namespace runs it",
}


def modules() -> list[Path]:
    """Return every source file that lies in a package."""
    return sorted(SOURCE.glob("*/**/*.py"))


def dotted(file: Path) -> str:
    """Return a file's module name within the package: `core.node`."""
    parts = file.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imported(file: Path, at_import: bool = False) -> frozenset[str]:
    """Return the names that a file imports: anywhere, or only those that importing it imports."""
    found = set()
    for node in statements(ast.parse(file.read_text()), at_import):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative imports hide where they point"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def statements(tree: ast.AST, at_import: bool) -> Iterator[ast.AST]:
    """Yield the nodes of a tree; with `at_import`, only what runs when the module is imported."""
    for node in ast.iter_child_nodes(tree):
        yield node
        later = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        typing_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if not (at_import and (later or typing_only)):
            yield from statements(node, at_import)


def ours(names: frozenset[str]) -> set[str]:
    """Return the imported names within the package, as `core.node.Node`."""
    return {name.removeprefix("fallline.") for name in names if name.startswith("fallline.")}


@pytest.mark.parametrize("file", modules(), ids=dotted)
def test_imports_point_downwards(file: Path) -> None:
    package = dotted(file).partition(".")[0]
    assert package in BELOW, f"{package} has no place in the house yet: say what lies below it"
    late = ours(imported(file)) - ours(imported(file, at_import=True))
    for name in ours(imported(file)) - {"__version__"}:
        target = name.partition(".")[0]
        if name in late and (dotted(file), target) in UPWARD:
            continue
        assert target == package or target in BELOW[package], f"{dotted(file)} reaches up to {name}"


@pytest.mark.parametrize(
    "package",
    ["core", "schedules", "compose", "solvers", "methods", "dialects", "probes", "record", "figures", "report", "data"],
)
def test_importing_does_not_import_jax(package: str) -> None:
    names = [dotted(file) for file in sorted((SOURCE / package).rglob("*.py"))]
    code = "import sys\n" + "\n".join(f"import fallline.{n}" for n in names) + "\nsys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("package", ["record", "figures", "report"])
def test_a_finished_run_opens_without_jax(package: str) -> None:
    """Neither at import nor inside a function, nor through anything of ours that is imported at import."""
    for file in sorted((SOURCE / package).rglob("*.py")):
        assert not {n for n in imported(file) if n.partition(".")[0] in ("jax", "jaxlib", "optax")}, dotted(file)
    seen, waiting = set(), sorted((SOURCE / package).rglob("*.py"))
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        names = imported(file, at_import=True)
        assert not {n for n in names if n.partition(".")[0] in ("jax", "jaxlib", "optax")}, dotted(file)
        for name in ours(names):
            parts = name.split(".")
            waiting += [path for end in range(1, len(parts) + 1) for path in files_of(parts[:end])]
    assert len(seen) > 3


def files_of(parts: list[str]) -> list[Path]:
    """Return the source file of a module, if there is one."""
    stem = SOURCE.joinpath(*parts)
    return [file for file in (stem.with_suffix(".py"), stem / "__init__.py") if file.exists()]


@pytest.mark.parametrize("file", [f for f in modules() if not dotted(f).startswith("engine")], ids=dotted)
def test_only_the_engine_compiles(file: Path) -> None:
    used = {name.rpartition(".")[2] for name in imported(file) if name.startswith("jax")}
    used |= {node.attr for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Attribute)}
    assert bool(used & COMPILES) == (dotted(file) in MAY_COMPILE), f"{dotted(file)}: compiling is the engine's work"


def test_the_cheap_import_is_cheap() -> None:
    heavy = ["jax", "numpy", "polars", "sklearn", "scipy", "rich"]
    code = f"import sys, fallline\nsys.exit(bool(set({heavy}) & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
