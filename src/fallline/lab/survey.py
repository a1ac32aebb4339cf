"""The loss measured around a trained model: the points of a plane through it, or of the line to another."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fallline.core.choice import number, one_of, whole
from fallline.core.errors import InvalidType, InvalidValue, RunError
from fallline.core.problem import Problem
from fallline.core.spec import LARGEST_SEED
from fallline.data.memory import SHARE, free_memory, in_words
from fallline.lab.directions import Arrays, coordinates, filter_normalised, flattened, principal, unflattened
from fallline.lab.landscape import Kind, Landscape
from fallline.lab.sample import sample
from fallline.lab.trail import Trail, problem_of, trail
from fallline.record.record import Record

if TYPE_CHECKING:
    from fallline.engine.progress import Report

MOST = 1001
"""Points along one axis at most."""

MARGIN = 0.2
"""Of the way's extent, what a PCA plane shows beyond it on every side."""

BEYOND = 0.25
"""How far a line goes on beyond both of its ends."""

FARTHEST = 1e30
"""Of a span: float32 holds it, with room for the parameters."""


def landscape(
    record: Record,
    *,
    plane: Kind | None = None,
    to: Record | None = None,
    size: int = 51,
    span: float | None = None,
    rows: int = 2000,
    seed: int = 0,
    problem: Problem | None = None,
    way: Trail | None = None,
    progress: Report | None = None,
) -> Landscape:
    """Return the training loss around a run's parameters.

    L(x, y) = mean loss at θ + x·u + y·v,    on a line  L(t) at (1 − t)·θ + t·θ′

    Args:
        record: the run; θ is `record.params`.
        plane: `"random"`, u and v drawn at random and scaled filter by filter to the model's own lengths; `"pca"`, the
            plane in which the run's own way spreads most, for which the run is repeated; `"line"`, from θ to the θ′ of
            another run. If not given, random, or the line where `to` is given.
        to: the other run, of the same architecture; both are measured on the first one's data.
        size: points along each axis, 3 to 1001.
        span: how far the picture reaches from the model: 1 by default, the filters' own lengths; in a PCA plane a
            distance, by default as far as the way goes; of a line, how far it goes on beyond its ends, 0.25.
        rows: the loss is the mean over so many training rows, drawn once; all where there are no more. On a line, the
            whole validation part is measured too.
        seed: of the random directions and of the rows, 0 to 2³²−1.
        problem: what the run minimised, where it was one of your own and the record was loaded.
        way: the run's way (`fallline.lab.trail.trail`), where it is known already; it is drawn on a random plane too,
            where hardly anything of it is to be seen.
        progress: called while the run is repeated.

    Returns:
        The losses with the axes. A model's state (batch normalisation) is that of θ all over a plane, and blended like
        the parameters on a line.

    Raises:
        RunError: where the problem or its data are not at hand, the runs have other architectures, or the run has no
            two directions to span a plane.
        InvalidValue: for a size, a span or a number of rows that cannot be.

    Source: H. Li, Z. Xu, G. Taylor, C. Studer and T. Goldstein, Visualizing the loss landscape of neural nets, 2018,
    arXiv:1712.09913; lines: I. J. Goodfellow, O. Vinyals and A. M. Saxe, 2015, arXiv:1412.6544.

    Example:
        >>> import fallline as fl
        >>> record = fl.train(fl.problems.for_data("iris", model="mlp(4)"), fl.Adam(lr=0.01), epochs=2)
        >>> found = fl.landscape(record, size=5)
        >>> found.loss.shape, found.rows
        ((5, 5), 105)
    """
    from fallline.engine.blend import blended_losses

    plane = _checked(plane, to, size, span, rows, seed)
    problem = problem_of(record, problem)
    if way is not None:
        _check_way(record, way)
    part, used, notes = sample(problem, rows, seed)
    if record.outcome.failed:
        notes += (f"The run {record.outcome}: the model is the last good one before.",)
    _check_memory(record)
    if to is not None:
        return _line(record, to, problem, part, used, size, BEYOND if span is None else span, notes)
    if plane == "pca" and way is None:
        way = trail(record, problem=problem, progress=progress)
    directions, explained = _spanned(record, plane, way, seed)
    points = within = None
    if way is not None:
        axes = np.stack([flattened(each) for each in directions])
        points, within = coordinates(way.flat() - flattened(record.arrays), axes)
        notes += way.notes
    x, y = _places(size, span, points if plane == "pca" else None)
    grid = np.stack([np.ones(size * size), *(axis.ravel() for axis in np.meshgrid(x, y))], axis=1)
    began = time.perf_counter()
    losses = blended_losses(problem, _cast(record, directions), [record.model_arrays], grid, part)
    return Landscape(
        plane=plane,
        x=x,
        y=y,
        loss=losses.reshape(size, size),
        rows=used,
        directions=directions,
        way=points,
        steps=None if way is None else way.steps,
        within=within,
        explained=explained,
        names=(_name(record),),
        seconds=time.perf_counter() - began,
        notes=(*notes, *_lost(losses)),
    )


def _line(
    record: Record, to: Record, problem: Problem, part: Any, used: int, size: int, beyond: float, notes: tuple[str, ...]
) -> Landscape:
    """Return the losses along the line between two runs."""
    from fallline.engine.blend import blended_losses

    _check_alike(record, to)
    if all(np.array_equal(record.arrays[name], to.arrays[name]) for name in record.arrays):
        raise RunError("both runs have the same parameters: there is no line between them.")
    t = _through(np.linspace(-beyond, 1 + beyond, size), 0.0, 1.0)
    if 0.0 not in t:
        raise InvalidValue(f"span={beyond:g}: of {size} points so far apart, one is nearest to both models. Take more.")
    weights, began = np.stack([1 - t, t], axis=1), time.perf_counter()
    params, states = [record.arrays, to.arrays], [record.model_arrays, to.model_arrays]
    losses = blended_losses(problem, params, states, weights, part)
    held_out = None if problem.data is None else problem.data.validation
    if record.provenance.get("data") != to.provenance.get("data"):
        notes += ("The second run was trained on other data; both are measured on the first one's.",)
    way = {name: to.arrays[name].astype(np.float64) - array for name, array in record.arrays.items()}
    return Landscape(
        plane="line",
        x=t,
        y=np.zeros(0),
        loss=losses,
        rows=used,
        directions=(way,),
        validation=None if held_out is None else blended_losses(problem, params, states, weights, held_out),
        names=(_name(record), _name(to)),
        seconds=time.perf_counter() - began,
        notes=(*notes, *_lost(losses)),
    )


def _checked(plane: Any, to: Any, size: int, span: float | None, rows: int, seed: int) -> Kind:
    """Return what is to be drawn; choices that cannot be are refused before anything is done."""
    whole("size", size, least=3, most=MOST)
    whole("rows", rows, least=1)
    whole("seed", seed, least=0, most=LARGEST_SEED)
    if span is not None:
        number("span", span)
        if not (0 < span < FARTHEST or (span == 0 and to is not None)):
            raise InvalidValue(f"span={span}: a picture reaches to some distance above 0 and below {FARTHEST:g}.")
    if to is not None and not isinstance(to, Record):
        raise InvalidType(f"to={to!r}: the line goes to another run: a record, as of fl.load(path).")
    kind: Kind = plane or ("random" if to is None else "line")
    one_of("plane", kind, Kind)
    if (kind == "line") != (to is not None):
        what = "needs the other run" if kind == "line" else "needs no other run"
        raise InvalidValue(f"plane={kind!r} {what}: to= goes with plane='line' alone.")
    return kind


def _check_way(record: Record, way: Any) -> None:
    """Refuse what is no way through the record's parameters."""
    if not isinstance(way, Trail):
        raise InvalidType(f"way={way!r}: the way is a trail, as of fl.trail(record).")
    if {name: a.shape[1:] for name, a in way.arrays.items()} != {name: a.shape for name, a in record.arrays.items()}:
        raise RunError("way= is the way of another model: its arrays are not this record's.")


def _check_memory(record: Record) -> None:
    """Refuse a model that, with two directions of its size, does not fit into memory."""
    needed, free = 8 * sum(array.size * 8 for array in record.arrays.values()), free_memory()
    if free is not None and needed > SHARE * free:
        raise InvalidValue(
            f"directions for {sum(array.size for array in record.arrays.values()):,} parameters take about "
            f"{in_words(needed)}, and {in_words(free)} of memory are free."
        )


def _check_alike(record: Record, to: Record) -> None:
    """Refuse two runs between whose parameters there is no line."""
    own, other = ({name: a.shape for name, a in each.arrays.items()} for each in (record, to))
    states = [{name: a.shape for name, a in each.model_arrays.items()} for each in (record, to)]
    if own == other and states[0] == states[1]:
        return
    differing = sorted(name for name in own.keys() | other.keys() if own.get(name) != other.get(name))
    told = ", ".join(f"{name} ({_shape(own.get(name))} and {_shape(other.get(name))})" for name in differing[:3])
    raise RunError(f"the two runs have other architectures: {told or 'their model states differ'}. A line needs one.")


def _shape(shape: tuple[int, ...] | None) -> str:
    return "none" if shape is None else "×".join(map(str, shape)) or "one number"


def _spanned(
    record: Record, plane: Kind, way: Trail | None, seed: int
) -> tuple[tuple[Arrays, ...], tuple[float, float] | None]:
    """Return the two directions of a plane and, of a PCA plane, the share of the way's spread along each."""
    if plane == "pca":
        assert way is not None
        axes, shares = principal(way.flat())
        if len(axes) < 2:
            what = "did not move" if not len(axes) else "went along one straight line"
            raise RunError(f"the run {what}: its way spans no plane. plane='random' shows what lies around its end.")
        return tuple(unflattened(axis, record.arrays) for axis in axes), (float(shares[0]), float(shares[1]))
    found = filter_normalised(record.arrays, seed)
    u, v = map(flattened, found)
    if (u @ u) * (v @ v) - (u @ v) ** 2 <= 1e-12 * (u @ u) * (v @ v):
        why = "its weights are 0, and directions are as long as the weights" if not u.any() else "it has one parameter"
        raise RunError(f"there is no plane through this model: {why}.")
    return found, None


def _places(size: int, span: float | None, points: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return where the columns and rows are: the span on both sides of the model, or where the way goes.

    The places next to the model are moved onto it, so that its own loss is one of those shown.
    """
    if points is None or span is not None:
        reach = 1.0 if span is None else span
        across = _through(np.linspace(-reach, reach, size), 0.0)
        return across, across
    low, high = points.min(axis=0), points.max(axis=0)
    low, high = np.minimum(low, 0.0), np.maximum(high, 0.0)
    room = np.maximum(MARGIN * (high - low), 0.5 * MARGIN * float((high - low).max()))
    x, y = (_through(np.linspace(a, b, size), 0.0) for a, b in zip(low - room, high + room, strict=True))
    return x, y


def _through(places: np.ndarray, *wanted: float) -> np.ndarray:
    """Return places with the ones nearest to those wanted moved onto them."""
    places = places.copy()
    for place in wanted:
        places[np.argmin(np.abs(places - place))] = place
    return places


def _cast(record: Record, directions: tuple[Arrays, ...]) -> list[Mapping[str, np.ndarray]]:
    """Return the model and the directions in the model's dtypes."""
    own = record.arrays
    return [own, *({name: each[name].astype(array.dtype) for name, array in own.items()} for each in directions)]


def _lost(losses: np.ndarray) -> tuple[str, ...]:
    """Say how many losses are not finite."""
    count = int(np.count_nonzero(~np.isfinite(losses)))
    return (f"{count:,} of {losses.size:,} losses are not finite.",) if count else ()


def _name(record: Record) -> str:
    if record.path is not None:
        return record.path.name
    return f"{record.spec.method.partition('(')[0]}, seed {record.spec.seed}"
