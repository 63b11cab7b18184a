"""Attempts on Ray Train. The cluster is there (``engine.synth.cluster``).

Rows never pass through Ray: workers read the release themselves and exchange what they must over their own process
group. Ray carries public constants out and trained weights, as a safetensors checkpoint, back.

Starting up is what a short training waits for: torch takes seconds to load, in every process that meets it. So it is
imported inside of the functions that need it, and Ray's controller and synchronization actors never do.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ray.train
from ray.train._internal.base_worker_group import BaseWorkerGroup
from ray.train._internal.utils import get_address_and_port
from ray.train.backend import Backend, BackendConfig
from ray.train.v2.api.config import FailureConfig
from ray.train.v2.api.exceptions import TrainingFailedError

from engine.errors import LakeveilError
from engine.synth.attempts import LostWorkersError
from engine.synth.standing import Standing
from engine.synth.weights import load, save
from schemas.training import Attempt

if TYPE_CHECKING:
    from engine.synth.attempt import Outcome, Task

WEIGHTS = "weights.safetensors"
_PROGRESS = "progress"
_NOTICED = 20.0
"""Seconds within which Ray notices that a node is gone. Where there is one node alone, nobody waits."""

_ONCE = FailureConfig(max_failures=0, max_preemption_failures=0, controller_failure_limit=0)
"""By default Ray starts workers again without end after a preemption, or where they found no room: nobody would count that."""


def train(task: Task, attempt: Attempt, progress: Callable[[Standing], None]) -> Outcome:
    """Makes one attempt on Ray Train workers and returns what rank 0 had at the end. Needs a ``cluster``.

    A worker that fails fails the attempt; Ray restarts none, for whoever goes on has to know what this one spent.

    Raises:
        LostWorkersError: If the attempt failed for a reason that is not the data's.
        InputError: If a worker found a file that is not the one that was verified.
    """
    storage = Path(tempfile.mkdtemp(prefix=".ray-", dir=task.journal))  # which all nodes see
    try:
        with _watched(storage / _PROGRESS, progress):
            from engine.synth.attempt import Outcome  # noqa: PLC0415 - loads torch, while the cluster starts its processes
            from engine.synth.loading import Left  # noqa: PLC0415 - as above

            trainer = _trainer()(
                _work,
                torch_config=_GroupConfig(task.device),
                train_loop_config={"task": task.as_dict(), "attempt": attempt.model_dump(), "progress": str(storage / _PROGRESS)},
                scaling_config=ray.train.ScalingConfig(num_workers=attempt.workers, use_gpu=task.device == "gpu"),
                run_config=ray.train.RunConfig(
                    name="attempt", storage_path=str(storage), failure_config=_ONCE),
            )
            try:
                result = trainer.fit()
            except TrainingFailedError as error:
                _settle()
                raise _cause(error) from None
            if result.checkpoint is None or result.metrics is None:
                raise LostWorkersError("training ended without weights", next="run it again")
            with result.checkpoint.as_directory() as folder:
                weights, _ = load(Path(folder) / WEIGHTS)
        told = result.metrics
        seconds = {part: told[part] for part in ("read", "train")}
        return Outcome(weights, Left(*told["left"]), told["within"], told["clip"], seconds)
    finally:
        shutil.rmtree(storage, ignore_errors=True)


def _settle() -> None:
    """Waits until Ray has noticed a node that is gone: its processors count for some health checks more, and are not there."""
    nodes: Callable[[], list[dict[str, Any]]] = ray.nodes
    alive = sum(node["Alive"] for node in nodes())
    until = time.monotonic() + _NOTICED
    while alive > 1 and time.monotonic() < until and sum(node["Alive"] for node in nodes()) == alive:
        time.sleep(0.5)


def _work(config: dict[str, Any]) -> None:
    """Runs on every worker. Reports once, from rank 0, with the weights and nothing that is private."""
    import torch  # noqa: PLC0415 - in workers only

    from engine.synth.attempt import Task, run_rank  # noqa: PLC0415 - loads torch
    from engine.synth.collective import Distributed  # noqa: PLC0415 - loads torch

    torch.set_num_threads(1)
    ranks = Distributed()
    done = Path(config["progress"])
    try:
        outcome = run_rank(Task.from_dict(config["task"]), Attempt.model_validate(config["attempt"]), ranks,
                           _teller(done) if ranks.rank == 0 else lambda _: None)
    except LakeveilError:
        raise
    except Exception as error:  # noqa: BLE001 - a message of another library may quote a cell
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}, line {place.lineno}"
        raise _failed(type(error).__name__, where) from None
    if ranks.rank > 0:
        ray.train.report({})
        return
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder) / WEIGHTS, outcome.weights, {"generator": config["task"]["generator"]})
        found = {"left": list(outcome.left), "within": outcome.within, "clip": outcome.clip, **outcome.seconds}
        ray.train.report(found, checkpoint=ray.train.Checkpoint.from_directory(folder))


def _trainer() -> Callable[..., Any]:
    """Returns Ray's ``TorchTrainer``, less one actor that outlives a killed controller to free its workers.

    A cluster that this process started ends with this process; one that it joined frees them itself.
    """
    from ray.train.v2.torch.torch_trainer import TorchTrainer  # noqa: PLC0415 - loads torch

    class LeanTrainer(TorchTrainer):
        def _create_default_callbacks(self) -> list[Any]:
            return [c for c in super()._create_default_callbacks() if type(c).__name__ != "PlacementGroupCleanerCallback"]

    return LeanTrainer


class _GroupConfig(BackendConfig):
    """A process group of workers. Ray's own ``TorchConfig`` does the same and loads torch where it is not needed."""

    def __init__(self, device: str) -> None:
        self.backend = "cpu:gloo,cuda:nccl" if device == "gpu" else "gloo"

    @property
    def backend_cls(self) -> type[Backend]:
        return _GroupBackend


class _GroupBackend(Backend):
    def on_start(self, worker_group: BaseWorkerGroup, backend_config: BackendConfig) -> None:
        kind = backend_config.backend if isinstance(backend_config, _GroupConfig) else "gloo"
        address, port = worker_group.execute_single(0, get_address_and_port)
        size = len(worker_group)
        asked = worker_group.execute_single_async
        joining: list[Any] = [asked(rank, _join, kind, address, port, rank, size) for rank in range(size)]
        ray.get(joining)


def _join(kind: str, address: str, port: int, rank: int, size: int) -> None:
    """Joins the process group; ends when all ranks have."""
    import torch.distributed as dist  # noqa: PLC0415 - in workers only

    host = f"[{address}]" if ":" in address else address
    dist.init_process_group(kind, init_method=f"tcp://{host}:{port}", rank=rank, world_size=size)


def processors() -> int:
    """Returns how many processors the cluster has: so many workers can run."""
    return _resource("CPU", 1)


def gpus() -> int:
    """Returns how many GPUs the cluster has: so many workers can run on one each."""
    return _resource("GPU", 0)


def _resource(name: str, least: int) -> int:
    resources: Callable[[], dict[str, float]] = ray.cluster_resources
    return int(resources().get(name, least))


@contextlib.contextmanager
def _watched(file: Path, progress: Callable[[Standing], None]) -> Iterator[None]:
    """Passes on what rank 0 writes to ``file``; Ray Train's storage is seen by workers and driver alike."""
    finished = threading.Event()

    def watch() -> None:
        while not finished.wait(0.5):
            with contextlib.suppress(OSError, ValueError):
                progress(Standing(*json.loads(file.read_text())))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        finished.set()
        watcher.join()


def _teller(file: Path) -> Callable[[Standing], None]:
    """Returns a callback that writes how far rank 0 is to ``file``, a hundred times at most."""
    told = -1

    def tell(standing: Standing) -> None:
        nonlocal told
        if int(standing.step * 100 / standing.steps) > told:
            told = int(standing.step * 100 / standing.steps)
            draft = file.with_suffix(".draft")
            draft.write_text(json.dumps(standing))
            draft.replace(file)

    return tell


def _cause(error: Exception) -> LakeveilError:
    """Returns the error that a worker raised on purpose, or one that names the kind of failure and no more.

    A worker that fails takes the others' process group with it: what these say of that is not the cause.
    """
    failures: dict[int, Exception] = getattr(error, "worker_failures", {})
    inner = [getattr(failure, "cause", failure) for failure in failures.values()]
    found = [*inner, *failures.values(), *(getattr(one, "__cause__", None) for one in inner)]
    raised = [one for one in found if isinstance(one, LakeveilError)]
    if raised:
        return min(raised, key=lambda one: isinstance(one, LostWorkersError))
    kinds = sorted({type(failure).__name__ for failure in failures.values()}) or [type(error).__name__]
    return _failed(", ".join(kinds), f"{len(failures)} Ray worker(s)")


def _failed(kinds: str, where: str) -> LostWorkersError:
    return LostWorkersError(
        f"training failed: {kinds}", where=where,
        next="run it again: it goes on from the last checkpoint. Ray's logs are under its session folder",
    )
