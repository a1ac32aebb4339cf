"""What the pages offer to choose from, read from the classes and functions themselves."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fallline.core.method import Method
from fallline.core.node import Hyper, choices, fields, rate_field
from fallline.methods import METHODS

Kind = Literal["number", "numbers", "choice", "text"]


@dataclass(frozen=True)
class FieldChoice:
    """One hyperparameter or option of a method.

    Args:
        name: the field.
        kind: a number (or a schedule), several numbers, one of `choices`, or text.
        default: its value where nothing is chosen, in the command line's words.
        choices: the values that it can have, where there are only a few.
        range: where a number must lie, as mathematicians write it; empty for other kinds.
        units: of the number.
        help: what it is.
        rate: whether it is the learning rate.
    """

    name: str
    kind: Kind
    default: str
    choices: tuple[str, ...]
    range: str
    units: str
    help: str
    rate: bool


@dataclass(frozen=True)
class MethodChoice:
    """One method.

    Args:
        name: in the command line's words.
        title: its class.
        headline: what it is, in a line.
        fields: what can be chosen of it.
    """

    name: str
    title: str
    headline: str
    fields: tuple[FieldChoice, ...]


@dataclass(frozen=True)
class ModelChoice:
    """One ready model.

    Args:
        name: in the command line's words.
        headline: what it is, in a line.
        example: the call that its documentation gives, to begin with.
        signature: all that it can be given.
    """

    name: str
    headline: str
    example: str
    signature: str


@dataclass(frozen=True)
class DataChoice:
    """One data set that is at hand.

    Args:
        name: what it is called.
        description: what it is, in a line.
    """

    name: str
    description: str


@dataclass(frozen=True)
class ProblemChoices:
    """What a ready problem can be made of.

    Args:
        data: the data sets at hand.
        uploads: the names of the files that were brought in.
        models: the ready models.
        missing: what can be done about missing values; the first is usual.
        constant: what can be done about columns of one value; the first is usual.
    """

    data: tuple[DataChoice, ...]
    uploads: tuple[str, ...]
    models: tuple[ModelChoice, ...]
    missing: tuple[str, ...]
    constant: tuple[str, ...]


def problem_choices(uploads: Sequence[str]) -> ProblemChoices:
    """Return what a problem can be made of, besides the files that were brought in; this imports JAX."""
    from fallline.problems.missing import Missing
    from fallline.problems.preparation import Constant

    return ProblemChoices(
        data=data_choices(),
        uploads=tuple(uploads),
        models=model_choices(),
        missing=typing.get_args(Missing),
        constant=typing.get_args(Constant),
    )


def method_choices() -> tuple[MethodChoice, ...]:
    """Return every method, with its fields.

    >>> sgd = next(method for method in method_choices() if method.name == "sgd")
    >>> [(field.name, field.default, field.range, field.rate) for field in sgd.fields]
    [('lr', '0.01', '(0, inf)', True)]
    """
    return tuple(_method(cls) for cls in METHODS.values())


def _method(cls: type[Method]) -> MethodChoice:
    rate = rate_field(cls)
    found = []
    for field in fields(cls):
        meta, few = field.metadata["meta"], choices(cls, field.name)  # type: ignore[arg-type]  # mypy reads a class's hash as its instances'
        number = isinstance(meta, Hyper)
        kind: Kind = "choice" if few else "text" if not number else "numbers" if meta.many else "number"
        found.append(
            FieldChoice(
                name=field.name,
                kind=kind,
                default=written(field.default),
                choices=tuple(map(written, few)),
                range=str(meta.interval) if number else "",
                units=meta.units if number else "",
                help=meta.help,
                rate=field.name == rate,
            )
        )
    return MethodChoice(cls.name(), cls.__name__, cls.HEADLINE, tuple(found))


def model_choices() -> tuple[ModelChoice, ...]:
    """Return every ready model; this imports JAX.

    >>> [(model.name, model.example) for model in model_choices()][:3]
    [('cnn', 'cnn(4, 8)'), ('linear', 'linear()'), ('mlp', 'mlp(128, 64)')]
    """
    from fallline.problems import catalogue
    from fallline.problems.model import MODELS

    found = []
    for name in catalogue.names(MODELS):
        function = getattr(catalogue.module(MODELS, name, "model"), name)
        text = inspect.getdoc(function) or ""
        plain = [p.replace(annotation=p.empty) for p in inspect.signature(function).parameters.values()]
        example = re.search(rf">>> model = ({name}\(.*\))", text)
        found.append(
            ModelChoice(
                name=name,
                headline=text.partition("\n")[0],
                example=example[1] if example else f"{name}()",
                signature=f"{name}{inspect.Signature(plain)}",
            )
        )
    return tuple(found)


def data_choices() -> tuple[DataChoice, ...]:
    """Return the data sets that are always at hand, and the files that were fetched."""
    from fallline.data.bundled import DATASETS
    from fallline.data.fetched import fetched

    bundled = [DataChoice(name, known.description) for name, known in DATASETS.items()]
    return (*bundled, *(DataChoice(name, f"fetched: {path.name}") for name, path in fetched().items()))


def written(value: Any) -> str:
    """Return a value in the command line's words.

    >>> written(1e-8), written(None), written(True), written("velocity")
    ('1e-08', 'none', 'true', 'velocity')
    """
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
