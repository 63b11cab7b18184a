"""``lakeveil budget``: what it shows, and its exit codes."""

from __future__ import annotations

import json

import pytest
import yaml

from engine.ledger import charged
from engine.ledger.caps import as_property
from engine.ledger.view import told
from schemas.ledger import Budget, OwnersCap
from tests.engine.ledger.policies import made, policy_of, times
from tests.jobs.command import here

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    policy = policy_of("ledger").model_dump(mode="json", by_alias=True, exclude_defaults=True)
    policy |= {"apiVersion": "lakeveil/v1"}
    (tmp_path / "policy.yaml").write_text(yaml.safe_dump(policy))
    return tmp_path


def staffed(folder):
    """A ledger by which the staff of the source are others than its people."""
    made("ledger", as_property([OwnersCap(lineage=str(folder / "lake/t"), population="staff", epsilon=9, delta=0)]))


def spend(count, *, settle=True, **more):
    with charged(policy_of("ledger", **more), purpose="statistics", events=times(count)) as charge:
        if settle:
            charge.settle(times(count), receipt_id="r")


def test_a_ledger_is_made_once(folder):
    done = here("budget", "policy.yaml", cwd=folder)
    assert done.returncode == 3
    assert "--new makes a ledger" in done.stderr
    assert here("budget", "policy.yaml", "--new", cwd=folder).returncode == 0
    assert here("budget", "policy.yaml", "--new", cwd=folder).returncode == 3
    assert here("budget", "policy.yaml", cwd=folder).returncode == 0


def test_codes_follow_the_alerts(folder):
    made("ledger")
    codes = []
    for count in (4, 1, 3, 1, 1):
        spend(count)
        codes.append(here("budget", "policy.yaml", cwd=folder).returncode)
    assert codes == [0, 8, 9, 9, 10]


def test_what_is_shown(folder):
    staffed(folder)
    spend(3)
    spend(2, settle=False)
    spend(5, population="staff")
    done = here("budget", "policy.yaml", cwd=folder)
    text = " ".join(done.stdout.split())
    assert done.returncode == 8
    assert "0.3 0.2 0.5 1 (policy) 50.0% 2 (1)" in text
    assert "50% of a cap is reached" in text
    assert "reserve" in text
    assert "staff" not in text
    found = Budget.model_validate_json(here("budget", "policy.yaml", "--json", cwd=folder).stdout)
    (one,) = found.standings
    assert (one.cap, one.by, one.alert, one.unit, one.reservations, one.open) == (1.0, "policy", 50, "subject", 2, 1)
    assert (one.spent, one.reserved, one.left) == (pytest.approx(0.3), pytest.approx(0.2), pytest.approx(0.5))
    assert one.by_accountant["pld"] == pytest.approx(0.5)
    assert [line.kind for line in found.timeline] == ["reserve", "settle", "reserve"]


def test_a_ledger_shows_everybody_and_no_cap(folder):
    staffed(folder)
    spend(10)
    spend(5, population="staff")
    found = Budget.model_validate_json(here("budget", "ledger", "--json", cwd=folder).stdout)
    assert [(one.population, one.lineage is None, one.cap) for one in found.standings] == [
        ("staff", False, 9.0), ("people", False, None)]
    assert found.reached == 0
    assert len(found.timeline) == 4


def test_epsilon_at_another_delta(folder):
    made("ledger")
    spend(10)
    found = json.loads(here("budget", "policy.yaml", "--at-delta", "1e-3", "--json", cwd=folder).stdout)
    (one,) = found["standings"]
    assert one["delta"] == 1e-3
    assert 0.7 < one["spent"] < 0.8
    assert (one["cap"], one["share"], found["reached"]) == (None, None, 0)
    assert here("budget", "policy.yaml", "--at-delta", "2", cwd=folder).returncode == 2


def test_the_owner_sets_caps(folder):
    made("ledger")
    caps = [{"population": "people", "epsilon": 0.6, "delta": 0}, {"lineage": "other", "epsilon": 9, "delta": 0}]
    (folder / "caps.yaml").write_text(yaml.safe_dump(caps))
    spend(3)
    assert here("budget", "ledger", "--caps", "caps.yaml", cwd=folder).returncode == 8
    found = Budget.model_validate_json(here("budget", "policy.yaml", "--json", cwd=folder).stdout)
    assert [(one.by, one.cap, one.lineage is None) for one in found.standings] == [("policy", 1.0, False), ("owner", 0.6, True)]
    assert found.reached == 1
    for bad in ("- {epsilon: 1, delta: 0}", "[1", "x: 1", "- {population: p, epsilon: 0, delta: 0}"):
        (folder / "bad.yaml").write_text(bad)
        done = here("budget", "ledger", "--caps", "bad.yaml", cwd=folder)
        assert done.returncode == 2, bad
        assert "these are no caps" in done.stderr


def test_caps_are_replaced_and_it_is_said(folder):
    shown = []
    for caps, *new in (("[{population: people, epsilon: 0.6, delta: 0}]", "--new"),
                       ("[{population: staff, epsilon: 2, delta: 0}]",), ("[]",)):
        (folder / "caps.yaml").write_text(caps)
        done = here("budget", "ledger", "--caps", "caps.yaml", *new, cwd=folder)
        text = " ".join(done.stdout.split())
        shown.append(text[text.index("before"):text.index("ledger: 0 entries")].strip())
    assert shown == ["before none now all people 0.6 0", "before all people 0.6 0 now all staff 2 0",
                     "before all staff 2 0 now none"]
    found = Budget.model_validate_json(here("budget", "ledger", "--json", "--caps", "caps.yaml", cwd=folder).stdout)
    assert (found.replaced.before, found.replaced.after) == ((), ())
    done = here("budget", "ledger", "--caps", "nope.yaml", cwd=folder)
    assert (done.returncode, "the file of caps cannot be read" in done.stderr) == (2, True)


def test_a_policy_without_a_budget_is_refused(folder):
    policy = yaml.safe_load((folder / "policy.yaml").read_text())
    del policy["budget"]
    (folder / "policy.yaml").write_text(yaml.safe_dump(policy))
    done = here("budget", "policy.yaml", cwd=folder)
    assert done.returncode == 2
    assert "names no ledger" in done.stderr


def test_an_altered_ledger_is_told(folder):
    store = made("ledger")
    spend(3)
    newest = sorted((folder / "ledger" / "_delta_log").glob("*.json"))[1]
    newest.unlink()
    done = here("budget", "policy.yaml", cwd=folder)
    assert done.returncode == 3
    assert "damaged" in done.stderr
    assert store.path == "ledger"


def test_nothing_spent_is_shown(folder):
    store = made("ledger")
    found = told(store, policy_of("ledger"))
    assert (found.entries, found.standings[0].spent, found.standings[0].left, found.standings[0].unit) == (0, 0.0, 1.0, None)
    assert here("budget", "ledger", cwd=folder).returncode == 0
