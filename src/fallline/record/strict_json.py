"""Standard JSON for what Python holds: nan and infinity, which JSON lacks, are written as `{"$float": "nan"}`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from fallline.core.errors import InvalidType, InvalidValue

DEEPEST = 100

_MARK = "$float"
_NONFINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def dumps(value: Any, indent: int | None = None) -> str:
    """Write JSON that any strict reader accepts, and `loads` restores exactly.

    Args:
        value: mappings with text keys, lists, tuples (read back as lists), text, numbers (NumPy's too), booleans, None.
        indent: spaces a level, for people; on one line without it.

    Raises:
        InvalidType: for anything else; the message says where in `value` it is.

    Example:
        >>> dumps({"loss": float("nan")})
        '{"loss": {"$float": "nan"}}'
    """
    return json.dumps(_plain(value, "the value"), indent=indent, allow_nan=False)


def loads(text: str | bytes) -> Any:
    """Read what `dumps` wrote.

    Raises:
        InvalidValue: for text that is not JSON, or that is nested too deeply for what would walk through it.

    Example:
        >>> loads('{"loss": {"$float": "-inf"}}')
        {'loss': -inf}
    """
    try:
        return _restored(json.loads(text), 0)
    except (ValueError, RecursionError) as error:
        raise InvalidValue(f"this is not readable as JSON: {error}.") from None


def _plain(value: Any, where: str) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return {_MARK: str(value)}
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_plain(v, f"{where}[{i}]") for i, v in enumerate(value)]
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise InvalidType(f"{where} has the key {key!r}: JSON's keys are text.")
        plain = {key: _plain(v, f"{where}[{key!r}]") for key, v in value.items()}
        # A mapping that looks like a marked number is wrapped in a list, so that it is read back as itself.
        return {_MARK: [plain[_MARK]]} if set(plain) == {_MARK} else plain
    raise InvalidType(f"{where} is a {type(value).__name__}, which JSON cannot hold: {value!r:.80}.")


def _restored(value: Any, depth: int) -> Any:
    if depth > DEEPEST:
        raise ValueError(f"it is nested more than {DEEPEST} deep")
    if isinstance(value, list):
        return [_restored(v, depth + 1) for v in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {_MARK}:
        marked = value[_MARK]
        if isinstance(marked, list) and len(marked) == 1:
            return {_MARK: _restored(marked[0], depth + 1)}
        if isinstance(marked, str) and marked in _NONFINITE:
            return _NONFINITE[marked]
    return {key: _restored(v, depth + 1) for key, v in value.items()}
