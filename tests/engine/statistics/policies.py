"""Policies that ask for statistics of one invented table."""

from __future__ import annotations

from typing import Any

from engine.plan import Policy

COLUMNS = {
    "id": {"role": "direct"},
    "age": {"role": "quasi", "why": "w", "domain": {"min": 17, "max": 90}},
    "sex": {"role": "quasi", "why": "w", "domain": {"values": ["F", "M"]}},
    "job": {"role": "quasi", "why": "w"},
    "pay": {"role": "sensitive", "why": "w", "domain": {"min": 0, "max": 99_999}},
    "note": {"role": "text", "operator": "drop"},
}


def policy(source: dict[str, Any] | None = None, release: str = "releases/people", **statistics: Any) -> Policy:
    """Returns a policy with a section ``statistics``."""
    asked = {"epsilon": 1, "queries": {"n": {"count": "rows"}}, **statistics}
    return Policy.parse({
        "apiVersion": "lakeveil/v1", "name": "people", "purpose": "p", "legal_basis": "b", "retention": "r",
        "source": source or {"table": "lake/people", "subject": "id"}, "columns": COLUMNS, "guarantees": {"k": 5},
        "release": {"path": release}, "statistics": asked})
