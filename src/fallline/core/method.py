"""The contract of a method: `init(params) -> state`, `update(grads, state, params) -> (updates, state)`.

A method file writes two things for **one array**, in array operations that NumPy and JAX share: `slots`, the state kept
for it, and `rule`, the step. Everything else is here, once: lifting the rule to pytrees, reading schedules, computing
in at least float32. Updates are *added* to the parameters (optax's contract), so a method runs in any optax loop.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple, Self

from fallline.core import lift
from fallline.core.dialect import Dialect
from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.fusion import in_one_loop
from fallline.core.lift import Slots as Slots
from fallline.core.node import Node, at_step, hypers, rate_field


class Arrays(NamedTuple):
    """What a method that looks across arrays sees: one entry an array in each list, in one order."""

    grads: list[Any]
    params: list[Any]
    slots: list[Slots]
    shared: Slots
    """The state kept once for all arrays."""
    value: Any
    """The loss at `params`, or None."""
    value_fn: Callable[[list[Any]], Any] | None
    """The loss of this step's batch at other points."""

    def value_at(self, points: list[Any], asked_by: Method) -> Any:
        """Return the loss at other points, for a method that looks before it steps."""
        if self.value_fn is None:
            name = asked_by.name()
            raise InvalidType(
                f"{name} compares the loss at several points: {name}.update(grads, state, params) also needs "
                f"value_fn=, a function of the parameters, and value=, its value there. fl.train and fl.minimize give "
                f"both."
            )
        return self.value_fn(points)


class Method(Node):
    """A gradient-descent method: hyperparameters and a pure update rule."""

    PARENTS: ClassVar[tuple[type[Method], ...]] = ()
    """The methods it descends from in the family graph."""

    SPECIAL_CASES: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """The methods it contains: a name → its own values at which, at one rate, it steps as that class does."""

    LIKE: ClassVar[Mapping[str, Dialect | str]] = {}
    """How other libraries write it: a library's name → its `Dialect`, or the reason why it cannot be reproduced."""

    @classmethod
    def like(cls, library: str, **hyper: Any) -> Method:
        """Return the method exactly as another library has it: its formula, its defaults, its units.

        Args:
            library: `"torch"`, `"keras"`, `"optax"`, or `"paper"` for the publication's own.
            **hyper: what differs from that library's defaults, under our names or its own (`betas=`, `rho=`).

        Returns:
            The method; wrapped in a composition where the library has something around the rule (weight decay, say).

        Raises:
            InvalidValue: where the library has no such method, or no setting can reproduce it; it says why.
        """
        from fallline.dialects.translate import translate

        return translate(cls, library, hyper)

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        """Return the state of one parameter array `p` before the first step: name → array (0-d ones too).

        `self.*` are the numbers of the first step. Every array has the same names; their shapes may differ.
        """
        return {}

    def shared(self, xp: Any, params: list[Any]) -> dict[str, Any]:
        """Return the state kept once for all the arrays before the first step: name → array."""
        return {}

    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        """Return the update of one array and its changed slots.

        `g` is the gradient, `p` the parameters, `s` the slots, `t` the step counted from 1; `self.*` are numbers at
        this step; all of them in float32 or wider.
        """
        raise NotImplementedError(f"{type(self).__name__} must define rule(xp, g, p, s, t)")

    def report(self, xp: Any, p: Any, s: Slots, t: Any) -> Any:
        """Return the point to report for one array: where `p` holds the gradient's point, not the answer.

        `s` are the array's slots and the shared ones; `s`, `t` and `self.*` are those of the last step taken.
        """
        return p

    def divisor(self, xp: Any, s: Slots, t: Any) -> Any:
        """Return what the rule divides one array's gradient, or its mean, by; None where it divides by nothing.

        `s` are the slots after step `t`.
        """
        return None

    def grows_at(self) -> Any:
        """Return lr · λ beyond which the steps on a quadratic of curvature λ grow, or None where it is not known.

        λ is that of P⁻¹H where the rule has a divisor P, taken as fixed; `self.*` are numbers.
        """
        return None

    def tree_rule(self, xp: Any, at: Arrays, t: Any) -> tuple[list[Any], list[dict[str, Any]], dict[str, Any]]:
        """Return every array's update and changed slots, and the changed shared state.

        By default `rule` on each array; a method that looks across arrays overrides this. `self.*` are numbers at this
        step, in the widest dtype of the arrays.
        """
        updates, changed = [], []
        for g, p, s in zip(at.grads, at.params, at.slots, strict=True):
            own = self if g.dtype == t.dtype else at_step(self, xp, t - 1, g.dtype)
            update, slots = in_one_loop(functools.partial(own._ruled, xp, xp.astype(t, g.dtype)), g, p, dict(s))
            updates.append(update)
            changed.append(slots)
        return updates, changed, {}

    def _ruled(self, xp: Any, t: Any, g: Any, p: Any, s: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        return self.rule(xp, g, p, Slots(s), t)

    def init(self, params: Any) -> dict[str, Any]:
        """Return the state before the first step: a step count and one pytree a slot, in float32 or wider."""
        leaves, tree = lift.flatten(params)
        xp = lift.namespace(leaves, self)
        wide = [lift.widened(xp, xp.asarray(p)) for p in leaves]
        slots = [Slots(at_step(self, xp, 0, p.dtype).slots(xp, p)) for p in wide]
        shared = Slots(at_step(self, xp, 0, lift.widest(xp, wide)).shared(xp, wide))
        return lift.state(xp, xp.zeros((), dtype=xp.int32), slots, shared, tree)

    def update(
        self,
        grads: Any,
        state: dict[str, Any],
        params: Any = None,
        *,
        value: Any = None,
        value_fn: Callable[[Any], Any] | None = None,
        **extra: Any,
    ) -> tuple[Any, dict[str, Any]]:
        """Return the updates, to be added to the parameters, and the next state.

        Args:
            grads: a pytree of gradients.
            state: as `init` or the last `update` returned it.
            params: where the gradient was taken; many rules need it.
            value: the loss there, for methods that look at it.
            value_fn: params → loss, for methods that compare points.
            **extra: what optax passes besides (`grad`), accepted and left alone.
        """
        leaves, tree = lift.flatten(grads)
        xp = lift.namespace(leaves, self, state, params)
        narrow = [xp.asarray(g) for g in leaves]
        wide = [lift.widened(xp, g) for g in narrow]
        points = [None] * len(leaves)
        if params is not None:
            points = [lift.widened(xp, xp.asarray(p)) for p in tree.flatten_up_to(params)]
        loss = None if value_fn is None else (lambda points: value_fn(lift.narrowed(xp, tree, points, params)))
        at = Arrays(wide, points, lift.slots(state, tree), Slots(state.get("shared", {})), value, loss)
        dtype = lift.widest(xp, wide)
        now = at_step(self, xp, state["count"], dtype)
        try:
            steps, changed, shared = now.tree_rule(xp, at, xp.asarray(state["count"] + 1, dtype=dtype))
        except (TypeError, AttributeError) as error:  # what None does to arithmetic
            if params is not None:
                raise
            raise InvalidType(
                f"{self.name()} looks at the parameters: call update(grads, state, params), got no params."
            ) from error
        slots = [s.after(c) for s, c in zip(at.slots, changed, strict=True)]
        updates = [xp.astype(xp.asarray(u), g.dtype) for u, g in zip(steps, narrow, strict=True)]
        return tree.unflatten(updates), lift.state(xp, state["count"] + 1, slots, at.shared.after(shared), tree)

    def eval_params(self, params: Any, state: dict[str, Any]) -> Any:
        """Return the parameters to report, predict and save with; `params` is where the gradient is taken."""
        if not self.reports_elsewhere:
            return params
        leaves, tree = lift.flatten(params)
        xp = lift.namespace(leaves, self, state)
        last = xp.maximum(state["count"] - 1, 0)
        shared = state.get("shared", {})
        points = []
        for p, s in zip(map(xp.asarray, leaves), lift.slots(state, tree), strict=True):
            wide = lift.widened(xp, p)
            t = xp.asarray(state["count"], dtype=wide.dtype)
            point = at_step(self, xp, last, wide.dtype).report(xp, wide, Slots(s | shared), t)
            points.append(xp.astype(xp.asarray(point), p.dtype))
        return tree.unflatten(points)

    def preconditioner(self, params: Any, state: dict[str, Any]) -> Any:
        """Return P, what the last step divided the gradient by, a pytree like `params`; None where it is not known.

        Of a method without a divisor it is 1 if its `grows_at` is that of an undivided gradient.
        """
        leaves, tree = lift.flatten(params)
        xp = lift.namespace(leaves, self, state)
        if type(self).divisor is Method.divisor:
            plain = type(self).grows_at is not Method.grows_at
            return tree.unflatten([xp.ones_like(p) for p in map(xp.asarray, leaves)]) if plain else None
        last = xp.maximum(state["count"] - 1, 0)
        divisors = []
        for p, s in zip(map(xp.asarray, leaves), lift.slots(state, tree), strict=True):
            wide = lift.widened(xp, p)
            now = at_step(self, xp, last, wide.dtype)
            divisor = now.divisor(xp, s, xp.asarray(state["count"], dtype=wide.dtype))
            divisors.append(xp.broadcast_to(divisor, wide.shape))
        return tree.unflatten(divisors)

    def edge(self, xp: Any, state: dict[str, Any], dtype: Any) -> Any:
        """Return lr · λmax(P⁻¹H) beyond which its steps on a quadratic grow, or None where it is not known."""
        return at_step(self, xp, state["count"], dtype).grows_at()

    @property
    def reports_elsewhere(self) -> bool:
        """Whether the point to report is another than the one where the gradient is taken."""
        return type(self).report is not Method.report

    @property
    def descends(self) -> bool:
        """Whether its updates lead downhill; those of a clip are gradients still, for a method after it in a chain."""
        return True

    def in_force(self, xp: Any, state: dict[str, Any], dtype: Any) -> dict[str, Any]:
        """Return the learning rate, as `lr`, and every scheduled number at the step that `state` is about to take."""
        now, rate = at_step(self, xp, state["count"], dtype), rate_field(type(self))
        names = [n for n in hypers(type(self)) if n == rate or isinstance(getattr(self, n), Node)]
        numbers = {"lr" if n == rate else n: getattr(now, n) for n in names}
        return {n: v for n, v in numbers.items() if v is not None}

    @property
    def has_lr(self) -> bool:
        """Whether there is a learning rate to set."""
        return rate_field(type(self)) is not None

    @property
    def needs_rate(self) -> bool:
        """Whether a learning rate must be chosen: there is one, and the method does not work it out by itself."""
        return self.has_lr

    @property
    def rate(self) -> Any:
        """The learning rate, a number or a schedule; None where there is none."""
        name = rate_field(type(self))
        return None if name is None else getattr(self, name)

    @property
    def peak(self) -> Any:
        """The learning rate's number: that of a schedule is its peak; None where there is none."""
        schedule = self.rate
        return getattr(schedule, _peak_field(schedule)) if isinstance(schedule, Node) else schedule

    def with_lr(self, lr: Any) -> Self:
        """Return the same method with another learning rate, a number or a schedule."""
        rate = rate_field(type(self))
        if rate is None:
            raise InvalidValue(f"{self.name()} has no learning rate, so lr={lr!r} has no place. Leave it out.")
        return self.replace(**{rate: lr})

    def with_peak(self, peak: Any) -> Self:
        """Return the same with another learning rate; a schedule keeps its shape, with another peak."""
        schedule = self.rate
        if not isinstance(schedule, Node):
            return self.with_lr(peak)
        return self.with_lr(schedule.replace(**{_peak_field(schedule): peak}))


def _peak_field(schedule: Node) -> str:
    name = rate_field(type(schedule))
    if name is None:
        raise InvalidValue(f"{schedule.name()} has no number marked as its peak: declare one with rate=True.")
    return name


def require_methods(asked_by: Method, members: tuple[Any, ...]) -> None:
    """Raise unless all members are methods: schedules and solvers are nodes too."""
    for member in members:
        if not isinstance(member, Method):
            raise InvalidType(f"{asked_by.name()}: its members are methods such as fl.Adam(lr=0.001), got {member!r}.")
