"""A release beside a population is one release everywhere: the population is counted where the source is."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from engine.plan import compile_plan
from tests.parity.cases import policy

pytestmark = [pytest.mark.spark, pytest.mark.slow]

COLUMNS = {
    "age": {"role": "quasi", "why": "w", "operator": {"round": {"to": 2}}},
    "town": {"role": "quasi", "why": "w", "hierarchy": {"groups": {"cold": ["a", "b", "c"], "warm": ["d", "e"]}}},
    "weight": {"role": "quasi", "why": "w"},
}


@pytest.fixture
def lake(tmp_path):
    draw = random.Random(3)  # noqa: S311 - test data
    towns, weights = ["a", "b", "c", "d", "e", "e", None], [50.5, 61.0, 72.5, float("nan"), -0.0, None]
    rows = [(draw.randrange(20, 60), draw.choice(towns), draw.choice(weights)) for _ in range(400)]
    for name, some, type_ in (("everybody", [*rows, (99, "nowhere", 1.0)], pa.int32()), ("sample", rows[::4], pa.int64())):
        age, town, weight = zip(*some, strict=True)
        write_deltalake(str(tmp_path / name), pa.table({
            "AGE" if name == "everybody" else "age": pa.array(age, type_), "town": pa.array(town),
            "weight": pa.array(weight, pa.float64())}))
    return tmp_path


def test_local_and_spark_release_alike(lake, spark):
    from engine.backends.local import LocalBackend  # noqa: PLC0415 - with the backends under test
    from engine.backends.spark import SparkBackend  # noqa: PLC0415

    found = []
    for backend in (LocalBackend(), SparkBackend(spark)):
        one = policy(COLUMNS, lake / "sample", lake / backend.name, guarantees={
            "population": {"table": str(lake / "everybody"), "columns": {"age": "AGE"}}, "k_map": 12, "presence": {"max": 0.5},
            "suppression": 0.05})
        plan = compile_plan(one, backend.measure(one))
        receipt = backend.execute(plan).publish()
        found.append((plan.stages[1:-3], plan.stages[-2:], receipt.verdicts, receipt.population))
    assert found[0] == found[1]
    assert {one.guarantee for one in found[0][2] if one.holds} == {"columns", "k-map", "presence", "suppression"}
