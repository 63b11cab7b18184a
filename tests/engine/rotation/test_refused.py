"""What would break joins, change nothing or take away what is no bridge is refused, and nothing is published."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine import road
from engine.errors import GuaranteeNotMet, InputError, PolicyError
from engine.plan import Policy
from engine.rotation import finish, rotate
from schemas.policy.v1 import ReleaseTarget
from tests.engine.rotation.releases import NEW, OLD, both, patients, rows, visits


@pytest.mark.slow
def test_releases_that_would_not_join_are_not_published(lake):
    pairs = [(patients("p1", OLD), patients("p2", NEW)), (visits("v1", OLD), visits("v2", {**NEW, "version": 3}))]
    with pytest.raises(GuaranteeNotMet, match="rotate all releases of a domain together"):
        rotate(pairs, road.open_backend("local"))
    assert sorted(one.name for one in Path().iterdir() if one.name.startswith((".p2", "p2", "v2", ".v2"))) == []


@pytest.mark.slow
def test_a_bridge_beside_what_is_not_of_this_rotation_is_left(lake):
    rotate(both(), road.open_backend("local"))
    Path("v2.rotation.json").unlink()
    with pytest.raises(InputError, match="path is taken"):
        rotate(both(), road.open_backend("local"))
    assert rows("v2.bridge").num_rows


def test_a_release_that_would_be_left_behind_is_told(lake):
    with pytest.raises(PolicyError, match="v1 would be left behind"):
        rotate([(patients("p1", OLD), patients("p2", NEW))], road.open_backend("local"), beside=[visits("v1", OLD)])
    assert not Path("p2").exists()
    elsewhere = visits("v1", {"key": "env:NEW_KEY"})
    assert rotate([(patients("p1", OLD), patients("p2", NEW))], road.open_backend("local"), beside=[elsewhere]).joins


def more(**changes: object) -> Policy:
    return patients("p2", NEW, **changes)


@pytest.mark.parametrize(("new", "error", "says"), [
    (patients("p1", NEW), PolicyError, "place of the old one"),
    (patients("p2", OLD), PolicyError, "same keys"),
    (more(guarantees={"k": 4, "suppression": 0.2}), PolicyError, "more than keys: guarantees"),
    (more(purpose="another"), PolicyError, "more than keys: purpose"),
    (patients("p2", NEW).model_copy(update={"release": ReleaseTarget(path="p1/inner")}), PolicyError,
     "within the other"),
    (patients("p2", {"key": "env:COPY"}), PolicyError, "both handles hold one key"),
])
def test_policies_that_differ_otherwise_are_refused(lake, new, error, says, monkeypatch):
    monkeypatch.setenv("COPY", "a1" * 32)
    with pytest.raises(error, match=says):
        rotate([(patients("p1", OLD), new)], road.open_backend("local"))


def test_another_policy_source_or_release_is_refused(lake):
    with pytest.raises(PolicyError, match="not made by this policy"):
        rotate([(patients("p1", OLD, purpose="x"), patients("p2", NEW, purpose="x"))], road.open_backend("local"))
    with pytest.raises(InputError, match="there is no receipt"):
        rotate([(patients("p9", OLD), patients("p2", NEW))], road.open_backend("local"))
    Path("p2").mkdir()
    with pytest.raises(InputError, match="path is taken"):
        rotate([(patients("p1", OLD), patients("p2", NEW))], road.open_backend("local"))
    assert not Path("p2.bridge").exists()


def test_old_key_that_changed_is_noticed(lake, monkeypatch):
    monkeypatch.setenv("OLD_KEY", "c3" * 32)
    with pytest.raises(InputError, match="tokens of no value of the source"):
        rotate([(visits("v1", OLD), visits("v2", NEW))], road.open_backend("local"))


@pytest.mark.slow
def test_only_a_bridge_is_removed(lake):
    shutil.copytree("p1", "v2.bridge")
    with pytest.raises(InputError, match="no bridge"):
        finish([visits("v2", NEW)])
    Path("p2.bridge").symlink_to("v2.bridge")
    with pytest.raises(InputError, match="there is no bridge"):
        finish([patients("p2", NEW)])
    assert Path("v2.bridge").is_dir()


def test_subjects_keys_are_neither_given_nor_taken(lake):
    own = {"subject_keys": {"table": "keys", "key": "env:OLD_KEY"}, "source": {"table": "visits", "subject": "patient"}}
    old, new = visits("v1", {"key": "subject"}, **own), visits("v2", {"key": "subject"}, **own)
    columns = new.columns | {"patient": visits("v2", NEW).columns["patient"]}
    with pytest.raises(PolicyError, match="in one policy alone"):
        rotate([(old, new.model_copy(update={"columns": columns}))], road.open_backend("local"))
