"""What is otherwise than when a run began: its choices, and what its numbers come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from fallline.core.errors import RunError
from fallline.core.race_spec import RaceSpec
from fallline.core.spec import Spec

FACTS = ("fallline", "jax", "device", "devices", "processes", "float64", "data", "problem", "parameters")
"""What of its provenance a run's numbers depend on."""

OF_CHECKPOINTS = ("checkpoint_seconds", "checkpoint_steps", "keep_checkpoints")
"""Choices that change no number."""


class Change(NamedTuple):
    """One thing that was `then`, and is `now`; None where it was not chosen, or not known."""

    what: str
    then: Any
    now: Any

    def __str__(self) -> str:
        return f"{self.what}: {_shown(self.what, self.then)} → {_shown(self.what, self.now)}"


def changes(
    spec_then: Spec, facts_then: Mapping[str, Any], spec_now: Spec, facts_now: Mapping[str, Any]
) -> list[Change]:
    """Return what differs between two beginnings of a run, choices first.

    Args:
        spec_then, spec_now: every choice.
        facts_then, facts_now: provenance.

    Example:
        >>> spec = Spec("sgd(lr=0.1)", {"data": "digits"}, epochs=3)
        >>> other = Spec("sgd(lr=0.1)", {"data": "digits"}, epochs=5, checkpoint_seconds=1.0)
        >>> [str(change) for change in changes(spec, {"jax": "0.9"}, other, {"jax": "0.10"})]
        ['epochs: 3 → 5', 'jax: 0.9 → 0.10']
    """
    return _differing(_choices(spec_then), facts_then, _choices(spec_now), facts_now)


def changed_since(provenance: Mapping[str, Any], step: int) -> list[tuple[str, Any]]:
    """Return what was changed, and to what, when a run stood at a step or later.

    Raises:
        RunError: for changes that are not as they are written.

    Example:
        >>> changed_since({"changes": [{"step": 40, "what": "lr", "then": 0.1, "now": 0.01}]}, 30)
        [('lr', 0.01)]
    """
    try:
        return [(str(each["what"]), each["now"]) for each in provenance.get("changes", []) if each["step"] >= step]
    except (TypeError, KeyError, AttributeError):
        raise RunError("run.json does not say in the usual form what was changed on the way.") from None


def race_changes(
    spec_then: RaceSpec, facts_then: Mapping[str, Any], spec_now: RaceSpec, facts_now: Mapping[str, Any]
) -> list[Change]:
    """Return what differs between two beginnings of a race, as `changes` does of a run."""
    return _differing(_race_choices(spec_then), facts_then, _race_choices(spec_now), facts_now)


def _differing(
    choices_then: Mapping[str, Any],
    facts_then: Mapping[str, Any],
    choices_now: Mapping[str, Any],
    facts_now: Mapping[str, Any],
) -> list[Change]:
    then = {**choices_then, **{name: facts_then.get(name) for name in FACTS}}
    now = {**choices_now, **{name: facts_now.get(name) for name in FACTS}}
    names = dict.fromkeys([*then, *now])
    return [Change(name, then.get(name), now.get(name)) for name in names if then.get(name) != now.get(name)]


def _race_choices(spec: RaceSpec) -> dict[str, Any]:
    plain = {name: value for name, value in spec.to_dict().items() if name != "run"}
    return plain | {name: value for name, value in _choices(spec.run).items() if name != "method"}


def _choices(spec: Spec) -> dict[str, Any]:
    """Return the choices that numbers depend on, those about the problem each by its own name."""
    plain = {name: value for name, value in spec.to_dict().items() if name not in OF_CHECKPOINTS}
    problem = {f"problem.{name}": value for name, value in plain.pop("problem").items()}
    return plain | problem


def _shown(what: str, value: Any) -> str:
    """Return a value in a word; of a fingerprint the first digits."""
    if value is None:
        return "none"
    return str(value)[:8] if what == "data" else str(value)
