"""What changes the bits of a run, and by how much: a 64-32-10 network on digits at batch 32, Adam.

Each line is one run beside another that differs in one thing, every run in a process of its own. The number is the
largest difference of any parameter, as a share of the largest parameter: after one step, and after ten epochs. 0 is the
same bits. The last line, another seed, says what a large difference is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Row

EPOCHS = 10
A_STEP = 1e-6
"""What the order of sums may change in one step."""

Setting = Mapping[str, Any]
"""How a run is made: `way`, one of WAYS; `choices` of `fl.train`; the `model`; `cores` and `devices` that it has; the
`width` of lanes and how many `neighbours` share them; `flags` of XLA; whether its programs are `cached`."""

CACHE_ALL = {"JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0", "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1"}

REPRODUCIBLE: Setting = {"choices": {"reproducible": True}}
WIDE: Setting = {"model": "mlp(512)", "choices": {"batch_size": 512}}


@dataclass(frozen=True)
class Case:
    """One line: what differs, what is asked of the difference after a step, and the two runs."""

    what: str
    asked: float | None
    other: Setting
    one: Setting = field(default_factory=dict)


def on(devices: int, **choices: Any) -> Setting:
    """Return the run spread over so many devices."""
    return {"devices": devices, "choices": {"devices": devices, **choices}}


CASES = (
    Case("the same again", 0, {}),
    Case("chunks of one step", 0, {"way": "one by one"}),
    Case("stopped and resumed five times", 0, {"way": "paused"}),
    Case("in a race, in threads", 0, {"way": "threads"}),
    Case("the default probes", 0, {"choices": {"probes": "default"}}),
    Case("progress, callbacks and a folder", 0, {"way": "watched"}),
    Case("programs from the folder of compiled ones", 0, {"cached": True}),
    Case("every epoch judged", 0, {"choices": {"patience": EPOCHS, "keep": "last"}}),
    Case("lanes of one width, other neighbours", 0, {"way": "lanes", "neighbours": 7}, {"way": "lanes"}),
    *(Case(f"reproducible, {n} devices instead of 1", 0, on(n, reproducible=True), REPRODUCIBLE) for n in (2, 4, 8)),
    Case("side by side in lanes instead of alone", A_STEP, {"way": "lanes"}),
    Case("another width of lanes, 10 instead of 4", A_STEP, {"way": "lanes", "width": 10}, {"way": "lanes"}),
    *(Case(f"{n} devices instead of 1", A_STEP, on(n)) for n in (2, 4, 8)),
    Case("reproducible instead of not", A_STEP, REPRODUCIBLE),
    Case("parameters spread over 8 devices", A_STEP, on(8, shard_params=True)),
    Case("micro-batches of 8 rows", A_STEP, {"choices": {"micro_batch": 8}}),
    Case("one core instead of two", A_STEP, {"cores": 1}),
    Case("one core instead of two, 512 units at batch 512", A_STEP, {"cores": 1, **WIDE}, WIDE),
    Case("an older processor's instructions (AVX)", A_STEP, {"flags": "--xla_cpu_max_isa=AVX"}),
    Case("a compiler that optimises less", A_STEP, {"flags": "--xla_backend_optimization_level=0"}),
    Case("bfloat16", None, {"choices": {"precision": "bfloat16"}}),
    Case("another seed", None, {"choices": {"seed": 1}}),
)


def rows() -> list[Row]:
    """Measure."""
    made: dict[str, list[np.ndarray]] = {}

    def params(setting: Setting) -> list[np.ndarray]:
        key = json.dumps(setting, sort_keys=True)
        if key not in made:
            made[key] = _in_a_process(setting)
        return made[key]

    return [_row(case, params(case.one), _in_a_process(case.other)) for case in CASES]


def _row(case: Case, one: list[np.ndarray], other: list[np.ndarray]) -> Row:
    step, end = (float(np.abs(a - b).max() / np.abs(a).max()) for a, b in zip(one, other, strict=True))
    if case.asked == 0:
        return Row(case.what, _said(step, end), "0", step == end == 0)
    asked = "–" if case.asked is None else f"≤ {case.asked:g} after a step"
    return Row(case.what, _said(step, end), asked, None if case.asked is None else step <= case.asked)


def _said(step: float, end: float) -> str:
    return "the same bits" if step == end == 0 else f"{step:.1e} after a step, {end:.1e} at the end"


def _in_a_process(setting: Setting) -> list[np.ndarray]:
    """Return the parameters after a step and at the end, flat."""
    environment = os.environ | ({"XLA_FLAGS": setting["flags"]} if "flags" in setting else {})
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.determinism", json.dumps(setting), folder]
        if setting.get("cached"):  # once to fill the folder
            environment |= {"JAX_COMPILATION_CACHE_DIR": f"{folder}/cache", **CACHE_ALL}
            subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
            assert any(Path(folder, "cache").iterdir())
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
        with np.load(Path(folder) / "params.npz") as found:
            return [found["step"], found["end"]]


def main(setting: Setting, folder: Path) -> None:
    """Make the runs of one setting, and leave their parameters in a folder."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[: setting.get("cores", len(cores))])
    import jax

    jax.config.update("jax_num_cpu_devices", setting.get("devices", 1))
    import fallline as fl

    problem = fl.problems.for_data("digits", model=setting.get("model", "mlp(32)"))
    way = WAYS[setting.get("way", "alone")]
    steps = {"step": {"steps": 1}, "end": {"epochs": EPOCHS}}
    found = {name: way(problem, folder / name, setting, length) for name, length in steps.items()}
    np.savez(
        folder / "params.npz",
        **{name: np.concatenate([np.ravel(a) for a in arrays.values()]) for name, arrays in found.items()},
    )


def _alone(problem: Any, folder: Path, setting: Setting, length: Mapping[str, int], **more: Any) -> Mapping[str, Any]:
    import fallline as fl

    choices = {"batch_size": 32, **length, **setting.get("choices", {}), **more}
    return fl.train(problem, fl.Adam(lr=1e-3), **choices).arrays


def _one_by_one(problem: Any, folder: Path, setting: Setting, length: Mapping[str, int]) -> Mapping[str, Any]:
    from fallline.engine import run

    run.LOOK_SECONDS, run.FIRST_STEPS = 0.0, 1
    return _alone(problem, folder, setting, length)


def _watched(problem: Any, folder: Path, setting: Setting, length: Mapping[str, int]) -> Mapping[str, Any]:
    def see(look: Any) -> None:
        assert look.step

    return _alone(problem, folder, setting, length, out=folder, progress=see, callbacks=[see], checkpoint_steps=10)


def _paused(problem: Any, folder: Path, setting: Setting, length: Mapping[str, int]) -> Mapping[str, Any]:
    """Stop at the ends of some epochs, and go on."""
    import fallline as fl

    pauses = [1, 2, 4, 5, 9]

    def stop(look: Any) -> None:
        if pauses and look.epoch >= pauses[0] and look.step < look.steps:
            del pauses[0]
            look.pause()

    _alone(problem, folder, setting, length, out=folder, callbacks=[stop])
    while (record := fl.load(folder)).outcome == "interrupted":
        fl.resume(folder, problem, callbacks=[stop])
    return record.arrays


def _threads(problem: Any, folder: Path, setting: Setting, length: Mapping[str, int]) -> Mapping[str, Any]:
    return _raced(problem, length, "threads", neighbours=0)


def _lanes(problem: Any, folder: Path, setting: Setting, length: Mapping[str, int]) -> Mapping[str, Any]:
    from fallline.engine import grouping

    width = setting.get("width", 4)
    grouping.PLACES = range(width, width - 1, -1)
    return _raced(problem, length, "vmap", setting.get("neighbours", 0))


def _raced(problem: Any, length: Mapping[str, int], lanes: Any, neighbours: int) -> Mapping[str, Any]:
    """Return the parameters of a run of a race: the one of the first seed, at its own rate."""
    import fallline as fl

    lr = [1e-3, *(2e-3 + 1e-4 * k for k in range(neighbours))]
    result = fl.compare(problem, [fl.Adam], lr=lr, seeds=5, final_seeds=0, batch_size=32, lanes=lanes, **length)
    (found,) = [r for r in result.records if r.spec.seed == 0 and r.spec.method.startswith("adam(lr=0.001,")]
    return found.arrays


WAYS = {
    "alone": _alone,
    "one by one": _one_by_one,
    "watched": _watched,
    "paused": _paused,
    "threads": _threads,
    "lanes": _lanes,
}

if __name__ == "__main__":
    main(json.loads(sys.argv[1]), Path(sys.argv[2]))
