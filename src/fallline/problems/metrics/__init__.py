"""Metrics, one a file: `metric(y_pred, y_true)` over a whole part of the data, in NumPy float64.

A metric returns one number, or a table (an array), which is computed for the test part alone. Each file says in `TASK`
which problems it is for, and in `BETTER` whether the `"lowest"` or the `"highest"` number is best, which a table leaves
out; `USUAL = True` reports it where no metrics are chosen, up to `MOST_CLASSES` classes if the file sets that. A
function is imported from the file of its name: `from fallline.problems.metrics.f1 import f1`.
"""
