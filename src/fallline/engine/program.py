"""Compiled programs, kept by what they compute.

A program is known by the text of its lowered form, its devices and dtypes, not by the Python objects it was traced
from: a new closure that computes the same thing finds the program of the old one. Arrays and numbers that a closure
captured become arguments on the way, so another captured value costs no compilation either. In front of that, what a
problem has compiled before is found without tracing again.
"""

from __future__ import annotations

import hashlib
import threading
import time
import weakref
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import jax

from fallline.core.problem import Problem
from fallline.engine.out_of_memory import check_fits

CompileOptions = tuple[tuple[str, str | bool | int], ...]

QUICKLY: CompileOptions = (("xla_cpu_use_fusion_emitters", False), ("xla_backend_optimization_level", 0))
"""Compiles in a fraction of the usual time what is then called a few times only: 0.1 s, not 0.8, for a network's first
parameters."""


@dataclass(frozen=True, eq=False)
class Program:
    """A compiled function: it takes the arguments that the function takes, in arrays of the same shapes."""

    executable: Any
    captured: Any
    out: Any

    def __call__(self, *args: Any) -> Any:
        return jax.tree.unflatten(self.out, self.executable(self.captured, *jax.tree.leaves(args)))

    @property
    def text(self) -> str:
        """What the compiler made of it, in its own language."""
        text: str = self.executable.as_text()
        return text


_by_text: dict[str, Any] = {}
_by_problem: weakref.WeakKeyDictionary[Problem, dict[Hashable, Program]] = weakref.WeakKeyDictionary()
_one_at_a_time: dict[Hashable, threading.Lock] = {}
"""Of two threads that want one program, the second waits for the first to have compiled it."""


@dataclass
class CompileClock:
    """Seconds spent in tracing and compiling, and how many programs were new."""

    seconds: float = 0.0
    programs: int = 0


clock = CompileClock()


def compiled(
    function: Callable[..., Any],
    *args: Any,
    problem: Problem | None = None,
    key: Hashable = None,
    donate: int | None = None,
    options: CompileOptions = (),
) -> Program:
    """Return the compiled form of `function` for arguments shaped like `args`; it takes the same arguments.

    Args:
        function: what to compile.
        *args: pytrees of arrays.
        problem: whose computation it is; what it has compiled under the same key and shapes is not traced again.
        key: everything but the problem and the arguments that the function depends on.
        donate: the place of the argument whose memory the result may take over.
        options: the compiler's own, name and value; those that it does not know are left out.
    """
    if problem is None:
        return _compiled(function, args, donate, options)
    known = _by_problem.setdefault(problem, {})
    shapes = tuple(jax.typeof(leaf) for leaf in jax.tree.leaves(args))
    whole_key = (function.__qualname__, key, jax.tree.structure(args), shapes, _settings(), jax.default_backend())
    if whole_key not in known:
        with _one_at_a_time.setdefault(whole_key, threading.Lock()):
            if whole_key not in known:
                known[whole_key] = _compiled(function, args, donate, options)
    return known[whole_key]


def _compiled(
    function: Callable[..., Any], args: tuple[Any, ...], donate: int | None, options: CompileOptions
) -> Program:
    began = time.perf_counter()
    closed, out_shape = jax.make_jaxpr(function, return_shape=True)(*args)
    tree, constants = jax.tree.structure(out_shape), closed.consts

    def flat(constants: list[Any], *leaves: Any) -> list[Any]:
        return jax.core.eval_jaxpr(closed.jaxpr, constants, *leaves)

    # Unused arguments are kept: two programs of one text must take the same arguments in the same places.
    jitted = jax.jit(flat, donate_argnums=_places(args, donate), keep_unused=True)
    lowered = jitted.lower(constants, *jax.tree.leaves(args))
    program = _shared(lowered, options)
    clock.seconds += time.perf_counter() - began
    return Program(program, constants, tree)


def _shared(lowered: Any, options: CompileOptions) -> Any:
    """Return the compiled program, the one of the same text where there is one."""
    text, devices = lowered.as_text(), ",".join(map(str, jax.devices()))
    name = hashlib.sha256(f"{devices}\n{options}\n{_settings()}\n{text}".encode()).hexdigest()
    # Which of the host's functions a program calls back, its text does not say: such a program is nobody else's.
    own = "_callback" in text
    if own or name not in _by_text:
        program = compile_with(lowered, options)
        check_fits(program)
        clock.programs += 1
        if own:
            return program
        _by_text[name] = program
    return _by_text[name]


def _settings() -> tuple[Any, ...]:
    """Return the settings of JAX that change what a program computes, in its last bits at least."""
    config: Any = jax.config
    unoptimised = config.read("jax_disable_most_optimizations")
    return config.jax_default_matmul_precision, config.jax_enable_x64, unoptimised


def compile_with(lowered: Any, options: CompileOptions) -> Any:
    """Return the compiled program, with all the options that this compiler takes: none is needed."""
    try:
        return lowered.compile(compiler_options=dict(options) or None)
    except jax.errors.JaxRuntimeError as error:
        if not options:
            raise
        refused = [name for name, _ in options if name in str(error)] or [name for name, _ in options]
        return compile_with(lowered, tuple(option for option in options if option[0] not in refused))


def _places(args: tuple[Any, ...], donate: int | None) -> tuple[int, ...]:
    """Return where the donated argument's leaves stand among all of them, the captured constants coming first."""
    if donate is None:
        return ()
    before, own = len(jax.tree.leaves(args[:donate])), len(jax.tree.leaves(args[donate]))
    return tuple(range(1 + before, 1 + before + own))
