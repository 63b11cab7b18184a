"""What a policy cannot promise over versions is refused when it is read, and each sentence says why."""

from __future__ import annotations

import pytest

from engine import road
from engine.artifacts import Artifacts
from engine.backends.local import LocalBackend
from engine.errors import PolicyError
from tests.engine.growing.lives import policy, source

KEY = "env:LAKEVEIL_TEST_KEY"
QUASI = {"role": "quasi", "why": "x"}


@pytest.mark.parametrize(("changes", "match"), [
    ({"guarantees": {"k": 4, "t": {"column": "illness", "max": 0.3}}}, "compare a class with a table that changes"),
    ({"guarantees": {"k": 4, "beta": {"column": "illness", "max": 2}}}, "compare a class with a table that changes"),
    ({"guarantees": {"k": 4, "delta": {"column": "illness", "below": 2}}}, "compare a class with a table that changes"),
    ({"guarantees": {"k": 4, "k_map": 5, "population": {"table": "everybody"}}}, "compare a class with a table that changes"),
    ({"guarantees": {"k": 4, "suppress": "cells", "suppression": 0.1}}, "routes rows down a tree"),
    ({"guarantees": {"k": 4}, "recoding": {"model": "full-domain"}}, "routes rows down a tree"),
    ({"source": {"table": "source"}}, "names rows by a column"),
    ({"source": {"table": "source", "subject": "id", "version": 3}}, "leave source.version out"),
    ({"columns": {"id": {"role": "direct"}, "age": {**QUASI, "aggregate": "mean"}, "town": QUASI,
                  "illness": {"role": "sensitive", "why": "x"}}}, "leave aggregate out"),
    ({"columns": {"id": {"role": "insensitive", "why": "x"}}, "guarantees": {}}, "give guarantees.k"),
])
def test_what_cannot_be_kept_is_refused(tmp_path, changes, match) -> None:
    with pytest.raises(PolicyError, match=match):
        policy(tmp_path, KEY, **changes)


@pytest.mark.parametrize(("versions", "match"), [
    ({"row": "number"}, "'number', which columns does not list"),
    ({"state": "release/state"}, "lies in the release"),
    ({"state": "."}, "holds it"),
    ({"state": "source"}, "lies in the release, the source"),
    ({"state": "release.receipt.json"}, "is called as what is left beside a release"),
    ({"state": "./release.synthetic/"}, "is called as what is left beside a release"),
    ({"state": "release.bridge"}, "is called as what is left beside a release"),
    ({"returning": "maybe"}, "returning"),
    ({"key": "secret"}, "key"),
    ({"keys": "env:X"}, "unknown key"),
])
def test_a_state_that_cannot_be_is_refused(tmp_path, versions, match, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PolicyError, match=match):
        policy(tmp_path, KEY, source={"table": "source", "subject": "id"},
               release={"path": "release", "versions": {"state": "state", "key": KEY, **versions}})


def test_no_file_that_a_step_leaves_is_taken_for_the_state(tmp_path) -> None:
    """By what the road leaves, wherever a policy puts it."""
    found = policy(tmp_path, KEY, synthesis={"epsilon": 1, "delta": 1e-6, "path": str(tmp_path / "made")})
    for policied in (found, policy(tmp_path, KEY)):
        places = Artifacts.of(policied)
        left = [value for name in dir(Artifacts) if not name.startswith("_") and isinstance(value := getattr(places, name), str)]
        assert len(left) == 7
        for place in (*left, places.release, places.synthetic):
            release = policied.release.model_dump(mode="json")
            with pytest.raises(PolicyError, match="name a folder of its own"):
                policy(tmp_path, KEY, synthesis=policied.synthesis and policied.synthesis.model_dump(mode="json"),
                       release=release | {"versions": release["versions"] | {"state": place}})


def test_the_key_of_names_is_among_the_keys_that_a_run_needs(tmp_path) -> None:
    other = policy(tmp_path, KEY, versions={"key": "env:OTHER"})
    assert other.key_handles() == ("env:LAKEVEIL_TEST_KEY", "env:OTHER")
    assert other.fingerprint != policy(tmp_path, KEY).fingerprint


@pytest.mark.slow
def test_a_plan_says_that_versions_follow(tmp_path, key) -> None:
    source(tmp_path, range(60))
    found = policy(tmp_path, key)
    told = road.plan(found, LocalBackend()).explain()
    assert "lakeveil append publishes the next ones" in told
    assert f"named by id, under key {key}" in told
