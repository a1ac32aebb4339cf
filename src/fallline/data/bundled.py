"""The data sets that are always at hand: they lie inside the scikit-learn package, which is not imported for them."""

from __future__ import annotations

import gzip
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fallline.core.errors import DataError
from fallline.data.source import Source
from fallline.data.table import Array, Column, Table, Text


@dataclass(frozen=True)
class Bundled:
    """A data set: what it is in one line, the column to predict, and how its columns are read from their folder."""

    description: str
    target: str
    columns: Callable[[Path], dict[str, Column]]


def _digits(folder: Path) -> dict[str, Column]:
    pixels = _numbers(folder / "digits.csv.gz", ",")
    return {"image": pixels[:, :-1].reshape(-1, 8, 8).astype(np.float32), "digit": pixels[:, -1].astype(np.int64)}


def _iris(folder: Path) -> dict[str, Column]:
    names = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
    return _with_classes(folder / "iris.csv", names, "species")


def _wine(folder: Path) -> dict[str, Column]:
    names = (
        *("alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids"),
        *("nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue", "od280/od315_of_diluted_wines"),
        "proline",
    )
    return _with_classes(folder / "wine_data.csv", names, "cultivar")


def _breast_cancer(folder: Path) -> dict[str, Column]:
    measures = (
        *("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave points"),
        *("symmetry", "fractal dimension"),
    )
    forms = ("mean {}", "{} error", "worst {}")
    names = tuple(form.format(measure) for form in forms for measure in measures)
    return _with_classes(folder / "breast_cancer.csv", names, "diagnosis")


def _diabetes(folder: Path) -> dict[str, Column]:
    names = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")
    features = _numbers(folder / "diabetes_data_raw.csv.gz", None)
    progression = _numbers(folder / "diabetes_target.csv.gz", None).ravel()
    return {**_named(names, features), "progression": progression}


DATASETS: Mapping[str, Bundled] = {
    "digits": Bundled("1797 handwritten digits, images of 8 × 8 pixels from 0 to 16; ten classes", "digit", _digits),
    "iris": Bundled("150 iris flowers, four lengths of petals and sepals; three species", "species", _iris),
    "wine": Bundled("178 wines, thirteen chemical measurements; three cultivars", "cultivar", _wine),
    "breast_cancer": Bundled(
        "569 tumours, thirty measurements of cell nuclei; malignant or benign", "diagnosis", _breast_cancer
    ),
    "diabetes": Bundled(
        "442 patients, ten measurements; how far the disease had progressed a year later", "progression", _diabetes
    ),
}


def _read(name: str) -> Table:
    try:
        columns = DATASETS[name].columns(_folder())
    except OSError as error:
        raise DataError(f"{name}: the installed scikit-learn package does not hold this data set: {error}.") from error
    return Table(name, columns, DATASETS[name].target, source=name)


def _folder() -> Path:
    # Importing scikit-learn takes a second; its files are read without it.
    package = importlib.util.find_spec("sklearn")
    if package is None or not package.submodule_search_locations:
        raise DataError("this data set lies inside the scikit-learn package, which is not installed.")
    return Path(package.submodule_search_locations[0]) / "datasets" / "data"


def _numbers(path: Path, separator: str | None) -> Array:
    with gzip.open(path, "rt", encoding="ascii") as lines:
        return np.loadtxt(lines, delimiter=separator, ndmin=2)


def _with_classes(path: Path, names: tuple[str, ...], target: str) -> dict[str, Column]:
    """Read a file whose first line holds rows, columns and class names, and whose last column is the class."""
    with path.open(encoding="ascii") as lines:
        levels = tuple(next(lines).rstrip().split(",")[2:])
        numbers = np.loadtxt(lines, delimiter=",", ndmin=2)
    return {**_named(names, numbers[:, :-1]), target: Text(numbers[:, -1].astype(np.int32), levels)}


def _named(names: tuple[str, ...], matrix: Array) -> dict[str, Column]:
    return dict(zip(names, np.ascontiguousarray(matrix.T), strict=True))


SOURCE = Source(f"a name ({', '.join(DATASETS)})", lambda source: isinstance(source, str) and source in DATASETS, _read)
