"""Metrics, one a file: `metric(y_pred, y_true) -> float` over a whole part of the data, in NumPy float64.

Each file says in `TASK` which problems it is reported for.
"""
