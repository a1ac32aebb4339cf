"""A rule for one array lifted to pytrees: flattening, namespaces, precision, and the state as it is carried."""

from __future__ import annotations

from typing import Any

from fallline.core.errors import InvalidType, InvalidValue, did_you_mean


class Slots(dict[str, Any]):
    """The state of one array, read as attributes: `s.m`."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            made = ", ".join(self) or "nothing"
            raise AttributeError(
                f"the state has no {name!r}, only {made}: it is another method's. Begin with this one's init(params)."
            ) from None

    def after(self, changed: dict[str, Any]) -> Slots:
        """Return the slots after a step; a name that `slots` never made is refused, since it would be forgotten."""
        for name in changed.keys() - self.keys():
            near = did_you_mean(name, self)
            raise InvalidValue(f"the rule changed a slot {name!r} that slots(xp, p) does not make.{near}")
        return Slots(self | changed)


def flatten(tree: Any) -> tuple[list[Any], Any]:
    """Return the arrays of a tree, and its structure."""
    import jax

    return jax.tree.flatten(tree)


def paths(tree: Any, separator: str = ".") -> list[str]:
    """Return the ways to the arrays of a tree, in its order: `0.w` for `tree[0]["w"]`, `params` for one array."""
    import jax

    found = jax.tree_util.tree_leaves_with_path(tree)
    return [jax.tree_util.keystr(path, simple=True, separator=separator) or "params" for path, _ in found]


def mapped(function: Any, *trees: Any) -> Any:
    """Return the function applied to the arrays of the trees."""
    import jax

    return jax.tree.map(function, *trees)


def state(xp: Any, count: Any, slots: list[Slots], shared: Slots, tree: Any) -> dict[str, Any]:
    """Return the state as it is carried: the count, one pytree a slot, and what is shared."""
    names = slots[0] if slots else ()
    columns = {n: tree.unflatten([xp.asarray(s[n]) for s in slots]) for n in names}
    common = {"shared": {n: xp.asarray(v) for n, v in shared.items()}} if shared else {}
    return {"count": xp.asarray(count, dtype=xp.int32), **columns, **common}


def slots(state: dict[str, Any], tree: Any) -> list[Slots]:
    """Return the state as rules see it: the slots of every array."""
    columns = {n: tree.flatten_up_to(column) for n, column in state.items() if n not in ("count", "shared")}
    return [Slots((n, column[i]) for n, column in columns.items()) for i in range(tree.num_leaves)]


def widest(xp: Any, arrays: list[Any]) -> Any:
    """Return the widest dtype among the arrays."""
    return xp.result_type(*{str(a.dtype): a.dtype for a in arrays}.values()) if arrays else xp.dtype("float32")


def narrowed(xp: Any, tree: Any, points: list[Any], params: Any) -> Any:
    """Return the points as a pytree like `params`, in its dtypes."""
    leaves = tree.flatten_up_to(params)
    return tree.unflatten([xp.astype(xp.asarray(x), xp.asarray(p).dtype) for x, p in zip(points, leaves, strict=True)])


def namespace(leaves: list[Any], *trees: Any) -> Any:
    """Return NumPy where the arrays are NumPy's and nothing else is JAX's, else `jax.numpy`: one rule runs on both."""
    import jax
    import numpy

    ours = leaves and all(isinstance(leaf, numpy.ndarray | numpy.generic) for leaf in leaves)
    if ours and not any(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(trees)):
        return numpy
    return jax.numpy


def widened(xp: Any, array: Any) -> Any:
    """Return the array in float32 or wider: bfloat16 would round b2 = 0.999 to 1."""
    name = str(array.dtype)
    if name in ("float32", "float64"):
        # A weakly typed array (jnp.asarray(3.0)) would change its type after one step, and retrace.
        return xp.astype(array, array.dtype, copy=False)
    if name in ("bfloat16", "float16"):
        return xp.astype(array, xp.float32)
    raise InvalidType(
        f"a parameter of dtype {name} cannot be stepped along a gradient: parameters must be floating point. "
        f"Write 3.0 instead of 3, or keep whole numbers in the data."
    )
