"""`python -m benchmarks [NAME ...]`: run all or some, print the rows, and write their sections of RESULTS.md.

`torture` stands for the long ones, in which faults are made for real and counted.
"""

from __future__ import annotations

import importlib
import os
import platform
import re
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from benchmarks.measure import Row

NAMES = (
    "startup",
    "small_network",
    "fashion_mlp",
    "convolution",
    "optimiser_step",
    "quality",
    "memory",
    "streaming",
    "batch_variants",
    "images",
    "auto_lr",
    "race",
    "view",
    "landscape",
    "streams",
    "playground",
    "findings",
    "held_back",
    "probes",
    "checkpoint",
    "devices",
    "determinism",
)
TORTURE = ("kills", "hosts", "flips", "fuzz", "soak")
HEAD = "# Results\n\nBy `make bench` and `make torture`; each section says when and where it was measured."
RESULTS = Path(__file__).parent / "RESULTS.md"


def table(rows: list[Row]) -> str:
    """Return the rows as Markdown."""
    marks = {True: "yes", False: "**no**", None: "–"}
    lines = ["| what | measured | asked | met | note |", "|---|---|---|---|---|"]
    lines += [f"| {r.what} | {r.measured} | {r.asked} | {marks[r.met]} | {r.note} |" for r in rows]
    return "\n".join(lines)


def machine() -> str:
    """Return what the numbers were measured on."""
    model = platform.processor() or platform.machine()
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        lines = cpus.read_text().splitlines()
        model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), model)
    names = ("fallline", "jax", "torch", "scikit-learn", "numpy")
    packages = ", ".join(f"{name} {version(name)}" for name in names if find_spec(name.replace("scikit-", "sk")))
    return f"{os.cpu_count()} cores, {model}; Python {platform.python_version()}, {packages}"


def section(name: str, module: ModuleType, rows: list[Row]) -> str:
    """Return one benchmark's part of the results, with its day and machine."""
    assert module.__doc__ is not None
    measured = f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine()}."
    return f"## {_title(name)}\n\n{module.__doc__.strip()}\n\n{measured}\n\n{table(rows)}\n"


def written(old: str, sections: dict[str, str]) -> str:
    """Return the results with some sections replaced; they stand in the order of the names."""
    found = {part.partition("\n")[0]: f"## {part}" for part in re.split(r"^## ", old, flags=re.MULTILINE)[1:]}
    found |= {_title(name): text for name, text in sections.items()}
    ordered = [found[_title(name)].rstrip() for name in (*NAMES, *TORTURE) if _title(name) in found]
    return "\n\n".join([HEAD, *ordered]) + "\n"


def main() -> None:
    """Run the benchmarks named on the command line, or all."""
    asked = sys.argv[1:] or NAMES
    for name in TORTURE if asked == ["torture"] else asked:
        print(f"{name} …", flush=True)
        module = importlib.import_module(f"benchmarks.{name}")
        rows = module.rows()
        for row in rows:
            print(
                f"  {'MISS' if row.met is False else 'ok  '} {row.what}: {row.measured} (asked {row.asked}) {row.note}"
            )
        old = RESULTS.read_text() if RESULTS.exists() else ""
        RESULTS.write_text(written(old, {name: section(name, module, rows)}))


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


if __name__ == "__main__":
    main()
