"""Sets of items are one release everywhere: local, classic and Connect; from sets, and from their combinations."""

from __future__ import annotations

import json
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from engine.anonymity.itemsets import ItemCombinations
from engine.errors import InputError
from engine.plan import compile_plan
from engine.release.verification import verify_published
from tests.parity.cases import policy

pytestmark = [pytest.mark.spark, pytest.mark.slow]

GROUPS = {"lung": ["asthma", "copd"], "infection": ["flu", "cold"], "rest": ["gout", "burn", "tic", "*"]}
DROPPED = {"role": "insensitive", "operator": "drop"}
BESIDE_AGE = {"age": {"role": "quasi", "why": "w"}, "codes": {"role": "quasi", "why": "w", "rename": "set"}, "dx": DROPPED}
ALONE = {"age": DROPPED, "codes": DROPPED, "dx": {"role": "quasi", "why": "w", "hierarchy": {"groups": GROUPS}}}
CLAIMS = [{"column": "dx", "k": 4, "m": 3, "items": "5%"}, {"column": "codes", "k": 3, "m": 2, "items": "50%"}]


@pytest.fixture
def lake(tmp_path):
    rng = random.Random(8)  # noqa: S311 - test data
    items = [item for items in GROUPS.values() for item in items]
    shares = [rng.random() ** 2 for _ in items]
    sets = [[item for item, share in zip(items, shares, strict=True) if rng.random() < share] for _ in range(300)]
    codes = [[rng.randrange(4) for _ in range(rng.randrange(4))] for _ in range(300)]
    write_deltalake(str(tmp_path / "lake"), pa.table({
        "age": [rng.randrange(20, 60) for _ in range(300)], "codes": pa.array(codes, pa.list_(pa.int32())),
        "dx": pa.array([row + [None] * (n % 3) if n % 60 else None for n, row in enumerate(sets)], pa.list_(pa.string()))}))
    return tmp_path


def wanted(lake, name: str, columns, **guarantees):
    claims = [claim for claim in CLAIMS if columns[claim["column"]]["role"] == "quasi"]
    return policy(columns, lake / "lake", lake / name, guarantees={"km": claims, **guarantees})


def released(backend, lake, name: str, columns, **guarantees):
    written = wanted(lake, name, columns, **guarantees)
    plan = compile_plan(written, backend.measure(written))
    receipt = backend.execute(plan).publish()
    table = pa.concat_tables([pq.read_table(file) for file in DeltaTable(str(lake / name)).file_uris()])
    return plan.stages[1:-2], receipt, sorted(json.dumps(row) for row in table.to_pylist())


def same(one, other) -> bool:
    return (one[0], one[1].verdicts, one[1].items, one[2]) == (other[0], other[1].verdicts, other[1].items, other[2])


def test_three_backends_one_release(lake, spark, spark_connect, monkeypatch):
    from engine.backends.local import LocalBackend  # noqa: PLC0415 - with the backends under test
    from engine.backends.spark import SparkBackend  # noqa: PLC0415

    promised = {"k": 5, "suppression": 0.05}
    expected = released(LocalBackend(), lake, "local", BESIDE_AGE, **promised)
    connected = released(SparkBackend(spark_connect), lake, "connect", BESIDE_AGE, **promised)
    assert same(connected, expected)
    again = verify_published(connected[1], SparkBackend(spark_connect).open(str(lake / "connect")))
    assert again[1:] == connected[1].verdicts[1:]  # rows first here, columns there
    monkeypatch.delenv("SPARK_CONNECT_MODE_ENABLED")
    assert same(released(SparkBackend(spark), lake, "classic", BESIDE_AGE, **promised), expected)


def test_combinations_are_counted_where_sets_are_too_many(lake, spark, monkeypatch):
    from engine.backends.local import LocalBackend  # noqa: PLC0415 - with the backends under test
    from engine.backends.spark import SparkBackend, items, store  # noqa: PLC0415
    from engine.backends.spark import backend as module  # noqa: PLC0415

    expected = released(LocalBackend(), lake, "local", ALONE)
    monkeypatch.setattr(module, "D_MAX", 8)
    monkeypatch.setattr(store, "D_MAX", 3)
    written, backend = wanted(lake, "spark", ALONE), SparkBackend(spark)
    assert {type(counted) for counted in backend.measure(written).items} == {ItemCombinations}
    assert same(released(backend, lake, "spark", ALONE), expected)
    monkeypatch.setattr(items, "MOST", 100)
    with pytest.raises(InputError, match="more combinations of up to 3 items"):
        backend.measure(written)
