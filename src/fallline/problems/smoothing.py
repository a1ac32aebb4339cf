"""Label smoothing: targets a little less than certain."""

from __future__ import annotations

from fallline.core.errors import InvalidValue


def check_smoothing(loss: str, smoothing: float) -> None:
    """Refuse a share that is taken from the true class unless it is from 0 up to, but not, 1; `loss` is for the error.

    >>> check_smoothing("softmax_cross_entropy", 0.1)
    """
    if isinstance(smoothing, bool) or not isinstance(smoothing, int | float) or not 0 <= smoothing < 1:
        raise InvalidValue(f"{loss}(smoothing={smoothing!r}): smoothing must be a number from 0 up to, but not, 1.")
