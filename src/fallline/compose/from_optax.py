"""Every optimiser of optax as a method: a class made from its factory's signature."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any, ClassVar, Self

from fallline.compose.optax_arguments import accepted, arguments, field, transforms, untraceable
from fallline.core import lift
from fallline.core.errors import InvalidType, InvalidValue, did_you_mean
from fallline.core.method import Method
from fallline.core.node import Hyper, at_step, fields, parts, rate_field


def from_optax(factory: Callable[..., Any], **hyper: Any) -> Method:
    """Return an optimiser of optax, or any function that returns a gradient transformation, as a method.

    Its numeric arguments become traced hyperparameters, numbers or `fl` schedules: the transformation is built again
    inside the compiled step, so no value of them recompiles it. An argument that is an optimiser must be a method.

    Args:
        factory: `optax.contrib.muon`, say; not what it returns.
        **hyper: its arguments.

    Returns:
        The method; in the command line's words `optax.muon(learning_rate=0.02)`.

    Raises:
        InvalidType: for something that is not such a function, and for arguments that it does not have.

    Example:
        >>> import optax
        >>> method = from_optax(optax.contrib.muon, learning_rate=0.02)
        >>> method.name(), method.replace(learning_rate=0.1).learning_rate
        ('optax.contrib.muon', 0.1)
    """
    if isinstance(factory, tuple) or not callable(factory):
        raise InvalidType(
            f"from_optax({factory!r}): give the function and its arguments apart, as in "
            f"fl.from_optax(optax.adamw, learning_rate=0.001), so that the numbers can change without recompiling."
        )
    return optax_class(factory)(**hyper)


def named(name: str) -> type[Method]:
    """Return the class of the optimiser called `name` in optax or optax.contrib."""
    known: list[str] = []
    for module in _places():
        factory: Any = vars(module).get(name.removeprefix("contrib."))
        if _is_factory(factory) and transforms(factory):
            return optax_class(factory)
        known += [n for n, f in inspect.getmembers(module, _is_factory) if n[0] != "_" and transforms(f)]
    raise InvalidValue(f"unknown method 'optax.{name}'.{did_you_mean(name, known)}")


@functools.cache
def optax_class(factory: Callable[..., Any]) -> type[Method]:
    """Return the method class of a factory: its fields are the factory's arguments, with their defaults."""
    name, annotations, declared = _public_name(factory), {}, {}
    structural = untraceable(factory)
    for argument in sorted(arguments(factory), key=lambda p: p.default is not p.empty):
        if argument.kind in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD):
            raise InvalidType(f"from_optax({name}): it takes any number of arguments. Use fl.chain for chains.")
        annotations[argument.name] = bool if isinstance(argument.default, bool) else Any
        declared[argument.name] = field(argument, argument.name not in structural)
    first = (inspect.getdoc(factory) or name).partition("\n")[0]
    body = {
        "__doc__": f"{first}\n\n    Source: {name}.",
        "__annotations__": annotations,
        "FACTORY": staticmethod(factory),
    }
    return type(name, (_Optax,), {"__module__": __name__, **body, **declared})


class _Optax(Method):
    """A gradient transformation of optax, built again at every step from numbers in force."""

    FACTORY: ClassVar[Callable[..., Any]]

    def __post_init__(self) -> None:
        for inner in parts(type(self)):
            if isinstance(getattr(self, inner), tuple):
                raise InvalidType(
                    f"{self.name()}({inner}=...): give a method for {inner}, as in fl.SGD(lr=0.1) or "
                    f"fl.from_optax(optax.sgd, learning_rate=0.1), so that its numbers can change without recompiling."
                )
        super().__post_init__()

    def __reduce__(self) -> tuple[Any, ...]:
        # The class is made from its factory, and lies under no name where pickle could find it.
        return functools.partial(from_optax, type(self).FACTORY, **self.__dict__), ()

    @classmethod
    def name(cls) -> str:
        """The public name in optax."""
        return cls.__name__

    def init(self, params: Any) -> dict[str, Any]:
        """Return the count and the transformation's state."""
        import jax.numpy as jnp

        wide = _wide(params)
        inside = self._built(0, wide).init(wide)
        # Without weak types, which one step would turn into strong ones, and retrace.
        inside = lift.mapped(lambda leaf: jnp.asarray(leaf, getattr(leaf, "dtype", None)), inside)
        return {"count": jnp.zeros((), jnp.int32), "optax": inside}

    def update(self, grads: Any, state: dict[str, Any], params: Any = None, **extra: Any) -> tuple[Any, dict[str, Any]]:
        """Let the transformation step, in float32 or wider."""
        import jax.numpy as jnp

        wide = _wide(grads)
        transformation = self._built(state["count"], wide)
        points = None if params is None else _wide(params)
        offered = accepted(transformation.update, {**extra, "grad": _wide(extra.get("grad", grads))}, params)
        updates, inside = transformation.update(wide, state["optax"], points, **offered)
        updates = lift.mapped(lambda u, g: u.astype(jnp.asarray(g).dtype), updates, grads)
        # A rate in float64 would widen the state of float32 arrays beside it, and the loop's carry would change.
        inside = lift.mapped(_like, inside, state["optax"])
        return updates, {"count": state["count"] + 1, "optax": inside}

    @property
    def reports_elsewhere(self) -> bool:
        """Whether it is Schedule-Free, the one transformation of optax whose answer lies elsewhere."""
        return self.name().startswith("optax.contrib.schedule_free")

    def eval_params(self, params: Any, state: dict[str, Any]) -> Any:
        """Return the parameters, or Schedule-Free's average."""
        if not self.reports_elsewhere:
            return params
        import jax.numpy as jnp
        import optax.contrib

        found = optax.contrib.schedule_free_eval_params(state["optax"], _wide(params))
        return lift.mapped(lambda x, p: x.astype(jnp.asarray(p).dtype), found, params)

    @property
    def has_lr(self) -> bool:
        """Whether it has a learning rate, or the first of its optimisers has."""
        return super().has_lr or any(getattr(self, inner).has_lr for inner in parts(type(self))[:1])

    @property
    def rate(self) -> Any:
        """The learning rate, or that of the first of its optimisers."""
        inside = next((getattr(self, inner).rate for inner in parts(type(self))[:1]), None)
        return inside if rate_field(type(self)) is None else super().rate

    def with_lr(self, lr: Any) -> Self:
        """Return the same with another learning rate, of the first of its optimisers too."""
        changes = {n: method.with_lr(lr) for n in parts(type(self))[:1] if (method := getattr(self, n)).has_lr}
        if (rate := rate_field(type(self))) is not None:
            changes[rate] = lr
        return self.replace(**changes) if changes else super().with_lr(lr)

    def _built(self, count: Any, like: Any) -> Any:
        import jax.numpy as jnp
        import optax

        leaves, _ = lift.flatten(like)
        now = at_step(self, jnp, count, lift.widest(jnp, leaves))
        given = {}
        for own in fields(type(self)):
            value, meta = getattr(now, own.name), own.metadata["meta"]
            if isinstance(value, Method):
                value = optax.GradientTransformationExtraArgs(value.init, value.update)
            elif isinstance(meta, Hyper) and meta.many:
                value = tuple(value)
            elif isinstance(meta, Hyper) and type(own.default) is int:
                value = value.astype(jnp.int32)
            given[own.name] = value
        made = type(self).FACTORY(**given)
        if not (hasattr(made, "init") and hasattr(made, "update")):
            raise InvalidType(
                f"from_optax({self.name()}): it returns {type(made).__name__}, and must return a gradient "
                f"transformation, as optax.adamw does."
            )
        return optax.with_extra_args_support(made)


def _like(new: Any, old: Any) -> Any:
    """Return an array in the dtype of another; a random key, which has no other, as it is."""
    import jax.numpy as jnp

    new = jnp.asarray(new)
    return new if new.dtype == old.dtype else new.astype(old.dtype)


def _wide(tree: Any) -> Any:
    import jax.numpy as jnp

    return lift.mapped(lambda leaf: lift.widened(jnp, jnp.asarray(leaf)), tree)


def _public_name(factory: Callable[..., Any]) -> str:
    """Return the name under which optax offers the factory, or where it is defined."""
    name = getattr(factory, "__name__", type(factory).__name__)
    offered = {n: m.__name__ for m in reversed(_places()) for n, found in vars(m).items() if found is factory}
    name = name if name in offered else next(iter(offered), name)  # optax.nadam, a partial of adam, has none itself
    return f"{offered.get(name, factory.__module__)}.{name}"


def _is_factory(value: Any) -> bool:
    return inspect.isfunction(value) or isinstance(value, functools.partial)


def _places() -> tuple[ModuleType, ...]:
    """Return the modules in which optax offers optimisers."""
    try:
        import optax
        import optax.contrib
    except ImportError:
        raise InvalidValue("optax is not installed, and its optimisers need it: pip install optax.") from None
    return optax, optax.contrib
