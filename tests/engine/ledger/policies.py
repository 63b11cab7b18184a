"""Policies and ledgers that tests charge."""

from __future__ import annotations

from engine.backends.ledger import LocalLedger
from engine.plan import Policy
from schemas.dp_events import DiscreteLaplace

ONE = DiscreteLaplace(rate=0.1, sensitivity=1)
"""A tenth of epsilon."""


def policy_of(ledger, *, epsilon=1.0, delta=0.0, source="lake/t", release="out/t", name="t", **more) -> Policy:
    budget = {"ledger": str(ledger), "population": "people", "cap": {"epsilon": epsilon, "delta": delta}, **more}
    return Policy.parse({
        "apiVersion": "lakeveil/v1", "name": name, "source": {"table": str(source)}, "purpose": "p", "legal_basis": "b",
        "retention": "r", "columns": {"x": {"role": "sensitive", "why": "w"}}, "release": {"path": str(release)},
        "budget": budget})


def made(path, caps="") -> LocalLedger:
    store = LocalLedger(str(path))
    store.create(caps)
    return store


def times(count, one=ONE):
    return [one.model_copy(update={"count": count})]
