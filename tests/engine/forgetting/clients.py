"""A table of clients under their own keys, and how its releases are opened."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from deltalake import DeltaTable

from engine import road
from engine.backends.keys import resolve
from engine.backends.subject_keys import SUBJECT_KEYS, KeyTable
from engine.ciphers.wrapped import attached, unwrap
from engine.plan import Policy
from engine.reversal import Asked, detokenize

KEEP = {"why": "needed"}
PEOPLE = [f"p{number}" for number in range(6)]
MAILS = [f"{name}@example.org" for name in PEOPLE]


def policy_of(release: str = "first", **changes: object) -> Policy:
    return Policy.parse({
        "apiVersion": "lakeveil/v1", "name": release, "purpose": "p", "legal_basis": "b", "retention": "r",
        "source": {"table": "clients.parquet", "subject": "id"},
        "subject_keys": {"table": "clients.keys", "key": "env:CASE_KEY"},
        "columns": {
            "id": {"role": "direct", "operator": {"token": {"domain": "client", "key": "subject"}}, **KEEP},
            "mail": {"role": "direct", "operator": {"encrypt": {"domain": "mail", "key": "subject"}}, **KEEP},
            "phone": {"role": "direct", "operator": {"token": {"domain": "phone", "key": "env:CASE_KEY"}}, **KEEP},
            "visit": {"role": "insensitive", **KEEP}},
        "detokenize": {"approvers": ["office"]},
        "release": {"path": release}} | changes)


def release(name: str) -> pa.Table:
    """Releases the clients and returns the rows, in the order of their visits."""
    road.anonymize(policy_of(name), road.open_backend("local"))
    return DeltaTable(name).to_pyarrow_table().sort_by("visit")


def opened(table: str = "first") -> list[str | None]:
    asked = Asked(table, ("mail",), "env:CASE_KEY", "a test", "office")
    return detokenize(policy_of("first"), asked).table.sort_by("visit")["mail"].to_pylist()


def key_table() -> KeyTable:
    return KeyTable("clients.keys", "env:CASE_KEY", resolve("env:CASE_KEY"))


def all_keys(table: KeyTable) -> np.ndarray:
    rows = pa.Table.from_batches(list(table.batches()), SUBJECT_KEYS).combine_chunks()
    return unwrap(attached(rows["subject"].combine_chunks(), rows["wrapped"].combine_chunks()), table.key)
