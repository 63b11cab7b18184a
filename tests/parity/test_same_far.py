"""A table with more combinations than the driver may hold is released by Spark as the local backend releases it."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from engine.anonymity.far import growth
from engine.backends.local import LocalBackend
from engine.plan import Policy, compile_plan
from engine.release.verification import verify_published

pytestmark = [pytest.mark.spark, pytest.mark.slow]


def visits(rows: int = 3_000) -> pa.Table:
    draw = np.random.default_rng(5)
    pay = np.round(draw.lognormal(3, 1, rows), 1)
    pay[draw.random(rows) < 0.02] = np.nan
    days = draw.integers(0, 9_000, rows).tolist()
    born = [None if i % 40 == 3 else dt.date(1950, 1, 1) + dt.timedelta(day) for i, day in enumerate(days)]
    return pa.table({
        "born.on": born, "pay": pay, "job": draw.choice([f"j{i}" for i in range(20)], rows),
        "zip": [f"{one:04d}" for one in draw.integers(0, 400, rows)], "s": draw.choice(["flu", "cold", "well"], rows),
        "who": draw.integers(0, rows // 7, rows)})


def policy(source: str, release: str, key: str) -> Policy:
    why = {"why": "test"}
    return Policy.parse({
        "apiVersion": "lakeveil/v1", "name": "far", "purpose": "test", "legal_basis": "none", "retention": "none",
        "source": {"table": source, "subject": "who"}, "release": {"path": release},
        "columns": {
            "born.on": {"role": "quasi", "hierarchy": {"dates": ["month", "year"]}, **why}, "pay": {"role": "quasi", **why},
            "job": {"role": "quasi", **why}, "zip": {"role": "quasi", "hierarchy": {"mask": "right"}, **why},
            "s": {"role": "sensitive", **why},
            "who": {"role": "direct", "operator": {"token": {"domain": "who", "key": key}}, **why}},
        "guarantees": {"k": 3, "suppression": "4%", "subjects": {"column": "who", "least": 3},
                       "l": {"column": "s", "distinct": 2}}})


def rows_of(path: str) -> list[str]:
    return sorted(json.dumps(row, default=str) for row in DeltaTable(path).to_pyarrow_table().to_pylist())


def test_three_backends_one_release(tmp_path, key, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.backends.spark import SparkBackend, far, store  # noqa: PLC0415 - needs pyspark

    write_deltalake(str(tmp_path / "lake"), visits())
    found, losses = {}, []
    monkeypatch.setattr(growth, "IN_HAND", 1_000)
    for name in ("local", "spark", "spark_connect"):
        backend = LocalBackend() if name == "local" else SparkBackend(request.getfixturevalue(name))
        if name != "local":
            monkeypatch.setattr(far, "D_MAX", 300)
            monkeypatch.setattr(store, "IN_A_PART", 100)
        written = policy(str(tmp_path / "lake"), str(tmp_path / name), key)
        measured = backend.measure(written)
        assert (name == "local") == hasattr(measured.cube, "table")
        receipt = backend.execute(compile_plan(written, measured)).publish()
        assert all(verdict.holds for verdict in receipt.verdicts)
        again = verify_published(receipt, backend.open(str(tmp_path / name)))
        assert all(verdict.holds for verdict in again)
        found[name] = rows_of(str(tmp_path / name)), receipt.verdicts, receipt.anonymity.class_sizes
        losses.append(receipt.anonymity.loss)
        assert len(found[name][0]) > 2_850
    assert found["spark"] == found["local"]
    assert found["spark_connect"] == found["local"]
    assert losses == pytest.approx([losses[0]] * 3)
