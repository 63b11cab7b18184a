"""What a policy may ask for as statistics, and what it is told where it may not."""

from __future__ import annotations

import datetime as dt

import pytest

from engine.errors import PolicyError
from engine.plan import Policy
from engine.privacy.questions import questions
from engine.privacy.spending import divided
from tests.engine.statistics.policies import COLUMNS, policy

ROWS = {"count": "rows"}


@pytest.mark.parametrize(("asked", "told"), [
    ({"queries": {}}, "at least 1"),
    ({"queries": {"a b": ROWS}}, "a b"),
    ({"epsilon": 0}, "greater than 0"),
    ({"epsilon": float("inf")}, "finite"),
    ({"epsilon": 101}, "less than or equal to 100"),
    ({"delta": 0.0011}, "delta is at most 0.001: with a chance of delta nothing is promised"),
    ({"max_rows_per_subject": 0}, "greater than or equal to 1"),
    ({"max_groups_per_subject": 10_001}, "less than or equal to 10000"),
    ({"delta": 0}, "greater than 0"),
    ({"delta": 1e-3, "subjects": 10_000}, "delta is no promise above 1/10000"),
    ({"noise": "gaussian"}, "give delta"),
    ({"queries": {"q": {"count": "rows", "by": ["job"], "keys": "selected"}}}, "queries.q: a group of one subject"),
    ({"queries": {"q": {}}}, "one of count, sum, mean, quantiles"),
    ({"queries": {"q": {"count": "rows", "sum": "pay"}}}, "one of count, sum, mean, quantiles"),
    ({"queries": {"q": {**ROWS, "at": [0.5]}}}, "goes with quantiles"),
    ({"queries": {"q": {"quantiles": "pay", "at": [0.5, 0.5]}}}, "once"),
    ({"queries": {"q": {"quantiles": "pay", "at": [0.5, 0.500001]}}}, "four decimals at most"),
    ({"queries": {"q": {"quantiles": "pay", "at": [0.99999]}}}, "four decimals at most"),
    ({"queries": {"q": {"quantiles": "pay", "at": [1.5]}}}, "less than or equal to 1"),
    ({"queries": {"q": {**ROWS, "by": ["sex", "sex"]}}}, "once"),
    ({"queries": {"q": {**ROWS, "bins": {"age": 3}}}}, "which by does not name"),
    ({"queries": {"q": {**ROWS, "keys": "selected"}}}, "say by which columns"),
    ({"queries": {"q": {**ROWS, "weight": 0}}}, "greater than or equal to"),
    ({"queries": {"q": {**ROWS, "by": ["who"]}}}, "column 'who' is not listed"),
    ({"queries": {"q": {"sum": "who"}}}, "column 'who' is not listed"),
    ({"queries": {"q": {**ROWS, "by": ["job"]}}}, "columns.job needs a domain"),
    ({"queries": {"q": {**ROWS, "by": ["age"]}}}, "say in bins"),
    ({"queries": {"q": {**ROWS, "by": ["sex"], "bins": {"sex": 2}}}}, "for its bins"),
    ({"queries": {"q": {"mean": "job"}}}, "columns.job needs domain: {min, max}"),
    ({"queries": {"q": {"quantiles": "sex"}}}, "columns.sex needs domain: {min, max}"),
    ({"queries": {"q": {**ROWS, "by": ["id"]}}}, "tells who somebody is"),
    ({"queries": {"q": {**ROWS, "by": ["note"]}}}, "tells who somebody is"),
    ({"queries": {"q": {**ROWS, "by": ["age", "pay"], "bins": {"age": 2000, "pay": 2000}}}}, "4,000,000 groups"),
    ({"queries": {"q": {"quantiles": "pay", "by": ["age"], "bins": {"age": 20_000}}}}, "20,000 groups"),
    ({"queries": {"n": ROWS, "q": {**ROWS, "by": ["sex"], "total": "n"}}}, "queries.q.total"),
    ({"source": {"table": "t"}}, "statistics.unit subject needs source.subject"),
    ({"unit": "record", "queries": {"q": {"count": "subjects"}}}, "subjects are counted under unit: subject"),
    ({"unit": "record", "queries": {"q": {**ROWS, "max_rows_per_subject": 2}}}, "bounded under unit: subject alone"),
])
def test_what_may_not_be_asked_is_told(asked, told):
    with pytest.raises(PolicyError) as caught:
        policy(**asked)
    assert told in caught.value.render()


@pytest.mark.parametrize(("delta", "fits"), [(1e-4, True), (1.01e-4, False)])
@pytest.mark.parametrize("known", [
    {"statistics": {"epsilon": 1, "subjects": 10_000, "queries": {"n": ROWS}}},
    {"synthesis": {"epsilon": 1, "delta": 1e-6, "unit": "record", "records": 10_000}}], ids=["statistics", "synthesis"])
def test_a_caps_delta_is_judged_by_how_many_people_there_are(known, delta, fits):
    plain = policy().model_dump(mode="json", by_alias=True, exclude_unset=True)
    del plain["statistics"]
    written = {**plain, **known, "budget": {"ledger": "l", "population": "p", "cap": {"epsilon": 3, "delta": delta}}}
    if fits:
        assert Policy.parse(written).budget.cap.delta == delta
        return
    with pytest.raises(PolicyError, match=r"budget\.cap\.delta is no promise above 1/10000"):
        Policy.parse(written)


@pytest.mark.parametrize(("domain", "told"), [
    ({"values": ["F", "M", "F"]}, "each of its values once"),
    ({"values": [1, 2, 3]}, "domain.values: each value is text, in quotes"), ({"values": ["F", True]}, "in quotes"),
    ({"values": [dt.date(2024, 1, 31)]}, "in quotes"),
    ({"min": 0, "max": 1e-101}, "1e-100 wide at least"),
    ({"min": -2e100, "max": 0}, "greater than or equal to -1"), ({"min": 0, "max": float("inf")}, "finite number"),
    ({"min": 1, "max": 1.00000000000001}, "so many bins are too narrow"),
], ids=str)
def test_a_domain_that_groups_could_not_be_made_of_is_told(monkeypatch, domain, told):
    monkeypatch.setitem(COLUMNS, "sex", {**COLUMNS["sex"], "domain": domain})
    with pytest.raises(PolicyError, match=told):
        policy(queries={"q": {**ROWS, "by": ["sex"], "bins": {} if "values" in domain else {"sex": 40}}})


def test_each_of_the_quantiles_that_may_be_asked_for_is_drawn_as_asked():
    shares = [n / 10_000 for n in range(10_001)]
    for at in (shares[start:start + 99] for start in range(0, len(shares), 99)):
        asked = policy(queries={"q": {"quantiles": "pay", "at": at}})
        found = divided(asked.statistics, questions(asked, asked.statistics)).spends
        assert [float(spend.mechanism.share) for spend in found] == at
        assert [float(f"{share:g}") for share in at] == at  # as figures name them


def test_a_row_as_the_unit_needs_no_subject():
    assert policy(source={"table": "t"}, unit="record").statistics.unit == "record"


def test_statistics_leave_the_release_what_it_is():
    assert policy(epsilon=1).fingerprint == policy(epsilon=2).fingerprint
