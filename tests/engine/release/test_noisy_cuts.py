"""A release whose cuts were drawn with noise: what its plan, its receipt and a synthesis of it say, and what is refused."""

from __future__ import annotations

import copy
import random
from types import SimpleNamespace

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from engine.backends.local import LocalBackend
from engine.errors import GuaranteeNotMet, PolicyError
from engine.plan import Policy, compile_plan
from engine.release.verification import verify_published
from engine.rotation.rotate import rotate
from engine.synth.attempts import Trained
from engine.synth.claim import claimed
from engine.synth.statement import covers, excludes, paid_cuts
from engine.synth.synthesize import _receipt, prepare
from engine.usefulness import utility
from schemas.training import Attempt


def table(rows: int = 3000) -> pa.Table:
    draw = random.Random(5)  # noqa: S311 - test data
    return pa.table({"who": [f"p{number // 2}" for number in range(rows)], "age": [draw.randrange(18, 90) for _ in range(rows)],
                     "town": [draw.choice(["Ulm", "Bonn", "Trier"]) for _ in range(rows)],
                     "ill": [draw.choice(["flu", "cold"]) for _ in range(rows)]})


WRITTEN = {
    "apiVersion": "lakeveil/v1", "name": "noisy", "purpose": "p", "legal_basis": "b", "retention": "r",
    "source": {"table": "lake/noisy", "subject": "who"},
    "columns": {
        "who": {"role": "direct", "why": "joins", "operator": {"token": {"domain": "x", "key": "env:LAKEVEIL_TEST_KEY"}}},
        "age": {"role": "quasi", "why": "w", "domain": {"min": 0, "max": 120}},
        "town": {"role": "quasi", "why": "w", "domain": {"values": ["Ulm", "Bonn", "Trier"]}},
        "ill": {"role": "sensitive", "why": "w", "domain": {"values": ["flu", "cold"]}}},
    "guarantees": {"k": 5}, "recoding": {"cuts": {"epsilon": 4, "depth": 2, "rows": 2}},
    "synthesis": {"epsilon": 1, "delta": 1e-5, "unit": "subject", "max_rows_per_subject": 2, "records": 1500},
    "release": {"path": "releases/noisy"},
}


def written(**changes):
    """The policy with other values at dotted places; None takes one away."""
    found = copy.deepcopy(WRITTEN)
    for place, value in changes.items():
        *folders, name = place.split("__")
        inner = found
        for folder in folders:
            inner = inner[folder]
        if value is None:
            del inner[name]
        else:
            inner[name] = value
    return found


@pytest.fixture
def released(tmp_path, monkeypatch, key):
    monkeypatch.chdir(tmp_path)
    write_deltalake("lake/noisy", table())
    policy, backend = Policy.parse(written()), LocalBackend()
    plan = compile_plan(policy, backend.measure(policy))
    return policy, plan, backend.execute(plan).publish()


@pytest.mark.slow
def test_receipt_and_plan_say_what_was_spent(released) -> None:
    policy, plan, receipt = released
    spent = receipt.anonymity.spend
    assert receipt.anonymity.provenance == "dp-fitted"
    assert (spent.epsilon, spent.delta, receipt.anonymity.spend_rows) == (4, 1e-6, 2)
    assert receipt.anonymity.suppressed_rows == 0
    assert receipt.anonymity.class_sizes.smallest >= 5
    assert all(verdict.holds for verdict in verify_published(receipt, LocalBackend().open(policy.release.path)))
    told = plan.explain()
    assert "cuts drawn with noise, on public domains: epsilon 4, delta 1e-06 for a subject's rows, 2 at most" in told
    assert "depend on the data" not in told


@pytest.mark.slow
def test_a_synthesis_adds_up_cuts_and_training(released) -> None:
    policy, _, _ = released
    prepared = prepare(policy, policy.release.path)
    outcome = SimpleNamespace(left=SimpleNamespace(cut=0, without_subject=3), within=0.5, clip=1.0, seconds={"train": 1.0})
    found = Trained(outcome, (Attempt(training="0" * 32, number=1, began=0, covered=9, until=9, workers=2),), 9)
    claim = claimed(prepared.synthesis, prepared.release.receipt, prepared.schedule, prepared.outline.budget, 9)
    made = _receipt(prepared, table(5).schema, claim, found, seconds=1.0)
    assert [spend.purpose for spend in made.spends] == ["training", "cuts of the generalization"]
    assert made.spends[1].epsilon == 4.0
    assert (made.rows_cut, made.rows_without_subject) == (0, 3)
    assert made.epsilon == pytest.approx(made.spends[0].epsilon + 4, abs=1e-3), "a promise composes as its sum, nearly"
    assert made.delta == pytest.approx(1e-5 + 1e-6)
    assert any(line.startswith("end to end, one subject of at most 2 rows") for line in made.covers)
    assert not any("end to end" in line or "vocabulary" in line for line in made.excludes)


@pytest.mark.slow
def test_without_a_bound_on_rows_or_without_noise_nothing_is_claimed_end_to_end(released) -> None:
    policy, _, receipt = released
    rows = policy.synthesis.model_copy(update={"unit": "record"})
    changed = {"spend_rows": None}
    no_bound = receipt.model_copy(update={"anonymity": receipt.anonymity.model_copy(update=changed)})
    cut = receipt.model_copy(update={"anonymity": receipt.anonymity.model_copy(update={"provenance": "data-dependent"})})
    left_out = receipt.model_copy(update={"anonymity": receipt.anonymity.model_copy(update={"suppressed_rows": 1})})
    assert paid_cuts(rows, no_bound).epsilon == 4
    for unpaid, synthesis in ((no_bound, policy.synthesis), (cut, rows), (left_out, rows)):
        assert paid_cuts(synthesis, unpaid) is None
        assert not any("end to end" in line for line in covers(synthesis, unpaid, estimated=False))
        assert any("end to end" in line for line in excludes(synthesis, unpaid, ()))


@pytest.mark.slow
def test_each_plan_draws_anew_so_what_compares_plans_does_without(released, monkeypatch) -> None:
    policy, _, receipt = released
    monkeypatch.setenv("OTHER_KEY", "5a" * 32)
    found = utility(policy, LocalBackend())
    assert found.plan_fingerprint == receipt.plan_fingerprint
    assert "exact figures about the source" in found.not_measured[0]
    other = Policy.parse(written(release__path="releases/other", columns__who={
        "role": "direct", "why": "joins", "operator": {"token": {"domain": "x", "key": "env:OTHER_KEY"}}}))
    with pytest.raises(PolicyError, match="drawn anew"):
        rotate([(policy, other)], LocalBackend())


@pytest.mark.parametrize(("changes", "words"), [
    ({"guarantees": {"k": 5, "l": {"column": "ill", "distinct": 2}}}, "keeps k alone"),
    ({"guarantees": {"k": 5, "suppression": "1%"}}, "leaves no row out"),
    ({"columns__age__domain": None}, "columns.age: noisy cuts are made on what is publicly known"),
    ({"guarantees": {"k": 5, "k_map": 9, "population": {"table": "lake/all"}}}, "keeps k alone"),
    ({"columns__age__aggregate": "mean"}, "aggregate publishes what a class holds"),
    ({"recoding__cuts": "quasi", "guarantees": {"k": 5, "suppression": "1%", "suppress": "cells"}},
     "for claims on columns alone"),
    ({"columns__age__coarsest": 0}, "coarsest decides by exact counts"),
    ({"recoding__cuts__rows": None}, "recoding.cuts.rows says how many rows a subject has"),
    ({"recoding__cells": "tight"}, "noisy cuts have cells: bounds"),
    ({"recoding__optimize": "discernibility"}, "optimize: loss"),
    ({"recoding__optimize": {"accuracy": "ill"}}, "cannot heed a target"),
    ({"recoding__model": "full-domain"}, "cuts are a tree's"),
    ({"recoding__cuts": {"epsilon": 0}}, "greater than 0"),
    ({"recoding__cuts": {"epsilon": 1, "delta": 1}}, "delta is at most 0.001"),
    ({"recoding__cuts": {"epsilon": 1, "depth": 0}}, "greater than or equal to 1"),
    ({"recoding__cuts": "none"}, "recoding"),
])
def test_what_was_not_paid_for_is_refused(changes, words) -> None:
    with pytest.raises(PolicyError, match=words):
        Policy.parse(written(**changes))


def test_a_class_that_is_too_small_fails_the_release(tmp_path, monkeypatch, key) -> None:
    """Noise that hides it is drawn by hand: what is too small is not mended, but refused."""
    monkeypatch.chdir(tmp_path)
    write_deltalake("lake/noisy", table(40))
    policy = Policy.parse(written(recoding__cuts={"epsilon": 0.2, "depth": 1, "rows": 1}, guarantees__k=30))
    monkeypatch.setattr("engine.privacy.cuts.CutBudget.count", lambda *_: 10**6)
    monkeypatch.setattr("engine.privacy.cuts.CutBudget.choose", lambda _, scores, *__: len(scores) // 2)
    plan = compile_plan(policy, LocalBackend().measure(policy))
    with pytest.raises(GuaranteeNotMet, match="does not keep what the policy promises"):
        LocalBackend().execute(plan).publish()
    assert not (tmp_path / "releases" / "noisy").exists()
