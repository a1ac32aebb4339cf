"""Data that lie in a page of HTML."""

from __future__ import annotations

import json
from typing import Any

_UNSAFE = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}
"""What could end a script, or a line of it; JSON has them nowhere but inside text."""


def harmless(words: str) -> str:
    r"""Return JSON that says the same, and may stand inside `<script>`.

    >>> harmless('"</script>"')
    '"\\u003c/script\\u003e"'
    """
    return words.translate(_UNSAFE)


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
    words = harmless(json.dumps(data, allow_nan=False, separators=(",", ":")))
    return f'<script type="application/json" id="{name}">{words}</script>'
