"""Two tables that share a domain, and their releases."""

from __future__ import annotations

import json
from itertools import product

import pyarrow as pa
from deltalake import DeltaTable

from engine.plan import Policy

KEEP = {"why": "needed"}
OLD = {"key": "env:OLD_KEY"}
NEW = {"key": "env:NEW_KEY", "version": 2}


def patients(release: str, how: dict[str, object], **changes: object) -> Policy:
    return Policy.parse({
        "apiVersion": "lakeveil/v1", "name": release, "purpose": "p", "legal_basis": "b", "retention": "r",
        "source": {"table": "patients", "subject": "id"},
        "columns": {
            "id": {"role": "direct", "operator": {"token": {"domain": "patient", **how}}, "rename": "who", **KEEP},
            "mail": {"role": "direct", "operator": {"encrypt": {"domain": "mail", **how}}, **KEEP},
            "card": {"role": "direct", "operator": {"encrypt_format": {"domain": "card", **how}}, **KEEP},
            "age": {"role": "quasi", **KEEP}},
        "guarantees": {"k": 3, "suppression": 0.2},
        "release": {"path": release}} | changes)


def visits(release: str, how: dict[str, object], **changes: object) -> Policy:
    return Policy.parse({
        "apiVersion": "lakeveil/v1", "name": release, "purpose": "p", "legal_basis": "b", "retention": "r",
        "source": {"table": "visits"},
        "columns": {
            "patient": {"role": "direct", "operator": {"token": {"domain": "patient", **how}}, **KEEP},
            "referred": {"role": "direct", "operator": {"token": {"domain": "patient", **how}}, **KEEP},
            "cost": {"role": "insensitive", **KEEP}},
        "release": {"path": release}} | changes)


def rows(path: str) -> pa.Table:
    return DeltaTable(path).to_pyarrow_table()


def told(path: str) -> list[str]:
    return sorted(json.dumps(row, default=str) for row in rows(path).to_pylist())


def both(how: dict[str, object] = NEW) -> list[tuple[Policy, Policy]]:
    return [(patients("p1", OLD), patients("p2", how)), (visits("v1", OLD), visits("v2", how))]


def joined(left: list[str | None], right: list[str | None]) -> int:
    return sum(one == other for one, other in product(left, right) if one is not None)
