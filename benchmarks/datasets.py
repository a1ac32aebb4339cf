"""The real data that the benchmarks run on, fetched once into the user's data folder."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tarfile
from pathlib import Path

import numpy as np

import fallline as fl
from fallline.data.table import Table

FASHION = Path("/usr/share/datasets/fashion-mnist")
FLIGHTS = ("vega-datasets@3.2.1", "package/data/flights-3m.parquet")
FLIGHTS_SHA256 = "dbeb920c90f59b6ccaff823dcc3d08f25a97fa1ce128d93f40be4e931f5900b0"


def folder() -> Path:
    """Return the user's data folder, made if it is not there."""
    base = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local/share")) / "fallline"
    base.mkdir(parents=True, exist_ok=True)
    return base


def fashion() -> Table:
    """Return Fashion-MNIST, 60,000 + 10,000 images, from Debian's package `dataset-fashion-mnist`."""
    if not FASHION.exists():
        print("installing Debian's package dataset-fashion-mnist …", flush=True)
        subprocess.run(["apt-get", "install", "-y", "-q", "dataset-fashion-mnist"], check=True, capture_output=True)
    return fl.data.load(FASHION)


def fashion_arrays() -> tuple[np.ndarray, np.ndarray]:
    """Return the 60,000 training images as float32 rows of 784, scaled to mean 0 and deviation 1, and their labels."""
    table = fashion()
    images = np.asarray(table.columns["image"], np.float32).reshape(-1, 784) / 255
    return (images - images.mean()) / images.std(), np.asarray(table.columns["label"], np.int32)


def flights() -> Path:
    """Return the path of three million flights, fetched with `npm pack` and checked by its SHA-256."""
    path = folder() / "flights-3m.parquet"
    if not path.exists():
        package, member = FLIGHTS
        print(f"fetching {package} with npm …", flush=True)
        name = subprocess.run(
            ["npm", "pack", "--silent", package], cwd=folder(), check=True, capture_output=True, text=True
        )
        archive = folder() / name.stdout.strip().splitlines()[-1]
        with tarfile.open(archive) as tar:
            found = tar.extractfile(member)
            assert found is not None
            path.write_bytes(found.read())
        archive.unlink()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != FLIGHTS_SHA256:
        raise SystemExit(f"{path} has SHA-256 {digest}, expected {FLIGHTS_SHA256}: remove it to fetch it again")
    return path
