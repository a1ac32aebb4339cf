"""The loss over the steps of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fallline.figures import frame, style
from fallline.figures.axes import drawable, fitted
from fallline.figures.frame import Frame, Layer
from fallline.figures.style import fill, stroke
from fallline.figures.svg import element, points
from fallline.figures.thin import Blocks, stretches, thin

Columns = Mapping[str, np.ndarray]

FEW = 40
"""Lines of at most so many points show each of them."""


def loss_curves(history: Columns, epochs: Columns, title: str | None = None) -> str:
    """Return an SVG of the training and the validation loss.

    Of many steps the range and mean of neighbouring ones are drawn, so that spikes stay visible; over them the mean of
    each epoch. Losses that are not finite leave gaps, shaded. Losses that differ by a factor of more than 20 are
    drawn on a logarithmic scale.

    Args:
        history: columns of shape (n,), `step` and `loss`; or none.
        epochs: columns of shape (e,), `epoch`, `step`, `train_loss`, `val_loss`; or none.
        title: a line above the curves.

    Example:
        >>> step = np.arange(1, 4)
        >>> loss_curves({"step": step, "loss": 1 / step}, {}).count("<polyline")
        1
    """
    steps, validation = _blocks(history, "loss"), _blocks(epochs, "val_loss")
    means = _blocks({**epochs, "step": _middles(epochs)}, "train_loss")
    shown = [steps.low, steps.high, means.mean, validation.mean]
    ends = [float(table["step"][-1]) for table in (history, epochs) if len(table.get("step", ()))]
    box = frame.frame(fitted(np.concatenate(shown), 0.0, 1.0), max(ends, default=1.0), epochs, title)
    gaps = _gaps(steps, box)
    curves = [*_training(steps, means, len(history.get("loss", ())), box), *_validation(validation, box)]
    empty = not any(np.isfinite(values).any() for values in shown)
    words = "no loss was finite" if len(steps.x) else "no loss was recorded"
    return style.page(
        frame.WIDTH,
        frame.HEIGHT,
        title or "Loss curves",
        _description(history, epochs, box.y.log),
        box.surround,
        *(layer.drawing for layer in [*gaps, *curves]),
        frame.legend([*curves, *gaps], box),
        frame.note(words, box) if empty else "",
    )


def _blocks(table: Columns, name: str) -> Blocks:
    """Return a column over the steps, thinned; no points where the table has no such column."""
    column = drawable(table.get(name, ()))
    return thin(table["step"] if len(column) else column, column)


def _middles(epochs: Columns) -> np.ndarray:
    """Return the middle of each epoch, where the mean over its steps belongs."""
    ends = np.asarray(epochs.get("step", ()), np.float64)
    return (ends + np.append(1.0, ends[:-1] + 1)) / 2 if len(ends) else ends


def _training(steps: Blocks, means: Blocks, count: int, box: Frame) -> list[Layer]:
    """Return the steps, and over them, then light, the means of the epochs where those have several steps."""
    if not np.isfinite(steps.mean).any():
        return []
    by_epoch = 2 <= len(means.x) < len(steps.x)
    size = -(-count // len(steps.x))
    label = "training" if size == 1 else f"training: mean and range of {size:,} steps"
    weight = {"thickness": 1.0, "opacity": 0.55} if by_epoch else {"thickness": 1.8}
    band = swatch = ""
    if size > 1:
        band = _band(steps, box)
        swatch = element("rect", x=0, y=-5, width=20, height=10, fill_opacity=0.22, **fill("training"))
    swatch += _sample(steps, "training", **weight)
    layers = [Layer(label, swatch, band + _line(steps, box, "training", **weight))]
    if by_epoch:
        layers.append(Layer("epoch mean", _sample(means, "training"), _line(means, box, "training")))
    return layers


def _validation(losses: Blocks, box: Frame) -> list[Layer]:
    if not np.isfinite(losses.mean).any():
        return []
    return [Layer("validation", _sample(losses, "validation"), _line(losses, box, "validation"))]


def _gaps(steps: Blocks, box: Frame) -> list[Layer]:
    """Return the stretches of steps without a finite loss, as shaded columns that reach halfway to their neighbours."""
    lost = stretches(np.isnan(steps.mean))
    if not lost:
        return []
    x = box.x.position(steps.x)
    edges = np.concatenate([x[:1], (x[1:] + x[:-1]) / 2, x[-1:]])
    shade = {"fill_opacity": 0.16, **fill("muted")}
    columns = [
        element("rect", x=left, y=box.y.end, width=max(right - left, 1.0), height=box.y.start - box.y.end, **shade)
        for left, right in ((float(edges[s.start]), float(edges[s.stop])) for s in lost)
    ]
    return [Layer("not finite", element("rect", x=0, y=-5, width=20, height=10, **shade), "".join(columns))]


def _band(losses: Blocks, box: Frame) -> str:
    """Return the range of each block as one shape a stretch, with an edge so that a single spike is not lost."""
    x, low, high = box.x.position(losses.x), box.y.position(losses.low), box.y.position(losses.high)
    edge = {**fill("training"), **stroke("training", 0.6), "class_": "fill-training stroke-training"}
    look = {"fill_opacity": 0.22, "stroke_opacity": 0.3, **edge, "fill": fill("training")["fill"]}
    return "".join(
        element("polygon", points=points(np.append(x[s], x[s][::-1]), np.append(high[s], low[s][::-1])), **look)
        for s in stretches(np.isfinite(losses.mean))
    )


def _line(losses: Blocks, box: Frame, role: str, thickness: float = 2.2, opacity: float = 1.0) -> str:
    """Return the means as one line a stretch, with a dot on each of few points and on one that stands alone."""
    x, y = box.x.position(losses.x), box.y.position(losses.mean)
    look = _look(role, thickness, opacity)
    parts = []
    for s in stretches(np.isfinite(losses.mean)):
        if s.stop - s.start > 1:
            parts.append(element("polyline", points=points(x[s], y[s]), **look))
        if s.stop - s.start == 1 or len(x) <= FEW:
            parts += [_dot(a, b, role, opacity) for a, b in zip(x[s], y[s], strict=True)]
    return "".join(parts)


def _sample(losses: Blocks, role: str, thickness: float = 2.2, opacity: float = 1.0) -> str:
    """Return a line as `_line` draws it, for the legend."""
    line = element("line", x1=0, y1=0, x2=20, y2=0, **_look(role, thickness, opacity))
    return line + _dot(10.0, 0.0, role, opacity) if len(losses.x) <= FEW else line


def _dot(x: float, y: float, role: str, opacity: float) -> str:
    faint = None if opacity == 1 else opacity
    return element("circle", cx=float(x), cy=float(y), r=2.8, fill_opacity=faint, **fill(role))


def _look(role: str, thickness: float, opacity: float) -> dict[str, Any]:
    return {"stroke_opacity": None if opacity == 1 else opacity, **stroke(role, thickness)}


def _description(history: Columns, epochs: Columns, log: bool) -> str:
    """Return in words what the curves show, for those who do not see them."""
    parts = []
    for name, table, column in (("training", history, "loss"), ("validation", epochs, "val_loss")):
        losses = table.get(column, ())
        if len(losses):
            start, end = (f"{losses[i]:.4g} at step {table['step'][i]:,}" for i in (0, -1))
            parts.append(f"The {name} loss goes from {start} to {end}.")
    scale = "logarithmic" if log else "linear"
    return " ".join([*parts, f"The loss is on a {scale} scale."]) if parts else "No loss was recorded."
