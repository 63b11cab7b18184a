"""Whose budget a table is charged to: the source that it goes back to, whatever its path is called."""

from __future__ import annotations

import json
import os

import pyarrow as pa
import pytest
from deltalake import CommitProperties, write_deltalake

from engine.backends.local import LocalBackend
from engine.errors import BudgetExceeded, InputError, PolicyError
from engine.ledger import charged
from engine.ledger.anchors import anchors
from engine.ledger.caps import as_property
from engine.ledger.view import budget
from engine.privacy.ledger import Book
from engine.release.files import receipt_path
from engine.release.lineage import lineage_of, place_of
from schemas.ledger import Charged, OwnersCap, row_of
from schemas.receipt import Receipt, TableVersion
from tests.engine.backends.test_ledger import entry
from tests.engine.ledger.policies import made, policy_of, times


def receipt(path, source, **more) -> Receipt:
    """Leaves a receipt beside a release."""
    one = Receipt.model_construct(
        receipt="lakeveil/release/v1", release_id="r", lakeveil="0", policy="p", policy_fingerprint="f", plan_fingerprint="f",
        backend="local", created="2026-01-01T00:00:00+00:00", purpose="p", legal_basis="b", retention="r",
        source=TableVersion(table=str(source), rows=1), output=TableVersion(table=str(path), rows=1), commit_sha256="0", files=(),
        columns=(), standing="pseudonymized", guarantees={}, verdicts=(), **more)
    with open(receipt_path(str(path)), "w", encoding="utf-8") as file:  # noqa: PTH123 - the path is a text
        file.write(one.model_dump_json(warnings=False))
    return one


def test_one_table_has_one_name(tmp_path, monkeypatch):
    (tmp_path / "lake").mkdir()
    (tmp_path / "link").symlink_to("lake")
    monkeypatch.chdir(tmp_path)
    ways = ("lake/t", "./lake/t/", "lake/../lake/t", "link/t", f"{tmp_path}/lake/t", f"file://{tmp_path}/lake/t")
    assert {place_of(way) for way in ways} == {os.path.realpath(tmp_path / "lake" / "t")}
    assert place_of("s3a://bucket/t/") == place_of("s3://bucket/t")
    assert place_of("main.clinic.visits") == "main.clinic.visits"


@pytest.mark.parametrize("part", ["lake", "lake/t/year=2024", "lake/t/year=2024/a.parquet"])
@pytest.mark.parametrize("whole", ["lake/t", "s3://bucket/lake/t"])
def test_a_part_of_a_table_is_no_other_source(tmp_path, monkeypatch, whole, part):
    """Each folder and file of a charged table would have a budget of its own, for the same people."""
    monkeypatch.chdir(tmp_path)
    store, part = made("ledger"), whole.replace("lake/t", part)
    with charged(policy_of("ledger", source=part, epsilon=0.9), purpose="p", events=times(4)) as mistyped:
        mistyped.settle(())  # what came to nothing is nobody's budget
    for source in (whole, f"{whole}s"):
        with charged(policy_of("ledger", source=source, epsilon=0.9), purpose="p", events=times(4)):
            pass
    with (pytest.raises(PolicyError, match="a part of it was charged under another lineage") as refused,
          charged(policy_of("ledger", source=part, epsilon=0.9), purpose="p", events=times(4))):
        pass
    assert refused.value.allowed == place_of(whole)
    named = policy_of("ledger", source=part, epsilon=0.9, lineage=place_of(whole) if part != "lake" else "no")
    with pytest.raises((PolicyError, BudgetExceeded)), charged(named, purpose="p", events=times(6)):
        pass
    assert len(store.read().rows) == 4


def test_a_table_in_a_catalog_has_one_name_however_it_is_written(tmp_path, monkeypatch):
    """Each other spelling would be a second budget: of charges, caps of the owner, and entries as earlier releases kept them."""
    monkeypatch.chdir(tmp_path)
    ways = ("main.lake.claims", "Main.Lake.Claims", "`main`.`Lake`.claims", "MAIN.LAKE.`CLAIMS`")
    assert {lineage_of(policy_of("ledger", source=way)) for way in ways} == {"main.lake.claims"}
    assert {lineage_of(policy_of("ledger", source="x", lineage=way)) for way in ways} == {"main.lake.claims"}
    assert {lineage_of(policy_of("ledger", source=way)) for way in ("`My-Own`.a.`b``.c`", "`my-own`.A.`B``.C`")} == {
        "`my-own`.a.`b``.c`"}
    store = made("ledger", as_property([OwnersCap(lineage=ways[1], population="people", epsilon=9, delta=0)]))
    old = row_of(entry(0, lineage="x", source="y", events=times(4))) | {"lineage": ways[1], "source": ways[2]}
    assert store.append(old, 0)
    with charged(policy_of("ledger", source=ways[0], epsilon=0.9), purpose="p", events=times(4)) as charge:
        charge.settle(times(4))
    with pytest.raises(BudgetExceeded, match="reserved 0"), \
            charged(policy_of("ledger", source=ways[3], epsilon=0.9), purpose="p", events=times(2)):
        pytest.fail("the work began")
    assert {(one.lineage, one.cap) for one in budget("ledger", LocalBackend()).standings} == {("main.lake.claims", 9)}


@pytest.mark.parametrize("source", ["lake.claims", "`Lake`.claims", "delta.`/lake/claims`", "spark_catalog.delta.`/lake/claims`"])
def test_a_name_of_which_a_session_decides_is_no_source_of_a_budget_unless_its_lineage_is_named(tmp_path, monkeypatch, source):
    monkeypatch.chdir(tmp_path)
    store = made("ledger")
    with pytest.raises(PolicyError, match=r"which table it means") as told, \
            charged(policy_of("ledger", source=source), purpose="p", events=times(1)):
        pytest.fail("the work began")
    assert "budget.lineage" in told.value.next
    with charged(policy_of("ledger", source=source, lineage="Clinic.North"), purpose="p", events=times(1)):
        pass
    assert {one.lineage for one in Book.of(store.path, store.read()).entries} == {"clinic.north"}
    (tmp_path / "lake.claims").touch()
    assert lineage_of(policy_of("ledger", source="lake.claims")) == str(tmp_path / "lake.claims"), "a path"


def test_releases_hand_their_lineage_on(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name, origin in (("first", source), ("second", tmp_path / "first"), ("third", tmp_path / "second")):
        (tmp_path / name).mkdir()
        receipt(tmp_path / name, origin)
        assert lineage_of(policy_of("ledger", source=tmp_path / name)) == str(source)
    receipt(tmp_path / "third", tmp_path / "second", lineage="clinic")
    assert lineage_of(policy_of("ledger", source=tmp_path / "third")) == "clinic"
    assert lineage_of(policy_of("ledger", source=tmp_path / "third", lineage="clinic")) == "clinic"
    with pytest.raises(PolicyError, match="another lineage"):
        lineage_of(policy_of("ledger", source=tmp_path / "third", lineage="fresh"))


def test_a_lineage_with_a_slash_is_a_path_whoever_names_it(tmp_path, monkeypatch):
    """Written as text it would be a second budget of the same people."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lake").mkdir()
    (tmp_path / "link").symlink_to("lake")
    source = os.path.realpath(tmp_path / "lake" / "t")
    for way in ("lake/t", "./lake/t/", "link/t", source, None):
        assert lineage_of(policy_of("ledger", source="lake/t", **({"lineage": way} if way else {}))) == source
    assert lineage_of(policy_of("ledger", source="lake/t", lineage="s3a://bucket/t/")) == "s3://bucket/t"
    assert lineage_of(policy_of("ledger", source="lake/t", lineage="main.clinic.visits")) == "main.clinic.visits"
    (tmp_path / "first").mkdir()
    receipt(tmp_path / "first", "gone/source", lineage=source)
    assert lineage_of(policy_of("ledger", source="first", lineage="link/t")) == source
    with pytest.raises(PolicyError, match="another lineage"):
        lineage_of(policy_of("ledger", source="first", lineage="lake/u"))
    store = made("ledger")
    for way in ("lake/t", "./link/t"):
        with charged(policy_of(store.path, lineage=way), purpose="training", events=times(3)):
            pass
    assert {entry.lineage for entry in Book.of(store.path, store.read()).entries} == {source}


def test_a_release_of_who_knows_what_needs_a_name(tmp_path):
    (tmp_path / "first").mkdir()
    receipt(tmp_path / "first", "gone/source")
    with pytest.raises(PolicyError, match=r"budget\.lineage"):
        lineage_of(policy_of("ledger", source=tmp_path / "first"))
    assert lineage_of(policy_of("ledger", source=tmp_path / "first", lineage="clinic")) == "clinic"
    (tmp_path / "first.receipt.json").write_text("{}")
    with pytest.raises(InputError, match="cannot be read"):
        lineage_of(policy_of("ledger", source=tmp_path / "first"))


@pytest.mark.parametrize("said", [{"release_id": "r", "plan": "p"}, {"synthesis_id": "s", "release_id": "r"}, {"sample_id": "s"}])
def test_a_release_without_its_receipt_is_no_new_source(tmp_path, said):
    for name, user in (("release", json.dumps(said)), ("theirs", "what they say"), ("list", "[1]"), ("null", "null")):
        write_deltalake(str(tmp_path / name), pa.table({"a": [1]}),
                        commit_properties=CommitProperties(custom_metadata={"userMetadata": user}))
    with pytest.raises(PolicyError, match="its receipt is not beside it"):
        lineage_of(policy_of("ledger", source=tmp_path / "release"))
    assert lineage_of(policy_of("ledger", source=tmp_path / "release", lineage="clinic")) == "clinic"
    for name in ("theirs", "list", "null"):
        assert lineage_of(policy_of("ledger", source=tmp_path / name)) == str(tmp_path / name)
    receipt(tmp_path / "release", tmp_path / "theirs")
    assert lineage_of(policy_of("ledger", source=tmp_path / "release")) == str(tmp_path / "theirs")


def test_releases_and_trainings_of_one_source_share_a_budget(tmp_path):
    store = made(tmp_path / "ledger")
    for name in ("first", "second"):
        policy = policy_of(store.path, source="lake/t", release=tmp_path / name, name=name)
        with charged(policy, purpose="training", events=times(3)):
            pass
    book = Book.of(store.path, store.read())
    assert len({one.lineage for one in book.entries}) == 1
    assert {one.job for one in book.entries} == {"first", "second"}


def test_a_source_does_not_change_its_lineage(tmp_path):
    store = made(tmp_path / "ledger")
    with charged(policy_of(store.path, lineage="clinic"), purpose="training", events=times(3)):
        pass
    for other in ("fresh", None):
        with pytest.raises(PolicyError, match="charged under another lineage"), \
                charged(policy_of(store.path, **({"lineage": other} if other else {})), purpose="training", events=times(3)):
            pytest.fail("the work began")


def test_a_ledger_that_lacks_what_a_receipt_names_was_cut(tmp_path):
    store = made(tmp_path / "ledger")
    policy = policy_of(store.path, source=tmp_path / "lake", release=tmp_path / "release")
    with charged(policy, purpose="cuts", events=times(3)) as charge:
        charge.settle(times(3))
    receipt(tmp_path / "release", tmp_path / "lake", charge=charge.stated)
    assert anchors(policy) == (charge.stated,)
    with charged(policy, purpose="training", events=times(1)) as later:
        assert later.stated.total == pytest.approx(0.4)
    newest = sorted((tmp_path / "ledger" / "_delta_log").glob("*.json"))
    for file in newest[2:]:
        file.unlink()  # the reservation is there, and what settled it, and all after it, is not
    with pytest.raises(InputError, match="lacks an entry that a receipt names"), \
            charged(policy, purpose="training", events=times(1)):
        pytest.fail("the work began")


def test_another_ledger_is_no_fresh_budget(tmp_path):
    first, second = made(tmp_path / "ledger"), made(tmp_path / "other")
    with charged(policy_of(first.path, release=tmp_path / "release"), purpose="cuts", events=times(3)) as charge:
        charge.settle(times(3))
    receipt(tmp_path / "release", "lake/t", charge=charge.stated)
    assert isinstance(charge.stated, Charged)
    with pytest.raises(InputError, match="is another one"), \
            charged(policy_of(second.path, release=tmp_path / "release"), purpose="training", events=times(1)):
        pytest.fail("the work began")
    asked = tmp_path / "policy.yaml"
    for ledger in ("third", "ledger"):
        policy = policy_of(tmp_path / ledger, release=tmp_path / "release")
        plain = policy.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        asked.write_text(json.dumps({"apiVersion": "lakeveil/v1", **plain}))
        with pytest.raises(InputError, match="was charged to a ledger already") as told:
            budget(str(asked), LocalBackend(), new=True)
        assert first.path in told.value.where
    assert not (tmp_path / "third").exists()
