"""A column of nothing but nulls is released as any other, whatever its role and its type."""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from engine.anonymity.utility.recoded import Recoded
from engine.backends.local import LocalBackend
from engine.errors import PolicyError
from engine.plan import Policy, compile_plan
from engine.plan.stages import Recode
from engine.usefulness import utility

ROWS = 24
TYPES = (pa.string(), pa.int64(), pa.float64(), pa.date32(), pa.timestamp("us", "UTC"), pa.bool_(), pa.decimal128(5, 2))
QUASI = {"role": "quasi", "why": "x"}
TOKEN = {"token": {"domain": "p", "key": "env:NULLS_KEY"}}
RECODINGS = ({}, {"cells": "tight"}, {"model": "full-domain"})


@pytest.fixture(autouse=True)
def _lake(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NULLS_KEY", os.urandom(32).hex())


def policy(column: dict, **changes) -> Policy:
    return Policy.parse({
        "apiVersion": "lakeveil/v1", "name": "nulls", "purpose": "p", "legal_basis": "b", "retention": "r",
        "source": {"table": "lake"}, "release": {"path": "out"}, "guarantees": {"k": 3},
        "columns": {"n": QUASI, "x": column, "s": {"role": "sensitive", "why": "x"}}} | changes)


def lake(type_: pa.DataType, stored: str = "delta") -> None:
    table = pa.table({"n": [i % 8 for i in range(ROWS)], "x": pa.nulls(ROWS, type_), "s": ["flu", "cold", "gout"] * (ROWS // 3)})
    if stored == "delta":
        write_deltalake("lake", table)
    else:
        Path("lake").mkdir()
        pq.write_table(table, "lake/part.parquet")


def released(written: Policy) -> pa.Table:
    backend = LocalBackend()
    plan = compile_plan(written, backend.measure(written))
    receipt = backend.execute(plan).publish()
    assert all(verdict.holds for verdict in receipt.verdicts)
    return pa.concat_tables([pq.read_table(file) for file in DeltaTable("out").file_uris()])


@pytest.mark.slow
@pytest.mark.parametrize(("type_", "recoding"), list(product(TYPES, RECODINGS)), ids=str)
def test_a_quasi_identifier_has_one_label(type_, recoding) -> None:
    lake(type_)
    written = policy(QUASI, recoding=recoding)
    measured = LocalBackend().measure(written)
    assert measured.nulls == {"n": 0, "x": ROWS, "s": 0}
    assert set(released(written)["x"].to_pylist()) == {"null"}
    found = Recoded(compile_plan(written, measured).stage(Recode).tree, measured.cube).columns[1]
    assert found.coding.domain == 1
    assert found.loss[:-1].tolist() == [0.0]


@pytest.mark.parametrize(("type_", "more"), [
    (pa.int64(), {"hierarchy": "ages"}), (pa.float64(), {"hierarchy": {"widths": [5, 10]}}),
    (pa.date32(), {"hierarchy": {"dates": ["month", "year"]}}), (pa.string(), {"hierarchy": {"mask": "right"}}),
    (pa.string(), {"hierarchy": {"groups": {"a": ["b", "c"]}}}), (pa.int64(), {"aggregate": "mean"}),
    (pa.date32(), {"aggregate": "median"}), (pa.string(), {"coarsest": 0})], ids=str)
def test_so_it_has_along_hierarchies_and_as_a_number(type_, more) -> None:
    lake(type_)
    assert set(released(policy(QUASI | more))["x"].to_pylist()) == {"null"}


@pytest.mark.parametrize(("type_", "column"), [
    (pa.int64(), {"role": "insensitive"}), (pa.float64(), {"role": "sensitive"}),
    pytest.param(pa.string(), {"role": "text"}, marks=pytest.mark.slow),
    (pa.string(), {"role": "direct", "operator": TOKEN}), (pa.string(), {"role": "direct", "operator": "mask"}),
    (pa.int64(), {"role": "insensitive", "operator": {"round": {"to": 5}}}),
    (pa.int64(), {"role": "insensitive", "operator": {"bucket": {"width": 5}}}),
    (pa.list_(pa.string()), {"role": "insensitive"}), (pa.struct([("a", pa.int64())]), {"role": "insensitive"})], ids=str)
def test_in_other_roles_nulls_stay_nulls(type_, column) -> None:
    lake(type_)
    assert released(policy(column | {"why": "x"}))["x"].null_count == ROWS


@pytest.mark.parametrize(("stored", "type_"), [("delta", pa.string()), ("parquet", pa.int32())])
def test_a_column_without_a_type_gets_one(stored, type_) -> None:
    """Delta's is called void, and becomes text; Parquet writes 32-bit integers."""
    lake(pa.null(), stored)
    assert LocalBackend().measure(policy(QUASI)).schema.field("x").type == type_
    assert set(released(policy(QUASI))["x"].to_pylist()) == {"null"}


def test_closeness_of_nothing_holds_and_text_has_no_mean() -> None:
    lake(pa.int64())
    for claim, most in (("t", {"max": 0.1}), ("beta", {"max": 1}), ("delta", {"below": 1})):
        written = policy({"role": "sensitive", "why": "x"}, guarantees={"k": 3, claim: {"column": "x"} | most})
        assert compile_plan(written, LocalBackend().measure(written))
    written = policy(QUASI | {"aggregate": "mean"})
    Path("lake").rename("numbers")
    lake(pa.string())
    with pytest.raises(PolicyError, match="a mean is of numbers or dates"):
        compile_plan(written, LocalBackend().measure(written))


@pytest.mark.slow
def test_what_a_release_is_good_for_is_measured() -> None:
    lake(pa.float64())
    written = policy(QUASI | {"protected": True})
    released(written)
    found = utility(written, LocalBackend())
    assert [(group.group, group.rows) for group in found.groups] == [("group 1", ROWS)]
    assert found.learning.train_released is not None
