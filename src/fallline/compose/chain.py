"""Methods one after another."""

from __future__ import annotations

from typing import Any, Self

from fallline.core.errors import InvalidValue
from fallline.core.grammar import Call
from fallline.core.method import Method, require_methods
from fallline.core.node import part


class Chain(Method):
    """Methods one after another: each takes the updates of the one before for its gradients.

    u ← methods[0](g)
    u ← methods[1](u)
    …
    W ← W + u

    What comes before the descent works on the gradient (clipping, say), what comes after it on the step. The learning
    rate of a chain is that of its last member that has one.

    State: that of its members.
    Cost a step: that of its members.

    Source: optax.chain.

    Example:
        >>> import numpy as np
        >>> from fallline.compose.clip_norm import ClipNorm
        >>> from fallline.methods.sgd import SGD
        >>> method = chain(ClipNorm(1.0), SGD(lr=0.5))
        >>> update, _ = method.update(np.array([3.0, 4.0]), method.init(np.zeros(2)))
        >>> update
        array([-0.3, -0.4])
    """

    methods: tuple[Method, ...] = part(help="the members, in the order in which they work")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.methods, tuple) or not self.methods:
            raise InvalidValue("chain(): a chain needs at least one method, as in chain(fl.ClipNorm(1.0), fl.Adam()).")
        require_methods(self, self.methods)

    def init(self, params: Any) -> dict[str, Any]:
        """Return every member's state."""
        return {"methods": tuple(m.init(params) for m in self.methods)}

    def update(self, grads: Any, state: dict[str, Any], params: Any = None, **extra: Any) -> tuple[Any, dict[str, Any]]:
        """Pass the gradients through every member."""
        after = []
        extra = {"grad": grads, **extra}  # as in optax: a line search needs the gradient, whatever became of it
        for method, own in zip(self.methods, state["methods"], strict=True):
            grads, own = method.update(grads, own, params, **extra)
            after.append(own)
        return grads, {"methods": tuple(after)}

    @property
    def descends(self) -> bool:
        """Whether a member does."""
        return any(m.descends for m in self.methods)

    @property
    def reports_elsewhere(self) -> bool:
        """Whether a member does."""
        return any(m.reports_elsewhere for m in self.methods)

    def eval_params(self, params: Any, state: dict[str, Any]) -> Any:
        """Return the point that the members report."""
        for method, own in zip(self.methods, state["methods"], strict=True):
            params = method.eval_params(params, own)
        return params

    def in_force(self, xp: Any, state: dict[str, Any], dtype: Any) -> dict[str, Any]:
        """Return the members' numbers; of those with one name, the last."""
        found: dict[str, Any] = {}
        for method, own in zip(self.methods, state["methods"], strict=True):
            found |= method.in_force(xp, own, dtype)
        return found

    def preconditioner(self, params: Any, state: dict[str, Any]) -> Any:
        """Return what the member with the rate divides the gradient by."""
        i = self._rated
        return None if i is None else self.methods[i].preconditioner(params, state["methods"][i])

    def edge(self, xp: Any, state: dict[str, Any], dtype: Any) -> Any:
        """Return where the steps of the member with the rate begin to grow."""
        i = self._rated
        return None if i is None else self.methods[i].edge(xp, state["methods"][i], dtype)

    def with_lr(self, lr: Any) -> Self:
        """Return the chain with the rate of its last member that has one replaced."""
        i = self._rated
        if i is None:
            return super().with_lr(lr)
        return self.replace(methods=(*self.methods[:i], self.methods[i].with_lr(lr), *self.methods[i + 1 :]))

    @property
    def has_lr(self) -> bool:
        """Whether a member has a learning rate."""
        return self._rated is not None

    @property
    def needs_rate(self) -> bool:
        """Whether the last member that has a learning rate needs it chosen."""
        return self._rated is not None and self.methods[self._rated].needs_rate

    @property
    def rate(self) -> Any:
        """The learning rate of the last member that has one."""
        return None if self._rated is None else self.methods[self._rated].rate

    @property
    def _rated(self) -> int | None:
        return next((i for i, m in reversed(list(enumerate(self.methods))) if m.has_lr), None)

    @classmethod
    def arranged(cls, call: Call) -> dict[str, Any]:
        """Read `chain(clipnorm(1.0), adam)`: the members stand one after another."""
        return super().arranged(Call(call.name, (call.args,), call.kwargs) if call.args else call)

    def spoken(self, given: dict[str, Any]) -> Call:
        """Return `chain(clipnorm(1.0), adam)`."""
        return Call(self.name(), given["methods"], {})


def chain(*methods: Method | type[Method]) -> Chain:
    """Return a method that passes the gradient through all of these, one after another; see `Chain`.

    >>> from fallline.compose.clip_value import ClipValue
    >>> from fallline.methods.adam import Adam
    >>> chain(ClipValue(0.1), Adam(lr=0.01)).methods[1].lr
    0.01
    """
    return Chain(methods)
