"""One step of every elementwise method on 100 million float32 parameters, as a share of the bandwidth of a copy.

The gradient is there already; `update` and the addition are one program, and parameters and state are donated. Counted
are the bytes that a step cannot avoid: parameters and every slot are read and written, the gradient is read. The
bandwidth, reading and writing, is that of the fastest copy found beside each method, in turn with it: NumPy's by two
threads, a compiled x + 1 in place, torch's. torch's loads each line that it is about to overwrite; those bytes are not
counted. Both sides have torch's defaults, and `fused=True` where torch has it for the method, else `foreach=True`.

The steps run with `XLA_FLAGS=--xla_backend_extra_options=xla_cpu_use_multi_output_fusion`, in a process of their own;
rows "as XLA comes" are without it. XLA's loops on a CPU then write one array each, and so read again what the others
read: "the program moves" says how much, and how long that takes at the bandwidth of the copy.
"""

from __future__ import annotations

import gc
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch

import fallline as fl
from benchmarks.measure import Row, Times, interleaved, ratio
from fallline.core.dialect import Dialect
from fallline.core.fusion import FLAG
from fallline.core.method import Method
from fallline.methods import METHODS

SIZE = 100_000_000
ARRAYS = 50
"""How many arrays the parameters of a network come in."""
SHARE = 0.85
REPEATS = 7


AS_IT_COMES = ("sgd", "momentum", "adam")


def rows() -> list[Row]:
    """Measure in processes of their own: XLA reads its flags once."""
    joined = _in_own_process(FLAG, list(METHODS))
    plain = _in_own_process("", list(AS_IT_COMES))
    return joined + [Row(f"as XLA comes, {row.what}", row.measured, "–", None, row.note) for row in plain]


def _in_own_process(flags: str, names: list[str]) -> list[Row]:
    command = [sys.executable, "-m", "benchmarks.optimiser_step", *names]
    done = subprocess.run(command, env={**os.environ, "XLA_FLAGS": flags}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return [Row(**row) for row in json.loads(done.stdout)]


def measure(names: list[str]) -> list[Row]:
    """Measure these methods, and Adam in many arrays."""
    torch.set_num_threads(2)
    out: dict[str, list[str]] = {}
    found = []
    for cls in map(METHODS.find, names):
        method = as_in_torch(cls)
        if reason := left_out(method):
            out.setdefault(reason, []).append(cls.name())
        else:
            found += measured(method, cls, arrays=1)
    found += measured(as_in_torch(fl.Adam), fl.Adam, arrays=ARRAYS)
    return found + [Row(f"left out: {reason}", ", ".join(left), "–", None) for reason, left in out.items()]


def as_in_torch(cls: type[Method]) -> Method:
    """Return the method with torch's form and defaults, or with its own where torch does not have it."""
    return cls.like("torch") if isinstance(cls.LIKE.get("torch"), Dialect) else cls()


def left_out(method: Method) -> str | None:
    """Return why the method is not measured: an element's step has to follow from that element alone."""
    if type(method).tree_rule is not Method.tree_rule:
        return "looks across arrays, or at the loss"
    random = np.random.default_rng(0)
    params, grads = random.normal(size=(8, 3)), random.normal(size=(8, 3))
    whole, half = (method.update(grads[:n], method.init(params[:n]), params[:n])[0] for n in (8, 4))
    return None if np.array_equal(whole[:4], half) else "an element's step depends on its array's others"


def measured(method: Method, cls: type[Method], arrays: int) -> list[Row]:
    """Return the method's share of the bandwidth, and its speed beside torch's."""
    ours, theirs = Ours(method, arrays), torch_step(cls, method, arrays)
    times = interleaved({"fallline": ours, **theirs, **copies()}, REPEATS)
    gc.collect()
    bandwidth = max(8 * SIZE / times[name].median for name in copies())
    what = f"{cls.name()}" + (f" in {arrays} arrays" if arrays > 1 else "")
    return [
        _share(what, times["fallline"], ours, bandwidth),
        *(ratio(times, "fallline", name, 1, what) for name in theirs),
    ]


def _share(what: str, times: Times, ours: Ours, bandwidth: float) -> Row:
    share = ours.bytes / times.median / bandwidth
    bound = f"the program moves {ours.moved / SIZE:.0f} bytes a parameter: {1e3 * ours.moved / bandwidth:.0f} ms"
    return Row(
        f"{what}: {ours.bytes / SIZE:.0f} bytes a parameter",
        f"{1e3 * times.median:.1f} ms, {share:.0%} of {bandwidth / 1e9:.0f} GB/s",
        f"≥ {SHARE:.0%}",
        share >= SHARE,
        bound,
    )


@dataclass
class Ours:
    """A compiled step with what it carries; every call takes one."""

    method: Method
    arrays: int
    program: Any = field(init=False)

    def __post_init__(self) -> None:
        self.method = jax.tree.map(jnp.float32, self.method)
        full = jax.jit(lambda value: [jnp.full(SIZE // self.arrays, value) for _ in range(self.arrays)])
        self.params, self.grads = full(1.0), full(0.01)
        self.state = jax.jit(self.method.init)(self.params)
        lowered = jax.jit(_step, donate_argnums=(1, 2)).lower(self.method, self.params, self.state, self.grads)
        self.program = lowered.compile()

    def __call__(self) -> None:
        self.params, self.state = self.program(self.method, self.params, self.state, self.grads)
        jax.block_until_ready((self.params, self.state))

    @property
    def bytes(self) -> int:
        """What a step has to read and write."""
        carried = [leaf for leaf in jax.tree.leaves((self.params, self.state)) if leaf.size > 1]
        return sum(2 * leaf.nbytes for leaf in carried) + sum(g.nbytes for g in self.grads)

    @property
    def moved(self) -> float:
        """What the loops of the compiled program read and write, each for itself."""
        found: float = self.program.cost_analysis()["bytes accessed"]
        return found


def _step(method: Method, params: Any, state: Any, grads: Any) -> Any:
    updates, state = method.update(grads, state, params)
    return jax.tree.map(jnp.add, params, updates), state


def torch_step(cls: type[Method], method: Method, arrays: int) -> dict[str, Callable[[], object]]:
    """Return torch's step of the same method, under what it is called, or nothing where torch has none."""
    dialect = cls.LIKE.get("torch")
    if not isinstance(dialect, Dialect):
        return {}
    optimiser = getattr(torch.optim, dialect.target.rpartition(".")[2])
    takes = inspect.signature(optimiser).parameters
    same = {
        name: float(getattr(method, ours))
        for name, ours in dialect.names.items()
        if isinstance(ours, str) and name in takes and getattr(method, ours, None) is not None
    }
    how = "fused" if "fused" in takes else "foreach"
    params = [torch.nn.Parameter(torch.full((SIZE // arrays,), 1.0)) for _ in range(arrays)]
    for p in params:
        p.grad = torch.full_like(p, 0.01)
    return {f"PyTorch ({how})": optimiser(params, **{**same, **dialect.given, how: True}).step}


@cache
def copies() -> dict[str, Callable[[], object]]:
    """Return three ways to read SIZE numbers and to write as many."""
    here, there = np.full(SIZE, 1.0, np.float32), np.full(SIZE, 1.0, np.float32)
    halves, pool = (slice(SIZE // 2), slice(SIZE // 2, None)), ThreadPoolExecutor(2)
    add = jax.jit(lambda x: x + 1, donate_argnums=0)
    moving = [jnp.ones(SIZE)]

    def in_place() -> None:
        moving[0] = add(moving[0]).block_until_ready()

    return {
        "NumPy's copy, 2 threads": lambda: list(pool.map(lambda half: np.copyto(there[half], here[half]), halves)),
        "x + 1 in place": in_place,
        "torch's copy": lambda: torch.from_numpy(there).copy_(torch.from_numpy(here)),
    }


if __name__ == "__main__":
    print(json.dumps([asdict(row) for row in measure(sys.argv[1:])]))
