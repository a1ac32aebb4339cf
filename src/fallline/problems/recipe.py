"""Problems from their recipes."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from fallline.core.errors import InvalidType, InvalidValue, did_you_mean
from fallline.core.problem import Problem
from fallline.problems import yardsticks


def rebuild(recipe: Mapping[str, Any]) -> Problem:
    """Build the problem of `Problem.recipe` again.

    Args:
        recipe: plain data: `{"data": a name or path, "target": …, "model": …}` with the arguments of `for_data`,
            `{"data": "deepobs:quadratic_deep"}` for a yardstick, or `{"file": "file.py:name"}` for a user's own.

    Raises:
        InvalidValue: an unknown argument, or neither data nor file.

    Example:
        >>> rebuild({"data": "iris", "model": "linear"}).recipe["loss"]
        'softmax_cross_entropy'
    """
    if not isinstance(recipe, Mapping):
        raise InvalidType(f"a recipe is a table of names and values, not a {type(recipe).__name__}.")
    if "file" in recipe:
        _check_names(recipe, ["file"])  # before any code is run
        from fallline.problems.user_file import from_file

        return from_file(recipe["file"])
    if "data" not in recipe:
        raise InvalidValue("a recipe needs data=, a name or a path, or file=, as 'file.py:name'.")
    if yardsticks.is_name(recipe["data"]):
        _check_names(recipe, ["data"])
        return yardsticks.yardstick(recipe["data"])
    from fallline.problems.ready import for_data

    arguments = {name: value for name, value in recipe.items() if name != "data"}
    _check_names(arguments, list(inspect.signature(for_data).parameters)[1:])
    return for_data(recipe["data"], **arguments)


def for_prediction(recipe: Mapping[str, Any], preparation: Mapping[str, Any]) -> Problem:
    """Build a problem that can only predict: its model and preparation without the data, which may be gone.

    Args:
        recipe: as in `rebuild`; a user's own file is run again, and a yardstick made again.
        preparation: what `TablePreparation.to_dict` wrote.
    """
    if "file" in recipe or yardsticks.is_name(recipe["data"]):
        return rebuild(recipe)
    from fallline.problems.model import build
    from fallline.problems.objective import assemble, read_loss
    from fallline.problems.preparation import from_dict

    prepared = from_dict(preparation)
    objective = assemble(build(recipe["model"]), read_loss(recipe["loss"]), prepared)
    return Problem(
        objective.init,
        objective.loss,
        predict=objective.predict,
        stateful=objective.stateful,
        preparation=prepared,
    )


def _check_names(arguments: Mapping[str, Any], known: list[str]) -> None:
    for name in arguments:
        if name not in known:
            raise InvalidValue(f"a recipe has no {name!r}.{did_you_mean(name, known)}")
