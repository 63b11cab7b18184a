"""Ray Train. The only module that imports ray.

Rows never pass through Ray: workers read the release themselves and exchange what they must over their own process
group. Ray carries public constants out and trained weights, as a safetensors checkpoint, back.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engine.errors import LakeveilError, SetupError
from engine.synth.attempt import Outcome, Task

WEIGHTS = "weights.safetensors"
_PROGRESS = "progress"
_OBJECT_STORE_BYTES = 80 * 1024 * 1024
_LOCAL = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_TRAIN_ENABLE_WORKER_STRUCTURED_LOGGING": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
          "RAY_enable_open_telemetry": "0", "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5"}


def train(task: Task, workers: int, progress: Callable[[float], None]) -> Outcome:
    """Trains on ``workers`` Ray Train workers and returns what rank 0 had at the end.

    Uses the cluster that is running or that ``RAY_ADDRESS`` names, else starts one on this machine, with token
    authentication as Ray sets it up, and stops it afterwards. A worker that fails fails the attempt: nothing is
    resumed, because a resumed attempt would spend budget that no receipt counts.

    Raises:
        SetupError: If Ray is not installed, or the attempt failed for a reason that is not the data's.
        InputError: If a worker found a file that is not the one that was verified.
    """
    import ray.train
    from ray.train.torch import TorchTrainer
    from ray.train.v2.api.exceptions import TrainingFailedError

    from engine.synth.weights import load

    storage = Path(tempfile.mkdtemp(prefix="lakeveil-training-"))
    try:
        with _cluster(workers), _watched(storage / _PROGRESS, progress):
            trainer = TorchTrainer(
                _work,
                train_loop_config={"task": task.as_dict(), "progress": str(storage / _PROGRESS)},
                scaling_config=ray.train.ScalingConfig(num_workers=workers, use_gpu=False),
                run_config=ray.train.RunConfig(
                    name="attempt", storage_path=str(storage), failure_config=ray.train.FailureConfig(max_failures=0)),
            )
            try:
                result = trainer.fit()
            except TrainingFailedError as error:
                raise _cause(error) from None
            with result.checkpoint.as_directory() as folder:
                weights, _ = load(Path(folder) / WEIGHTS)
            found = result.metrics
        return Outcome(weights, found["rows_cut"], {"read": found["read"], "train": found["train"]})
    finally:
        shutil.rmtree(storage, ignore_errors=True)


def _work(config: dict[str, Any]) -> None:
    """Runs on every worker. Reports once, from rank 0, with the weights and nothing that is private."""
    import ray.train
    import torch

    from engine.synth.attempt import run_rank
    from engine.synth.collective import Distributed
    from engine.synth.weights import save

    torch.set_num_threads(1)
    ranks = Distributed()
    done = Path(config["progress"])
    try:
        outcome = run_rank(Task.from_dict(config["task"]), ranks, _teller(done) if ranks.rank == 0 else lambda _: None)
    except LakeveilError:
        raise
    except Exception as error:  # noqa: BLE001 - a message of another library may quote a cell
        place = traceback.extract_tb(error.__traceback__)[-1]
        raise SetupError(f"a worker failed: {type(error).__name__}", where=f"{Path(place.filename).name}, line {place.lineno}") from None
    if ranks.rank > 0:
        ray.train.report({})
        return
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder) / WEIGHTS, outcome.weights, {"generator": config["task"]["generator"]})
        ray.train.report({"rows_cut": outcome.rows_cut, **outcome.seconds}, checkpoint=ray.train.Checkpoint.from_directory(folder))
