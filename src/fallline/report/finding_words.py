"""A finding in words: how sure it is, what its remedy changes, and what that did."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fallline.core.spec import Spec
from fallline.record import strict_json
from fallline.record.finding import Effect, Finding
from fallline.report.numbers import number


def standing(finding: Finding) -> str:
    """Return how sure a finding is, and since when it shows: `confidence 0.93, from step 40`."""
    since = "" if finding.since is None else f", from step {finding.since:,}"
    return f"confidence {finding.confidence:.2f}{since}"


def changes(before: Spec, after: Spec) -> dict[str, tuple[str | None, str | None]]:
    """Return the choices in which two runs differ, as TOML writes them: before and after, None for what is not chosen.

    Example:
        >>> changes(Spec("sgd(lr=0.5)", {"model": "linear"}), Spec("sgd(lr=0.1)", {"model": "mlp(8)"}, epochs=3))
        {'method': ('"sgd(lr=0.5)"', '"sgd(lr=0.1)"'), 'problem.model': ('"linear"', '"mlp(8)"'), 'epochs': (None, '3')}
    """
    old, new = _flat(before.to_dict()), _flat(after.to_dict())
    names = dict.fromkeys([*old, *new])
    return {name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}


def remedied(before: Spec, after: Spec) -> str:
    """Return what a remedy changes, in a line.

    >>> remedied(Spec("sgd(lr=0.5)"), Spec("sgd(lr=0.1)", epochs=3))
    'method "sgd(lr=0.5)" → "sgd(lr=0.1)", epochs unset → 3'
    """
    return ", ".join(
        f"{name} {old or 'unset'} → {new or 'unset'}" for name, (old, new) in changes(before, after).items()
    )


def effect_words(effect: Effect) -> str:
    """Return what a remedy changed, in a sentence.

    >>> effect_words(Effect("validation loss", (1, 2, 3), (2.0, 2.5, 3.0), (0.5, 1.0, 1.4), -1.533, -1.677, -1.39))
    'validation loss 2.5 → 0.9667, a change of −1.533 [−1.677, −1.39], better on 3 of 3 seeds'
    >>> effect_words(Effect("training loss", (1,), (math.inf,), (0.5,), math.nan, math.nan, math.nan))
    'training loss: failed on 1 of 1 before → 0.5, better on 1 of 1 seeds'
    """
    count = len(effect.seeds)
    better = f"better on {effect.improved} of {count} seeds"
    if not math.isfinite(effect.mean):
        return f"{effect.measure}: {_level(effect.before)} before → {_level(effect.after)}, {better}"
    before, after = sum(effect.before) / count, sum(effect.after) / count
    within = f" [{_signed(effect.low)}, {_signed(effect.high)}]" if math.isfinite(effect.low) else ""
    change = f"a change of {_signed(effect.mean)}{within}"
    return f"{effect.measure} {number(before)} → {number(after)}, {change}, {better}"


def _level(losses: tuple[float, ...]) -> str:
    """Return the mean of losses, or on how many seeds the run failed."""
    failed = sum(not math.isfinite(loss) for loss in losses)
    return f"failed on {failed} of {len(losses)}" if failed else number(sum(losses) / len(losses))


def _signed(value: float) -> str:
    return number(value).replace("-", "−", 1) if value < 0 else f"+{number(value)}"


def _flat(choices: Mapping[str, Any]) -> dict[str, str]:
    """Return nested choices by their dotted names, values as TOML writes them, which for ours is as JSON does."""
    found: dict[str, str] = {}
    for name, value in choices.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{inner}": written for inner, written in _flat(value).items()}
        else:
            found[name] = strict_json.dumps(value)
    return found
