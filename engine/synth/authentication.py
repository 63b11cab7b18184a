"""Whoever may join a Ray cluster may run code on it, and read every shard there: one that asks for no token trains nothing."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

from engine.errors import SetupError
from engine.synth.stranger import ADMITTED, REFUSED

_ADDRESS, _MODE = "RAY_ADDRESS", "RAY_AUTH_MODE"
_ON = "token"
_HOW = ("set RAY_AUTH_MODE=token here and where the cluster's nodes are started, and give all of them one token "
        "(`ray get-auth-token --generate`; RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH)")


def require_authentication() -> None:
    """Checks that the cluster which a training would use asks for a token, before anything is counted or charged.

    A cluster that is to be started has it unless the environment says otherwise; one that is there is joined, asked and left.

    Raises:
        SetupError: If it does not, or cannot be joined.
    """
    ray = sys.modules.get("ray")
    running = ray is not None and ray.is_initialized()
    address = os.environ.get(_ADDRESS)
    mode = os.environ.get(_MODE, "unset" if address else _ON)
    if not running and mode.lower() != _ON:
        raise SetupError("a Ray cluster without authentication trains nothing", where=f"{_MODE} is {mode}", allowed=_ON,
                         next=_HOW)
    if running or address:
        from engine.synth.cluster import cluster  # noqa: PLC0415 - Ray takes seconds to load

        with cluster(workers=1):
            pass


@functools.cache
def require_token(address: str) -> None:
    """Checks that a cluster refuses a client without a token: this process has one, and cannot tell.

    Raises:
        SetupError: If it does not, or nobody can tell.
    """
    plain = {name: value for name, value in os.environ.items() if not name.startswith("RAY_AUTH")}
    root = str(Path(__file__).parents[2])
    plain.update({_MODE: "disabled", "PYTHONPATH": os.pathsep.join(filter(None, [root, plain.get("PYTHONPATH")]))})
    try:
        asking = [sys.executable, "-m", "engine.synth.stranger", address]
        met = subprocess.run(asking, env=plain, capture_output=True, timeout=60, check=False).returncode  # noqa: S603 - ours
    except subprocess.TimeoutExpired:
        met = -1
    if met == ADMITTED:
        raise SetupError("the Ray cluster admits clients without a token", where=address, allowed="token authentication",
                         next=_HOW)
    if met != REFUSED:
        raise SetupError("nobody can tell whether the Ray cluster asks for a token", where=address,
                         allowed="a control store (GCS), HOST:PORT, that this machine reaches",
                         next="check RAY_ADDRESS; run it again")
