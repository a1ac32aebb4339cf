"""Data that lie in a page of HTML."""

from __future__ import annotations

import json
from typing import Any

_ESCAPED = {ord(c): f"\\u{ord(c):04x}" for c in "<>&"}
"""What could end the element; `json.dumps` escapes all that is not ASCII by itself."""


def embedded(name: str, data: Any) -> str:
    r"""Return an element that holds the data as JSON, and that nothing in them can end.

    Args:
        name: the element's id.
        data: what `json.dumps` takes.

    Raises:
        ValueError: for numbers that are not finite, which JSON has no words for.

    Example:
        >>> embedded("scene", {"title": "</script>"})
        '<script type="application/json" id="scene">{"title":"\\u003c/script\\u003e"}</script>'
    """
    words = json.dumps(data, allow_nan=False, separators=(",", ":")).translate(_ESCAPED)
    return f'<script type="application/json" id="{name}">{words}</script>'
