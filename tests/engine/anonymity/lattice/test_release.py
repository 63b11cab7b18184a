"""A policy that asks for one level per column, from its table to its receipt, its report and its verification."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from engine import road
from engine.plan import Policy
from engine.release.report import words
from schemas.receipt import Anonymity, Receipt


@pytest.mark.slow
def test_a_release_of_one_level_per_column(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(3)
    pq.write_table(pa.table({
        "zip": draw.choice(["10115", "10117", "20095", "20097", "80331"], 300), "age": draw.integers(18, 90, 300),
        "sex": draw.choice(["f", "m"], 300), "sick": draw.choice(["flu", "cold", "well"], 300)}), "stays.parquet")
    kept = {"why": "needed"}
    policy = Policy.parse({
        "apiVersion": "lakeveil/v1", "name": "stays", "purpose": "p", "legal_basis": "b", "retention": "r",
        "source": {"table": "stays.parquet"}, "recoding": {"model": "full-domain"},
        "columns": {"zip": {"role": "quasi", "hierarchy": {"mask": "right"}, "rename": "area", **kept},
                    "age": {"role": "quasi", "hierarchy": {"widths": [10, 40]}, **kept}, "sex": {"role": "quasi", **kept},
                    "sick": {"role": "sensitive", **kept}},
        "guarantees": {"k": 5, "suppression": "5%", "l": {"column": "sick", "distinct": 2}},
        "release": {"path": "release"}}, folder=tmp_path)
    road.anonymize(policy, road.open_backend("local"))
    receipt, verdicts = road.verify("release", road.open_backend("local"))
    assert [one for one in verdicts if not one.holds] == []
    assert (receipt.anonymity.recoding, receipt.anonymity.proven, len(receipt.anonymity.levels)) == ("full-domain", True, 3)
    assert {column.operator for column in receipt.columns if column.role == "quasi"} == {"generalize (full-domain)"}
    assert Receipt.model_validate_json(receipt.model_dump_json()) == receipt
    written = DeltaTable("release").to_pyarrow_table().select(["area", "age", "sex"]).to_pylist()
    classes = Counter(tuple(row.values()) for row in written)
    assert len(classes) == receipt.anonymity.leaves
    assert min(classes.values()) == next(one.measured for one in verdicts if one.guarantee == "k") >= 5
    assert {label.count("*") for label, _, _ in classes} == {receipt.anonymity.levels[0]}
    road.report(policy)
    assert words.full_domain(receipt.anonymity) in (tmp_path / "release.report.html").read_text()


def test_the_report_says_which_levels_and_whether_they_are_the_best() -> None:
    base = {"quasi_identifiers": ("area", "age"), "leaves": 2, "suppressed_rows": 0, "loss": 0.1,
            "class_sizes": {"edges": (1,), "classes": (2,), "rows": (9,), "smallest": 4, "largest": 5, "mean": 4.5},
            "risk": {"prosecutor_max": 0.2, "prosecutor_mean": 0.2, "journalist_max": 0.2, "marketer": 0.2}}
    assert words.full_domain(Anonymity.model_validate(base)) == ""
    for proven, said in ((True, "No other levels that keep the promises lose less."), (False, "Other levels may lose less")):
        record = Anonymity.model_validate({**base, "recoding": "full-domain", "levels": (2, 0), "proven": proven})
        assert "area 2, age 0. " + said in words.full_domain(record)
