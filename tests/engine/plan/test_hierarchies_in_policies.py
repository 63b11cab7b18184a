"""Hierarchies as policies write them: bare words, files, claims and operators; and a release along all of them."""

from __future__ import annotations

import datetime as dt
import textwrap

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from engine.backends.local import LocalBackend
from engine.errors import PolicyError
from engine.plan import Policy, compile_plan
from engine.plan.levels import refuse_level
from engine.plan.rules import applications
from schemas.policy.hierarchy_rules import Ages, Networks, Postal
from schemas.policy.operators import Generalize

POLICY = """
    apiVersion: lakeveil/v1
    name: a
    purpose: p
    legal_basis: b
    retention: r
    source: {table: t.parquet}
    columns:
      age:   {role: quasi, why: w, hierarchy: ages}
      zip:   {role: quasi, why: w, hierarchy: {postal: {country: us, populations: people.csv}}}
      ip:    {role: quasi, why: w, hierarchy: {ip: {v4: [16, 8], v6: [48, 32]}}}
      code:  {role: quasi, why: w, hierarchy: icd10}
      north: {role: quasi, why: w, hierarchy: {latitude: [0.1, 1, 10]}}
      seen:  {role: quasi, why: w, hierarchy: {dates: [day, week]}}
      stage: {role: quasi, why: w, hierarchy: {order: {values: [I, II, III, IV], groups: [2]}}}
      dose:  {role: quasi, why: w, hierarchy: {edges: [[1, 2.5, 5, 10], [2.5, 10]]}}
      raw:   {role: insensitive, why: w, operator: {generalize: {hierarchy: {geohash: [4]}, level: 1}}}
      out:   {role: sensitive, why: w}
    guarantees:
      k: 5
      t: {column: out, max: 0.9, distance: hierarchical, hierarchy: {groups: {any: [y, n]}}}
      suppression: 20%
    release: {path: out}
"""


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text("606;2700000\n036;15000\n")
    (tmp_path / "p.yaml").write_text(textwrap.dedent(POLICY))
    return tmp_path / "p.yaml"


def test_words_and_files_are_read_into_the_policy(path) -> None:
    policy = Policy.load(path)
    assert policy.columns["age"].hierarchy.ages == Ages()
    assert policy.columns["ip"].hierarchy.ip == Networks(v4=(16, 8), v6=(48, 32))
    assert policy.columns["zip"].hierarchy.postal == Postal(country="us", populations={"606": 2_700_000, "036": 15_000})
    same = Policy.load(path).fingerprint
    (path.parent / "people.csv").write_text("606;2700001\n036;15000\n")
    assert Policy.load(path).fingerprint != same
    path.write_text(path.read_text().replace("hierarchy: ages", "hierarchy: {ages: {top: 90}}"))
    (path.parent / "people.csv").write_text("606;2700000\n036;15000\n")
    assert Policy.load(path).fingerprint == same, "a default that is written out"


@pytest.mark.parametrize(("text", "what"), [
    ("606;many\n", "not a prefix and a number"), ("606;1\n606;1\n", "twice"), ("60;1\n", "three digits"), ("", "is empty"),
    (None, "populations is missing")])
def test_files_of_people_that_are_none(text, what, path) -> None:
    people = path.parent / "people.csv"
    people.unlink() if text is None else people.write_text(text)
    with pytest.raises(PolicyError, match=what):
        Policy.load(path)


@pytest.mark.parametrize(("data", "what"), [
    (b"30;x\n31\n", "differ in length"), (b"\xff;x\n", "not UTF-8"), (b"", "is empty"), (b'30;"x\n', "quote is left open")])
def test_a_hierarchys_file_that_is_none(data, what, path) -> None:
    (path.parent / "age.csv").write_bytes(data)
    path.write_text(path.read_text().replace("hierarchy: ages", "hierarchy: {file: age.csv}"))
    with pytest.raises(PolicyError, match=what) as caught:
        Policy.load(path)
    assert "age.csv" in caught.value.where


RULES = [({"dates": ["month", "year"]}, pa.date32(), 3), ("ages", pa.int64(), 5), ({"postal": "gb"}, pa.string(), 4),
         ({"groups": {"g": ["a"], "h": {"i": ["b"]}}}, pa.string(), 3), ({"table": [["a", "x", "*"]]}, pa.string(), 2),
         ({"order": {"values": ["a", "b", "c"], "groups": [2]}}, pa.string(), 2)]


@pytest.mark.parametrize(("rule", "kind", "height"), RULES)
def test_generalize_names_a_level_that_is_there(rule, kind, height) -> None:
    def calls(level: int) -> tuple:
        written = textwrap.dedent(POLICY).split("columns:")[0]
        column = {"role": "insensitive", "why": "w", "operator": {"generalize": {"hierarchy": rule, "level": level}}}
        policy = Policy.parse({**yaml.safe_load(written), "columns": {"c": column}, "release": {"path": "out"}})
        return applications(policy, pa.schema([("c", kind)]))

    assert len(calls(height)) == 1
    with pytest.raises(PolicyError, match=f"level {height + 1}, and the hierarchy has {height}") as caught:
        calls(height + 1)
    assert caught.value.where == "columns.c.operator.generalize.level"


def test_the_levels_of_a_mask_are_not_known_before_its_values() -> None:
    refuse_level("c", Generalize.model_validate({"hierarchy": {"mask": "right"}, "level": 60}))


@pytest.mark.slow
def test_a_release_along_all_of_them(path) -> None:
    draw = np.random.default_rng(7)
    rows = 400
    table = pa.table({
        "age": pa.array(draw.integers(60, 100, rows), pa.int16()), "zip": draw.choice(["60601", "60602-1234", "03601"], rows),
        "ip": draw.choice(["10.1.2.3", "10.1.9.9", "::ffff:10.2.0.1", "2001:db8::1"], rows),
        "code": draw.choice(["J45.0", "J44", "I21", "i21.9"], rows), "north": draw.choice([41.81, 41.86, 42.0, 90.0], rows),
        "seen": [dt.date(2024, 1, int(day)) for day in draw.integers(1, 29, rows)],
        "stage": draw.choice(["I", "II", "III", "IV"], rows), "dose": draw.choice([0.5, 1.0, 2.5, 7.0, 12.0], rows),
        "raw": draw.choice(["u4pruydq", "u4prz"], rows),
        "out": draw.choice(["y", "n"], rows)})
    pq.write_table(table, path.parent / "t.parquet")
    policy, backend = Policy.load(path), LocalBackend()
    plan = compile_plan(policy, backend.measure(policy))
    release = backend.execute(plan)
    receipt = release.verify()
    assert all(verdict.holds for verdict in receipt.verdicts)
    written = release.store.counts(("zip", "raw", "age", "code")).to_pydict()
    assert set(written["raw"]) == {"u4pr"}
    assert set(written["zip"]) <= {"*", "606**", "6****", "000**", "60601", "60602-1234", "03601"}
    assert set(written["code"]) <= {"*", "J45.0", "J44", "I21", "i21.9", "J45", "J40-J47", "I20-I25",
                                    "chapter X (J00-J99)", "chapter IX (I00-I99)"}
    release.discard()
