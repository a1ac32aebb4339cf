"""`fallline predict`: a run's model applied to new rows."""

from __future__ import annotations

import csv
import io
import sys
from typing import Any

from fallline.cli import new_file, options
from fallline.cli.choices import read_source
from fallline.core.errors import RunError
from fallline.report.numbers import counted


def predict(
    run: options.Run,
    data: options.Rows,
    image_size: options.ImageSize = None,
    broken_images: options.BrokenImages = None,
    out: options.CsvFile = None,
    as_json: options.Json = False,
) -> None:
    """Predict with RUN's model for every row of DATA: CSV with the column prediction."""
    from fallline.cli import compile_cache
    from fallline.cli.output import print_json, reserved
    from fallline.data import load as load_data
    from fallline.record import atomic
    from fallline.record.load import load as load_run

    if out is not None:
        new_file.check("--out", out)
    record = load_run(run)
    if record.preparation is None:
        raise RunError(
            f"{run} was trained on a problem of your own, whose rows no file describes: in Python, "
            f"fallline.load({str(run)!r}, problem).predict(x)."
        )
    compile_cache.enable()
    with reserved(as_json):
        table = load_data(read_source(data, image_size, broken_images))
        columns = named_columns(record.predict(table))
    if out is not None:
        atomic.write_bytes(out, to_csv(columns).encode())
    if as_json:
        values = {"predictions": {name: column.tolist() for name, column in columns.items()}} if out is None else {}
        print_json({"path": None if out is None else str(out), "run": str(run), "rows": table.rows, **values})
    elif out is None:
        sys.stdout.write(to_csv(columns))
    else:
        print(f"{counted(table.rows, 'prediction')}: {out}")


def named_columns(predictions: Any) -> dict[str, Any]:
    """Return predictions by column: `prediction`, or `prediction_1`, `prediction_2`, … for several values a row."""
    if predictions.ndim == 1:
        return {"prediction": predictions}
    return {f"prediction_{i + 1}": column for i, column in enumerate(predictions.reshape(len(predictions), -1).T)}


def to_csv(columns: dict[str, Any]) -> str:
    r"""Return columns as CSV, numbers with the digits that their type holds.

    >>> import numpy as np
    >>> to_csv({"prediction": np.array([0.1, 2], dtype=np.float32)})
    'prediction\n0.1\n2.0\n'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()
