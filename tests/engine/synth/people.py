"""Releases made by hand: a Delta table and the receipt that a backend would have written beside it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from engine.plan.policy import Policy
from engine.release.files import commit_sha256, file_digests, write_receipt
from schemas.policy import Guarantees
from schemas.receipt import GuaranteeVerdict, Receipt, TableVersion

COLORS = ("blue", "green", "red")


def people(rows: int, seed: int = 0) -> pa.Table:
    """Rows about subjects who have two rows on average; color depends on age, and ill on color."""
    drawn = np.random.default_rng(seed)
    age = drawn.integers(18, 90, rows)
    color = np.array(COLORS)[np.clip(age // 30 - (drawn.random(rows) < 0.1), 0, 2)]
    ill = (color == "red") ^ (drawn.random(rows) < 0.1)
    subject = drawn.integers(0, rows // 2 + 1, rows)
    weight = drawn.normal(70, 12, rows).round(1)
    return pa.table({
        "token": [f"t{s:06x}" for s in subject], "age": pa.array(age, pa.int64()), "color": pa.array(color),
        "weight": pa.array(weight, mask=drawn.random(rows) < 0.02), "ill": pa.array(ill),
    })


def policy(more: dict[str, object] | None = None, /, **synthesis: object) -> Policy:
    """A policy for ``people``."""
    return Policy.parse({
        "apiVersion": "lakeveil/v1", "name": "people", "source": {"table": "lake/people", "subject": "person"},
        "purpose": "a test", "legal_basis": "consent", "retention": "1 day",
        "columns": {
            "person": {"role": "direct", "rename": "token", "why": "joins",
                       "operator": {"token": {"domain": "person", "key": "env:LAKEVEIL_TEST_KEY"}}},
            "age": {"role": "insensitive", "why": "w", "domain": {"min": 0, "max": 120}},
            "color": {"role": "sensitive", "why": "w", "domain": {"values": list(COLORS)}},
            "weight": {"role": "insensitive", "why": "w", "domain": {"min": 30, "max": 150}},
            "ill": {"role": "sensitive", "why": "w"},
            **(more or {}),
        },
        "synthesis": {"epsilon": 6, "delta": 1e-4, "unit": "subject", "max_rows_per_subject": 2, **synthesis},
        "release": {"path": "releases/people"},
    })


def write_policy(place: Path, release: str, ledger: str, **synthesis: object) -> Path:
    """Writes the policy of a release that is charged to a ledger, and returns its place."""
    said = policy(**synthesis).model_dump(mode="json", by_alias=True, exclude_unset=True)
    budget = {"ledger": ledger, "population": "people", "cap": {"epsilon": 1e6, "delta": 1e-4}}
    place.write_text(json.dumps({**said, "release": {"path": release}, "budget": budget}))
    return place


def write_release(folder: Path, table: pa.Table, *, files: int = 3, subject: str | None = "token", holds: bool = True) -> str:
    """Writes a table as a release, in several files, and returns its path."""
    path = str(folder / "release")
    size = -(-len(table) // files)
    for start in range(0, len(table), size):
        write_deltalake(path, table.slice(start, size), mode="append")
    delta = DeltaTable(path)
    names = pa.table(delta.get_add_actions(flatten=True))["path"].to_pylist()
    write_receipt(path, Receipt(
        release_id="0" * 32, lakeveil="test", policy="people", policy_fingerprint="f", plan_fingerprint="f",
        backend="by hand", created="2026-01-01T00:00:00+00:00", purpose="a test", legal_basis="consent", retention="1 day",
        source=TableVersion(table="lake/people", rows=len(table)), subject=subject,
        output=TableVersion(table=path, version=delta.version(), rows=len(table)), commit_sha256=commit_sha256(path),
        files=file_digests(path, names), columns=(), standing="pseudonymized", guarantees=Guarantees(),
        verdicts=(GuaranteeVerdict(guarantee="schema", promised=1, measured=1 if holds else 0, holds=holds),),
    ))
    return path
