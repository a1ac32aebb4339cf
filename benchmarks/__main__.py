"""`python -m benchmarks [NAME ...]`: run them, print the rows, write RESULTS.md when all were run."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.measure import Row

NAMES = ("startup", "small_network", "fashion_mlp", "convolution", "optimiser_step", "quality", "memory")
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
    packages = ", ".join(f"{name} {version(name)}" for name in ("fallline", "jax", "torch", "scikit-learn", "numpy"))
    return f"{os.cpu_count()} cores, {model}; Python {platform.python_version()}, {packages}"


def main() -> None:
    """Run the benchmarks named on the command line, or all."""
    chosen = sys.argv[1:] or NAMES
    sections = []
    for name in chosen:
        print(f"{name} …", flush=True)
        module = importlib.import_module(f"benchmarks.{name}")
        rows = module.rows()
        for row in rows:
            print(
                f"  {'MISS' if row.met is False else 'ok  '} {row.what}: {row.measured} (asked {row.asked}) {row.note}"
            )
        sections.append(f"## {name.replace('_', ' ').capitalize()}\n\n{module.__doc__.strip()}\n\n{table(rows)}\n")
    if tuple(chosen) == NAMES:
        head = f"# Results\n\nMeasured {datetime.now(UTC):%Y-%m-%d} on {machine()}, by `make bench`, in one run.\n"
        RESULTS.write_text("\n".join([head, *sections]))
        print(f"written to {RESULTS}")


if __name__ == "__main__":
    main()
