"""What a training computes on, and how precisely. Loads neither torch nor Ray."""

from __future__ import annotations

from typing import Literal, NamedTuple

from engine.errors import SetupError
from schemas.policy import Synthesis


class Device(NamedTuple):
    """What every worker computes on.

    Attributes:
        kind: Of processor.
        mixed: Whether the model computes in bfloat16, where torch's autocast does; norms, sums and noise never do.
    """

    kind: Literal["cpu", "gpu"]
    mixed: bool


def chosen(synthesis: Synthesis, gpus: int) -> Device:
    """Returns what a training computes on, given how many GPUs the cluster has.

    Raises:
        SetupError: If the policy wants a GPU and there is none.
    """
    if synthesis.device == "gpu" and not gpus:
        raise SetupError("the policy wants a GPU, and the Ray cluster has none", where="synthesis.device: gpu",
                         allowed="auto, cpu, or gpu on a cluster with GPUs", next="say auto, or join a cluster by RAY_ADDRESS")
    kind: Literal["cpu", "gpu"] = "gpu" if gpus and synthesis.device != "cpu" else "cpu"
    return Device(kind, mixed=synthesis.precision == "mixed" or (synthesis.precision == "auto" and kind == "gpu"))


def require_device(synthesis: Synthesis | None) -> None:
    """Refuses a policy that wants a GPU where there is none, before anything is drawn or charged.

    Raises:
        SetupError: If so.
    """
    if synthesis is None or synthesis.device != "gpu":
        return
    from engine.synth.cluster import cluster  # noqa: PLC0415 - loads Ray
    from engine.synth.fleet import gpus  # noqa: PLC0415 - as above

    with cluster(synthesis.workers):
        chosen(synthesis, gpus())
