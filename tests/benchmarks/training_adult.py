"""What a generator learns of Adult under an epsilon: the task of ``shared/score/adult_dp.py``, beside a run without noise.

The loop, the schedule and the generator are those of ``synthesize``, in one process. Noise is never seeded: runs are repeated.
"""

from __future__ import annotations

import argparse
import ast
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from engine.privacy.budget import Schedule, schedule, split
from engine.synth.sampling import ID_BYTES
from engine.synth.tabular import TabularGenerator
from engine.synth.training import Alone, Recipe, Units, fit
from schemas.policy import Synthesis
from tests.benchmarks.figures import ROOT, line, missing, shown

ADULT = ROOT / ".." / "shared" / "data" / "adult-dp"
SCORE = ROOT / ".." / "shared" / "score" / "adult_dp.py"
DELTA, EPSILONS = 1e-5, (3.0, 1.0)
CTGAN = {"tvd3": 0.614, "1 - auc": 1 - 0.810}
"""DP-CTGAN at epsilon 1 on the same task."""

BATCH, EPOCHS = 512, 10.0

Figures = Iterator[dict[str, Any]]


def lines(runs: int, *, batch: int = BATCH, epochs: float = EPOCHS, epsilons: Sequence[float] = EPSILONS) -> Figures:
    """Yields the figures of so many runs at each epsilon, their mean and spread; and of one without noise."""
    if not (ADULT.is_dir() and SCORE.is_file()):
        yield missing("Adult", f"no data at {ADULT}")
        return
    train, domain = pd.read_csv(ADULT / "train.csv"), json.loads((ADULT / "domain.json").read_text())
    asked = [(f"epsilon {epsilon:g}", _plan(epsilon, len(train), batch, epochs), runs, CTGAN) for epsilon in epsilons]
    asked.append(("without noise", Schedule(0.0, batch / len(train), math.ceil(epochs * len(train) / batch), batch), 1, {}))
    for name, plan, times, bars in asked:
        began = time.perf_counter()
        scores = [_scored(_trained(train, domain, plan)) for _ in range(times)]
        took = (time.perf_counter() - began) / times
        for measure in ("tvd1", "tvd3", "1 - auc"):
            values = np.array([score[measure] for score in scores])
            reach = f"{values.min():.4f} to {values.max():.4f}"
            note = f"{reach} in {times} runs, noise {plan.noise_multiplier:.3f}, {plan.steps} steps"
            yield line(f"Adult, {name}: {measure}", float(values.mean()), "", bars.get(measure), note)
        yield line(f"Adult, {name}: a run", took, "s", None, "training, sampling and scoring")


def _plan(epsilon: float, units: int, batch: int, epochs: float) -> Schedule:
    asked = Synthesis(epsilon=epsilon, delta=DELTA, unit="record", records=units, batch=batch, epochs=epochs, holdout=0)
    return schedule(asked, units, split(asked))


def _trained(train: pd.DataFrame, domain: dict[str, int], plan: Schedule) -> pd.DataFrame:
    """Returns as many rows as there are, drawn from a generator that was trained on them."""
    order = sorted(domain, key=lambda column: domain[column])
    codes = train[order].to_numpy(dtype=np.int32)
    ids = np.arange(len(codes), dtype=np.uint64).view(np.uint8).reshape(-1, 8)
    units = Units(np.pad(ids, ((0, 0), (0, ID_BYTES - 8))), codes, np.arange(len(codes) + 1))
    generator = TabularGenerator(tuple(domain[column] for column in order))
    clip = 1.0 if plan.noise_multiplier else 1e9
    fit(generator, units, Recipe(plan.noise_multiplier, clip, plan.sample_rate, plan.steps, plan.expected_batch), Alone())
    return pd.DataFrame(generator.sample(len(codes)), columns=order)


def _scored(synthetic: pd.DataFrame) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "synthetic.csv"
        synthetic.to_csv(place, index=False)
        said = subprocess.run([sys.executable, str(SCORE), str(place)], capture_output=True, text=True, check=True).stdout
    found = ast.literal_eval(said.split(" ", 1)[1])
    return {**found, "1 - auc": 1 - found["auc"]}


def main() -> None:
    """Prints the figures."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--runs", type=int, default=5, help="runs at each epsilon")
    asked.add_argument("--batch", type=int, default=BATCH)
    asked.add_argument("--epochs", type=float, default=EPOCHS)
    asked.add_argument("--epsilons", type=float, nargs="+", default=list(EPSILONS))
    given = asked.parse_args()
    torch.set_num_threads(1)
    for found in lines(given.runs, batch=given.batch, epochs=given.epochs, epsilons=given.epsilons):
        shown(found)


if __name__ == "__main__":
    main()
