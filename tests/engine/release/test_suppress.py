"""A release whose odd rows stay, from policy to verdict."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from engine.backends.local import LocalBackend
from engine.errors import PolicyError
from engine.plan import Policy, compile_plan
from engine.release.report.figures import figures
from engine.release.verification import verify_published


def written(**changes):
    return {
        "apiVersion": "lakeveil/v1", "name": "odd", "purpose": "p", "legal_basis": "b", "retention": "r",
        "source": {"table": "lake/odd"}, "recoding": {"cells": "tight"},
        "columns": {"age": {"role": "quasi", "why": "w"}, "place": {"role": "quasi", "why": "w"}},
        "guarantees": {"k": 3, "suppression": "10%", "suppress": "cells"}, "release": {"path": "releases/odd"},
    } | changes


@pytest.mark.slow
def test_odd_rows_stay_and_plan_receipt_and_report_say_so(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_deltalake("lake/odd", pa.table({"age": [20] * 9 + [30] * 9 + [40] * 9 + [21, 34, 45],
                                          "place": [*"aaaaaaaaabbbbbbbbbccccccccc", *"cab"]}))
    backend, policy = LocalBackend(), Policy.parse(written())
    plan = compile_plan(policy, backend.measure(policy))
    assert "1 of the classes hold rows that the others gave up, '*' where they have nothing in common" in plan.explain()
    release = backend.execute(plan)
    receipt = release.publish()
    assert (receipt.anonymity.suppressed_rows, receipt.anonymity.beside_rows, receipt.anonymity.starred_rows) == (0, 3, 0)
    verdict = {verdict.guarantee: verdict for verdict in receipt.verdicts}["suppression"]
    assert (verdict.holds, verdict.measured, verdict.detail) == (True, 0, "0 of 30 rows left out, 0 '*' in every column")
    assert [figure.shown for figure in figures(receipt.anonymity) if figure.name == "Rows in classes of their own"] == ["3"]
    assert json.loads(receipt.model_dump_json())["guarantees"]["suppress"] == "cells"
    assert all(found.holds for found in verify_published(receipt, release.store))


@pytest.mark.parametrize(("changes", "said"), [
    ({"recoding": {"model": "full-domain"}}, "cells become .* in a second tree: leave it out, or recoding.model"),
    ({"columns": {"age": {"role": "quasi", "why": "w", "coarsest": 0}}}, "leave it out, or columns.age.coarsest"),
    ({"guarantees": {"k": 3, "suppress": "cells"}}, "suppress: cells needs a budget"),
])
def test_policies_that_disagree_are_refused(changes, said) -> None:
    with pytest.raises(PolicyError, match=said):
        Policy.parse(written(**changes))
