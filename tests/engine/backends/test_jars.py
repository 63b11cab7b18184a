"""Delta's jars: from where they are pinned, or not at all."""

from __future__ import annotations

import hashlib

import pytest

from engine.backends import jars
from engine.errors import SetupError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LAKEVEIL_JARS", str(tmp_path))
    return tmp_path


def test_missing_jar_names_the_fix(folder):
    with pytest.raises(SetupError) as raised:
        jars.delta_jars()
    assert str(folder) in raised.value.where
    assert "engine.backends.jars" in raised.value.next


def test_altered_jar_is_refused(folder):
    for artifact in jars.artifacts():
        (folder / f"{artifact}-{jars.DELTA_VERSION}.jar").write_bytes(b"not the jar")
    with pytest.raises(SetupError, match="not the one that was pinned"):
        jars.delta_jars()


def test_installed_pyspark_has_its_jars_pinned():
    pinned = jars._pinned()
    assert {f"{artifact}-{jars.DELTA_VERSION}.jar" for artifact in jars.artifacts()} <= set(pinned)
    assert all(len(digest) == 64 for digest in pinned.values())


def test_jars_on_this_machine_are_the_pinned_ones():
    try:
        found = jars.delta_jars()
    except SetupError:
        pytest.skip("Delta's jars were not fetched yet: python -m engine.backends.jars")
    assert [hashlib.sha256(jar.read_bytes()).hexdigest() for jar in found] == [jars._pinned()[jar.name] for jar in found]


def test_unsupported_spark_is_refused(folder, monkeypatch):
    monkeypatch.setattr(jars, "artifacts", lambda: ("delta-spark_9.9_2.13",))
    (folder / "delta-spark_9.9_2.13-4.4.0.jar").write_bytes(b"")
    with pytest.raises(SetupError, match="no digest is pinned"):
        jars.delta_jars()


def test_fetch_does_nothing_where_the_jars_stand(monkeypatch):
    try:
        there = jars.delta_jars()
    except SetupError:
        pytest.skip("Delta's jars were not fetched yet: python -m engine.backends.jars")
    monkeypatch.setattr(jars, "_run_ivy", lambda _: pytest.fail("went to the network"))
    assert jars.fetch() == there
