"""Two processes against one with as many devices: the same bits, with the rows and the parameters shared out."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import textwrap

import pytest

from fallline.core.errors import ProcessLost
from fallline.engine.world import ALONE, World

SCRIPT = """
import hashlib, json, os, signal, sys
import jax
import numpy as np
import fallline as fl
from fallline.engine.join import join, leave
from fallline.engine.world import world

place, address = sys.argv[1], sys.argv[2]
if place == "one":
    jax.config.update("jax_num_cpu_devices", 2)
else:
    join(address, 2, int(place), 60)
here = world()

class Blocks:
    sizes = np.full(6, 50)
    mean_weight = 1.0

    def __init__(self):
        self.asked = set()
        self.x = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)

    def read(self, block):
        self.asked.add(int(block))
        x = self.x[50 * block : 50 * block + 50]
        return fl.core.problem.Batch(x.copy(), -abs(x @ np.array([1, -2, 3, 0.5], np.float32)))

    @property
    def row(self):
        return fl.core.problem.Batch(self.x[:1], self.x[:1, 0])

    def fingerprint(self):
        return "blocks"

blocks = Blocks()
problem = fl.Problem(
    init=lambda key: {"u": jax.random.normal(key, (4, 256)) / 4, "v": jax.numpy.ones((256, 8)) / 256},
    loss=lambda p, batch: (jax.numpy.tanh(batch.x @ p["u"]) @ p["v"]).sum(1) * batch.y,
    data=fl.Data(train=blocks),
)
told = {}
for name, choices in {"batches": {"batch_size": 20}, "sweeps": {"batch_size": "full", "micro_batch": 100}}.items():
    spread = 2 if place == "one" else 1
    record = fl.train(problem, fl.Adam(lr=0.01), epochs=3, devices=spread, shard_params=True, **choices)
    numbers = b"".join(record.arrays[key].tobytes() for key in sorted(record.arrays))
    told[name] = hashlib.sha256(numbers + record.history["loss"].tobytes()).hexdigest()
if place != "one":
    def stop(progress):
        if here.index == 1:
            os.kill(os.getpid(), signal.SIGTERM)
    stopped = fl.train(problem, fl.SGD(lr=0.01), batch_size=20, epochs=1000, progress=stop)
    told["stopped"] = stopped.outcome, len(stopped.history["step"]), stopped.provenance["signal"]
told["asked"] = sorted(blocks.asked)
told["agreed"] = here.agreed(0.1 + here.index, None if here.first else 15)
told["shared"] = here.shared(b"of process %d" % here.index * (1 + 9999 * here.index)).decode()
told["decided"] = here.decided(here.first), here.decided(not here.first)
print(json.dumps(told), flush=True)
if place != "one":
    assert leave()
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> dict[str, dict[str, object]]:
    """What each of two processes, and one process with two devices, has to say."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    script = tmp_path_factory.mktemp("world") / "script.py"
    script.write_text(textwrap.dedent(SCRIPT))
    pipe = subprocess.PIPE
    processes = {
        place: subprocess.Popen([sys.executable, str(script), place, address], stdout=pipe, stderr=pipe, text=True)
        for place in ("one", "0", "1")
    }
    said = {}
    try:
        for place, process in processes.items():
            out, err = process.communicate(timeout=120)
            assert process.returncode == 0, err
            said[place] = json.loads(out.splitlines()[-1])
    finally:
        for process in processes.values():
            process.kill()
    return said


@pytest.mark.parametrize("way", ["batches", "sweeps"])
def test_two_processes_are_as_one_with_two_devices(told, way):
    assert told["0"][way] == told["1"][way] == told["one"][way]


def test_each_process_reads_blocks_of_its_own(told):
    assert told["0"]["asked"] == [0, 2, 4]
    assert told["1"]["asked"] == [1, 3, 5]
    assert told["one"]["asked"] == [0, 1, 2, 3, 4, 5]


def test_all_agree_on_the_clock_of_the_first_and_the_signal_of_any(told):
    assert told["0"]["agreed"] == told["1"]["agreed"] == [0.1, 15]
    assert told["0"]["shared"] == told["1"]["shared"] == "of process 0"
    assert told["0"]["decided"] == told["1"]["decided"] == [True, False]


def test_a_signal_to_any_process_stops_all_at_one_step(told):
    assert told["0"]["stopped"] == told["1"]["stopped"]
    outcome, steps, number = told["0"]["stopped"]
    assert (outcome, number) == ("interrupted", signal.SIGTERM)
    assert 0 < steps < 15_000


def test_one_process_agrees_with_itself():
    assert World() == ALONE
    assert ALONE.agreed(2.5, 2) == (2.5, 2)
    assert ALONE.home({"w": 1}) == {"w": 1}
    ALONE.barrier("nobody else comes")


@pytest.mark.parametrize(
    ("count", "said", "raised"),
    [
        (2, "UNKNOWN: Gloo all-reduce failed: Connection reset by peer", ProcessLost),
        (1, "UNKNOWN: Gloo all-reduce failed: Connection reset by peer", ValueError),
        (2, "RESOURCE_EXHAUSTED: Out of memory", ValueError),
        (2, "operands could not be broadcast together", ValueError),
    ],
)
def test_only_a_broken_connection_means_that_a_process_has_gone(count, said, raised):
    with pytest.raises(raised) as caught, World(0, count).together():
        raise ValueError(said)
    assert type(caught.value) is raised
