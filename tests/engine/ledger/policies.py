"""Policies and ledgers that tests charge."""

from __future__ import annotations

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from engine.backends.ledger import PROPERTIES, LocalLedger
from engine.plan import Policy
from schemas.dp_events import DiscreteLaplace
from schemas.ledger import ADDED, LEDGER

ONE = DiscreteLaplace(rate=0.1, sensitivity=1)
"""A tenth of epsilon."""


def policy_of(ledger, *, epsilon=1.0, delta=0.0, source="lake/t", release="out/t", name="t", subject=None, **more) -> Policy:
    budget = {"ledger": str(ledger), "population": "people", "cap": {"epsilon": epsilon, "delta": delta}, **more}
    return Policy.parse({
        "apiVersion": "lakeveil/v1", "name": name, "source": {"table": str(source), "subject": subject}, "purpose": "p",
        "legal_basis": "b", "retention": "r", "release": {"path": str(release)}, "budget": budget,
        "columns": {column: {"role": "sensitive", "why": "w"} for column in ("x", subject) if column}})


def made(path, caps="") -> LocalLedger:
    store = LocalLedger(str(path))
    store.create(caps)
    return store


def made_before(path, rows=()) -> LocalLedger:
    """Makes a ledger as releases before did, without the columns that were added since."""
    schema = pa.schema([field for field in LEDGER if field.name not in ADDED])
    DeltaTable.create(str(path), schema, configuration=PROPERTIES)
    write_deltalake(str(path), pa.Table.from_pylist(list(rows), schema), mode="append")
    return LocalLedger(str(path))


def times(count, one=ONE):
    return [one.model_copy(update={"count": count})]
