"""Spark rotates a release as the reference does: what a run of the new policy would write, joins proved, classic and Connect."""

from __future__ import annotations

from pathlib import Path

import pytest
from deltalake import DeltaTable

from engine import road
from engine.rotation import rotate
from tests.parity.cases import KEEP, dropped, policy
from tests.parity.test_same_release import backend_on, lake, rows_of  # noqa: F401 - a fixture

pytestmark = [pytest.mark.spark, pytest.mark.slow]
DROPPED = dropped("born", "zip", "age", "weight", "seen", "diagnosis", "note")


def written(lake: Path, name: str, key: str, version: int):  # noqa: F811 - the fixture
    how = {"key": key, "version": version}
    return policy({
        "patient": {"role": "direct", "operator": {"token": {"domain": "patient", **how}}, **KEEP},
        "name": {"role": "direct", "operator": {"encrypt": {"domain": "name", **how}}, **KEEP},
        "mail": {"role": "direct", "operator": {"encrypt_format": {
            "domain": "mail", "alphabet": "lower", "short": "null", "others": "keep", **how}}, **KEEP},
        "cost": {"role": "direct", "operator": {"token": {
            "domain": "cost", "key": "subject", "version": version, "form": "integer"}}, **KEEP},
        **DROPPED,
    }, lake / "lake", lake / name, source={"subject": "patient"}, subject_keys={"table": str(lake / "keys"), "key": key})


def test_three_backends_one_rotation(lake, key, request):  # noqa: F811 - the fixture
    local = backend_on("local", request)
    old, fresh = written(lake, "old", key, 1), written(lake, "fresh", key, 2)
    for one in (old, fresh):
        road.anonymize(one, local)
    expected = rows_of(lake / "fresh")
    proofs = set()
    for name in ("local", "spark", "spark_connect"):
        done = rotate([(old, written(lake, name, key, 2))], backend_on(name, request))
        assert rows_of(lake / name) == expected
        assert all(proof.holds for proof in done.joins)
        proofs.add(tuple((proof.domain, proof.tokens_after, proof.rows_after, proof.rows_between) for proof in done.joins))
        bridge = DeltaTable(str(lake / f"{name}.bridge")).to_pyarrow_table()
        assert bridge.num_rows == len({*zip(*bridge.to_pydict().values(), strict=True)}) > 100
    assert len(proofs) == 1
