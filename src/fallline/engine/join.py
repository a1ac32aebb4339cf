"""How a process meets the others that train with it, and parts from them."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import Future

import jax

from fallline.core.errors import InvalidValue, ProcessLost
from fallline.engine.world import World, world

LEAVING_SECONDS = 24 * 3600
"""How long the others wait at the end for process 0, which writes the record; where it dies they notice sooner."""


def join(coordinator: str | None, processes: int | None, process: int | None, wait: float) -> World:
    """Meet the other processes, and return this one's place among them; call before JAX is used.

    What is not given JAX finds out by itself under SLURM and Open MPI. A coordinator that is given listens
    on that address alone.

    Args:
        coordinator: where process 0 listens, HOST:PORT.
        processes: how many there are.
        process: which of them this is, from 0.
        wait: seconds within which all must have come, and within which each must give signs of life from then on.

    Raises:
        InvalidValue: where it is not known who the others are.
        ProcessLost: where they do not come.
    """
    check_place(coordinator, processes, process)
    given = None not in (coordinator, processes, process)
    # Signals are heard by the run itself, which all processes then end at one step; JAX would swallow SIGTERM.
    jax.config.update("jax_enable_preemption_service", False)
    met: Future[None] = Future()

    def meet() -> None:
        try:
            jax.distributed.initialize(
                coordinator,
                processes,
                process,
                coordinator_bind_address=coordinator,
                cluster_detection_method="deactivate" if given else None,
                initialization_timeout=int(wait) + 60,
                heartbeat_timeout_seconds=max(int(wait), 1),
                shutdown_timeout_seconds=LEAVING_SECONDS,
            )
            met.set_result(None)
        except BaseException as error:
            met.set_exception(error)

    # JAX waits where no signal reaches it, and in the end aborts the process: another thread waits for us.
    threading.Thread(target=meet, daemon=True).start()
    try:
        met.result(wait)
    except TimeoutError:
        raise ProcessLost(_alone(coordinator, processes, process, wait)) from None
    except (ValueError, TypeError) as error:
        raise InvalidValue(
            f"distributed: {str(error).rstrip('.')}. Under SLURM and Open MPI JAX finds the other processes "
            f"by itself; elsewhere tell each of them coordinator=, processes= and process=."
        ) from None
    return world()


def leave() -> bool:
    """Wait until all processes have come to their end, and part from them; return whether all have."""
    here = world()
    try:
        with here.together():
            here.barrier("the end")
    except ProcessLost:
        return False
    jax.distributed.shutdown()
    return True


def check_place(coordinator: str | None, processes: int | None, process: int | None) -> None:
    """Raise `InvalidValue` for what cannot be the place of a process among others."""
    if coordinator is not None:
        host, _, port = coordinator.rpartition(":")
        if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 2**16:
            raise InvalidValue(f"coordinator={coordinator!r}: the address of process 0 and a free port, 10.0.0.5:7654.")
    if processes is not None and processes < 1:
        raise InvalidValue(f"processes={processes}: there is one at least.")
    if process is not None and (process < 0 or (processes is not None and process >= processes)):
        last = "" if processes is None else f" to {processes - 1}"
        raise InvalidValue(f"process={process}: processes are counted from 0{last}.")
    if coordinator is not None and process == 0:
        _check_listens(coordinator)


def _check_listens(coordinator: str) -> None:
    """Refuse an address that cannot be listened on: JAX would end the process."""
    host, _, port = coordinator.rpartition(":")
    try:
        family, kind, _, _, address = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
    except OSError as error:
        raise InvalidValue(
            f"coordinator={coordinator}: process 0 cannot listen there ({error.strerror or error}). Choose an address "
            f"of this machine, and a port that nobody has taken."
        ) from None


def _alone(coordinator: str | None, processes: int | None, process: int | None, wait: float) -> str:
    """Say who did not come."""
    where = coordinator or "the coordinator's address"
    if process and coordinator and not _answers(coordinator):
        return (
            f"coordinator={coordinator} did not answer for {wait:g} s: is process 0 running there, and does the "
            f"network let this port through?"
        )
    others = "all the processes" if processes is None else f"all {processes} processes"
    return f"not {others} came to {where} within {wait:g} s. Start them within that time, or wait longer: wait=300."


def _answers(coordinator: str) -> bool:
    host, _, port = coordinator.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=1):
            return True
    except OSError:
        return False
