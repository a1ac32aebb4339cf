"""The threads of a race: every run once, errors once, nothing left behind."""

import signal
import threading

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl
from fallline.engine.contest import Contestant
from fallline.engine.crew import Crew
from fallline.engine.interrupt import Interrupt

PATIENCE = 30
"""Seconds after which whatever waits is taken to hang."""


@pytest.fixture(autouse=True)
def look_often(monkeypatch):
    monkeypatch.setattr("fallline.engine.crew.LOOK_SECONDS", 0.002)


@pytest.fixture(autouse=True)
def nothing_is_left_behind():
    yield
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fallline")]


class Steps:
    """A group whose runs take their steps one by one, and do what they are told to at each.

    Args:
        width: how many go side by side.
        preparing: called instead of compiling.
        at_step: called with every run after each of its steps.
    """

    def __init__(self, width=1, preparing=None, at_step=None):
        self.width, self.preparing, self.at_step = width, preparing, at_step
        self.prepared, self.carried, self.sizes = 0, [], []

    def prepare(self):
        self.prepared += 1
        if self.preparing is not None:
            self.preparing()

    def carry(self, runs, more, interrupt, told):
        self.sizes.append(len(runs))
        waiting = list(runs)
        while waiting:
            run = waiting.pop(0)
            while run.waits and interrupt.signal is None:
                run.step += 1
                if self.at_step is not None:
                    self.at_step(run)
                told(run)
            self.carried.append(run)
            if interrupt.signal is None and (following := more()) is not None:
                waiting.append(following)

    def eliminate(self, run, why):
        raise NotImplementedError


def contestants(count, until=3):
    return [Contestant(fl.SGD(), seed, until) for seed in range(count)]


def crew(told=lambda run: None, threads=2, interrupt=None):
    return Crew(interrupt or Interrupt(), told, threads)


def quiet():
    """Look, and see nothing."""


def test_every_run_is_carried_once_and_every_group_prepared_once():
    heard, groups = [], [Steps(1), Steps(3), Steps(8)]
    runs = [contestants(5), contestants(7), contestants(4)]
    ahead = runs[0][0]
    ahead.step = 3
    one = crew(lambda run: heard.append((run, run.step)))
    one.work(dict(zip(groups, runs, strict=True)), quiet)
    for group, own in zip(groups, runs, strict=True):
        assert sorted(map(id, group.carried)) == sorted(id(run) for run in own if run is not ahead)
        assert group.prepared == 1
        assert max(group.sizes) <= group.width
    assert len(heard) == len(set(heard)) == 3 * (5 + 7 + 4 - 1)
    for run in (run for own in runs for run in own):
        run.until = 4
    one.work(dict(zip(groups, runs, strict=True)), quiet)
    assert {group.prepared for group in groups} == {1}
    assert {run.step for own in runs for run in own} == {4}


def test_while_one_group_compiles_another_is_carried():
    met = threading.Event()

    def wait():
        assert met.wait(PATIENCE)

    quick, slow = Steps(at_step=lambda run: met.set()), Steps(preparing=wait)
    crew().work({quick: contestants(2), slow: contestants(2)}, quiet)
    assert len(slow.carried) == 2


def test_runs_go_on_at_a_time_one_a_thread():
    pair = threading.Barrier(2, timeout=PATIENCE)
    group = Steps(at_step=lambda run: pair.wait())
    crew().work({group: contestants(4, until=1)}, quiet)
    assert len(group.carried) == 4


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("where", ["preparing", "at_step"])
def test_what_one_thread_raises_is_raised_once_and_ends_the_others_soon(where, threads):
    def fail(*run):
        raise OSError("no room")

    endless, broken = Steps(), Steps(**{where: fail})
    work = {broken: contestants(3), endless: contestants(3, until=10**9)}
    with pytest.raises(OSError, match="no room"):
        crew(threads=threads).work(work, quiet)
    assert all(run.step < 10**9 for run in endless.carried)


def test_what_the_caller_raises_while_it_looks_ends_the_threads():
    def interrupted():
        raise KeyboardInterrupt

    group = Steps()
    with pytest.raises(KeyboardInterrupt):
        crew().work({group: contestants(3, until=10**9)}, interrupted)


def test_after_a_signal_the_rest_can_go_on_later():
    interrupt, runs = Interrupt(), contestants(6, until=50)
    group = Steps(2)

    def told(run):
        if run.seed == 2 and run.step == 25:
            interrupt.signal = signal.SIGTERM

    crew(told, interrupt=interrupt).work({group: runs}, quiet)
    steps = [run.step for run in runs]
    assert 25 <= max(steps) <= 50
    assert min(steps) < 50
    crew().work({group: runs}, quiet)
    assert [run.step for run in runs] == [50] * 6


def test_a_setting_that_holds_in_the_callers_thread_only_holds_in_all():
    found = []

    def note(*run):
        found.append((jnp.asarray(1.0).dtype, jax.config.jax_default_matmul_precision))

    before = dict(jax.config.values)
    with jax.enable_x64(True), jax.default_matmul_precision("highest"):
        crew().work({Steps(preparing=note, at_step=note): contestants(4)}, quiet)
    crew().work({Steps(preparing=note, at_step=note): contestants(1, until=1)}, quiet)
    assert set(found[:-2]) == {(np.dtype("float64"), "highest")}
    assert set(found[-2:]) == {(np.dtype("float32"), None)}
    assert dict(jax.config.values) == before


def line(metric):
    x = np.linspace(-1, 1, 12, dtype=np.float32)
    return fl.Problem(
        init=lambda key: {"w": jnp.zeros(())},
        loss=lambda p, batch: (p["w"] * batch.x - batch.y) ** 2,
        data=fl.Data(train=(x, 3 * x), validation=(x, 3 * x)),
        predict=lambda p, x: p["w"] * x,
        metrics={"error": metric},
    )


def broken(y_pred, y_true):
    raise ArithmeticError("this metric is broken")


@pytest.mark.parametrize("way", ["vmap", "threads"])
def test_a_metric_that_raises_ends_the_race_with_what_it_raised(way):
    with pytest.raises(ArithmeticError, match="this metric is broken"):
        fl.compare(line(broken), [fl.SGD, fl.Adam], lr=[0.1, 0.2], seeds=3, epochs=5000, lanes=way)


def test_a_progress_callback_that_raises_ends_the_race():
    def stop(progress):
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        fl.compare(line(lambda a, b: 0.0), [fl.SGD], lr=[0.1, 0.2], epochs=10**6, lanes="threads", progress=stop)


def test_a_signal_ends_a_race_soon_with_the_runs_that_have_ended():
    told = []

    def interrupt(progress):
        told.append(progress)
        if len(told) == 2:
            signal.raise_signal(signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    result = fl.compare(
        line(lambda a, b: 0.0), [fl.SGD], lr=[0.1, 0.2], epochs=10**6, lanes="threads", progress=interrupt
    )
    assert result.outcome == "interrupted"
    assert result.provenance["signal"] == signal.SIGTERM
    assert result.winner is None
    assert len(result.records) < 20
    assert signal.getsignal(signal.SIGTERM) == before
