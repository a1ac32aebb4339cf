"""A live torch optimiser read as one of our methods. torch itself is never imported here: the optimiser brings it."""

from __future__ import annotations

import inspect
from typing import Any

from fallline.compose.by_path import by_path
from fallline.core.errors import InvalidValue
from fallline.core.method import Method
from fallline.dialects.read import read
from fallline.dialects.which import targets


def from_torch(optimizer: Any) -> Method:
    """Return the method that a torch optimiser is, with its settings; its state is not taken over.

    Args:
        optimizer: an instance of a class of torch.optim. Several parameter groups with different settings become a
            `by_path`, whose patterns are made from the parameters' names: build the optimiser with
            `model.named_parameters()`.

    Raises:
        InvalidValue: for a class or a setting that cannot be reproduced; it says why.

    Example:
        >>> import fallline as fl
        >>> fl.from_torch(torch.optim.SGD(model.parameters(), lr=0.1))  # doctest: +SKIP
        SGD(lr=0.1)
    """
    target = f"torch.optim.{type(optimizer).__name__}"
    if type(optimizer).__module__.split(".")[:2] != ["torch", "optim"] or not hasattr(optimizer, "param_groups"):
        raise InvalidValue(
            f"from_torch({type(optimizer).__module__}.{type(optimizer).__name__}): it is no optimiser of torch.optim, "
            f"so its rule is unknown here. Give an instance of one of these: {', '.join(targets('torch'))}."
        )
    defaults = {n: p.default for n, p in inspect.signature(type(optimizer)).parameters.items() if n != "params"}
    groups = [{n: _plain(v) for n, v in group.items() if n in defaults} for group in optimizer.param_groups]
    if any("initial_lr" in group for group in optimizer.param_groups):
        raise InvalidValue(
            f"from_torch({target}): a scheduler changes its learning rate, and the optimiser does not know how. "
            f"Read it before the scheduler is made, and add the schedule: .with_lr(fl.Cosine(0.1, steps=1000))."
        )
    methods = [read("torch", target, options, defaults) for options in groups]
    if all(method == methods[0] for method in methods):
        return methods[0]
    names = [group.get("param_names") for group in optimizer.param_groups]
    if None in names:
        raise InvalidValue(
            f"from_torch({target}): its {len(methods)} groups differ, and its parameters have no names. "
            f"Build it with names, as in [{{'params': [(name, p), ...]}}, ...] or model.named_parameters() "
            f"(torch 2.6), or write fl.by_path({{...}})."
        )
    return by_path(dict(_by_pattern(names, methods)))


def _by_pattern(names: list[list[str]], methods: list[Method]) -> list[tuple[str, Method]]:
    """Return patterns of the parameters of each group: `*.bias` where all of that name are in it, else the whole."""
    found: dict[str, Method] = {}
    for i, group in enumerate(names):
        others = {_last(name) for j, other in enumerate(names) if j != i for name in other}
        for name in group:
            found[name if _last(name) in others else _last(name)] = methods[i]
    return sorted(found.items(), key=lambda pair: pair[0].startswith("*"))


def _last(name: str) -> str:
    """Return the pattern of the last part of a name."""
    return f"*{name[name.rfind('.') :]}" if "." in name else name


def _plain(value: Any) -> Any:
    """Return a number of torch's as Python's."""
    if isinstance(value, tuple | list):
        return tuple(map(_plain, value))
    return value.item() if hasattr(value, "item") else value
