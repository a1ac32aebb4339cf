"""Values as JSON that a browser reads."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from fallline.core.errors import InvalidType
from fallline.report.embedded import harmless


def to_json(value: Any) -> str:
    r"""Return a value as JSON that may stand inside `<script>`; numbers that are not finite become null.

    Args:
        value: dataclasses, mappings with text keys, lists, tuples, arrays, text, numbers, booleans, None.

    Raises:
        InvalidType: for anything else.

    Example:
        >>> to_json({"name": "</script>", "loss": float("nan")})
        '{"name":"\\u003c/script\\u003e","loss":null}'
    """
    return harmless(json.dumps(_plain(value), allow_nan=False, separators=(",", ":"), ensure_ascii=False))


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | bool | int | float):
        return _without_surrogates(value) if isinstance(value, str) else value
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping):
        return {_without_surrogates(str(name)): _plain(each) for name, each in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    raise InvalidType(f"a {type(value).__name__} cannot be sent to a page: {value!r:.80}.")


def _without_surrogates(text: str) -> str:
    """Return text that UTF-8 can write: a file's name on disk may be none."""
    return text.encode("utf-8", "replace").decode()
