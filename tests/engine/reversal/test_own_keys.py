"""Values under their subjects' own keys come back while the key is there."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine import road
from engine.plan import Policy
from engine.reversal import Asked, detokenize

KEEP = {"why": "needed"}
ROWS = {"id": ["a", "b", None, "a"], "mail": ["jane@example.org", "roe@example.org", "who@example.org", None],
        "visit": [1, 1, 1, 1]}
OWN = {"domain": "mail", "key": "subject"}


def written(**changes: object) -> dict[str, object]:
    return {
        "apiVersion": "lakeveil/v1", "name": "clients", "purpose": "p", "legal_basis": "b", "retention": "r",
        "source": {"table": "clients.parquet", "subject": "id"},
        "subject_keys": {"table": "clients.keys", "key": "env:CASE_KEY"},
        "columns": {
            "id": {"role": "direct", "operator": {"token": {"domain": "client", "key": "subject"}}, **KEEP},
            "mail": {"role": "direct", "operator": {"encrypt": OWN}, **KEEP},
            "visit": {"role": "insensitive", **KEEP}},
        "detokenize": {"approvers": ["privacy office"]},
        "release": {"path": "release"}} | changes


@pytest.fixture
def policy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASE_KEY", "a1" * 32)
    monkeypatch.setenv("OTHER_KEY", "b2" * 32)
    pq.write_table(pa.table(ROWS), "clients.parquet")
    made = Policy.parse(written())
    road.anonymize(made, road.open_backend("local"))
    return made


def asked(**changes: object) -> Asked:
    return Asked(**({"table": "release", "columns": ("mail",), "key": "env:CASE_KEY", "purpose": "recall of a product",
                     "approver": "privacy office"} | changes))


def test_values_come_back_and_rows_without_a_subject_hold_none(policy):
    found = detokenize(policy, asked())
    assert (found.opened, found.refused) == (2, 0)
    assert sorted(value for value in found.table["mail"].to_pylist() if value) == ["jane@example.org", "roe@example.org"]
