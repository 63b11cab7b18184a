"""The Ray cluster that a training uses: one that is there and asks for a token, or a small one on this machine."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import ray

from engine.errors import SetupError
from engine.synth.authentication import require_token

_STARTS = 2
_ANSWERS = 20.0
"""Seconds within which a cluster that is there answers: Ray itself waits for ten minutes, and says nothing."""

_OBJECT_STORE_BYTES = 80 * 1024 * 1024
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_TRAIN_METRICS_ENABLED": "0",
    "RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": "0",
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5",
    "RAY_TRAIN_WORKER_HEALTH_CHECK_TIMEOUT_S": "120",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
"""Less of what a short training on one machine does not need: each further Ray actor imports for seconds. And a worker that
hangs, and is not dead, is given up after two minutes: what it computes does not keep it from answering."""


@contextlib.contextmanager
def cluster(workers: int) -> Iterator[None]:
    """Joins the cluster that is there, or starts a small one on this machine and stops it afterwards.

    There is one where Ray is already initialized in this process, or where ``RAY_ADDRESS`` names one. A cluster started here
    asks for a token, as Ray sets it up; it has no dashboard and reports no usage.

    Raises:
        SetupError: If Ray does not start, or the cluster that is there asks for no token.
    """
    if ray.is_initialized():
        require_token(ray.get_runtime_context().gcs_address)
        yield
        return
    with _quiet_environment():
        _start(workers)
        try:
            if os.environ.get("RAY_ADDRESS"):
                require_token(ray.get_runtime_context().gcs_address)
            yield
        finally:
            ray.shutdown()


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Keeps standard output for results: whatever it is told, Ray prints there what befalls its workers."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


def _start(workers: int) -> None:
    """Joins or starts the cluster. A start on a busy machine can exceed Ray's own 30 s, so it is tried twice.

    Raises:
        SetupError: If Ray does not start.
    """
    address = os.environ.get("RAY_ADDRESS")
    _require_answer(address or "")
    failure: Exception | None = None
    for _ in range(_STARTS):
        try:
            if address:
                packages = [str(_root() / name) for name in ("engine", "schemas", "udfs")]
                ray.init(log_to_driver=False, logging_level=logging.ERROR, runtime_env={"py_modules": packages})
            else:
                with _for_oneself():
                    ray.init(address="local", num_cpus=workers, include_dashboard=False, log_to_driver=False,
                             logging_level=logging.ERROR, object_store_memory=_OBJECT_STORE_BYTES)
        except Exception as error:  # noqa: BLE001 - Ray raises bare exceptions here, and there are two rounds
            failure = error
            ray.shutdown()
        else:
            return
    raise SetupError(
        f"Ray did not start: {type(failure).__name__}", where=address or "this machine",
        next="check RAY_ADDRESS and its token, free memory and that the machine is not overloaded; run it again",
    )


def _require_answer(address: str) -> None:
    """Checks that somebody listens where a cluster is said to be, if that is told as HOST:PORT.

    Raises:
        SetupError: If nobody does.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWERS).close()
    except (OSError, OverflowError):
        raise SetupError("no Ray cluster answers", where=f"RAY_ADDRESS={address}", allowed="HOST:PORT of one that runs",
                         next="start it, or mend RAY_ADDRESS; without it a small one is started on this machine") from None


@contextlib.contextmanager
def _for_oneself() -> Iterator[None]:
    """Keeps files that are made meanwhile from other users of the machine: Ray writes its token for all to read."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextlib.contextmanager
def _quiet_environment() -> Iterator[None]:
    """Sets what Ray's processes inherit, and takes it back; what the user has set stays."""
    path = os.pathsep.join(filter(None, [str(_root()), os.environ.get("PYTHONPATH")]))
    wanted = {**{name: value for name, value in _QUIET.items() if name not in os.environ}, "PYTHONPATH": path}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _root() -> Path:
    """Returns the folder from which this process imports Lakeveil's packages."""
    return Path(__file__).parents[2]
