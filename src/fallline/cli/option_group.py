"""Options that several verbs share: the fields of a dataclass, which typer reads as if the verb listed them itself."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

Status = int | None


def with_groups(verb: Callable[..., Status]) -> Callable[..., Status]:
    """Return a verb for typer in which every parameter that is a group of options is replaced by those options.

    Args:
        verb: a function; its parameters are options, or dataclasses whose fields are options.

    Example:
        >>> @dataclasses.dataclass
        ... class Size:
        ...     width: int = 1
        ...     height: int = 1
        >>> @with_groups
        ... def area(size: Size, times: int = 1) -> Status:
        ...     return size.width * size.height * times
        >>> str(inspect.signature(area)), area(width=2, height=3, times=1)
        ('(*, width: int = 1, height: int = 1, times: int = 1)', 6)
    """
    hints = get_type_hints(verb, include_extras=True)
    own = inspect.signature(verb).parameters
    groups = {name: hints[name] for name in own if dataclasses.is_dataclass(hints[name])}

    def flat(**given: Any) -> Status:
        filled = {
            name: group(**{field.name: given.pop(field.name) for field in dataclasses.fields(group)})
            for name, group in groups.items()
        }
        return verb(**given, **filled)

    shown: list[inspect.Parameter] = []
    for name, parameter in own.items():
        shown += _fields(groups[name]) if name in groups else [_keyword(name, parameter.default, hints[name])]
    flat.__name__, flat.__doc__ = verb.__name__, verb.__doc__
    flat.__annotations__ = {parameter.name: parameter.annotation for parameter in shown}
    flat.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]  # functions take one
    return flat


def _fields(group: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    defaults = {field.name: field.default for field in dataclasses.fields(group)}
    return [_keyword(name, default, hints[name]) for name, default in defaults.items()]


def _keyword(name: str, default: Any, hint: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)
