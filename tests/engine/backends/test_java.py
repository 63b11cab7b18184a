"""Java is checked before Spark is started."""

from __future__ import annotations

import pytest

from engine.backends.java import java_version
from engine.errors import SetupError


def fake_java(folder, text: str):
    (folder / "bin").mkdir()
    java = folder / "bin" / "java"
    java.write_text(f"#!/bin/sh\necho '{text}' >&2\n")
    java.chmod(0o755)


@pytest.mark.parametrize(("text", "version"), [
    ('openjdk version "17.0.15" 2025-04-15', 17), ('java version "21" 2023-09-19', 21)])
def test_supported(tmp_path, monkeypatch, text, version):
    fake_java(tmp_path, text)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert java_version() == version


@pytest.mark.parametrize("text", ['java version "1.8.0_392"', 'openjdk version "11.0.2"', "what is this"])
def test_unsupported(tmp_path, monkeypatch, text):
    fake_java(tmp_path, text)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SetupError, match="not supported") as raised:
        java_version()
    assert "17 or 21" in raised.value.allowed


@pytest.mark.parametrize("home", ["/nowhere", ""])
def test_missing(monkeypatch, home):
    monkeypatch.setenv("JAVA_HOME", home)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SetupError, match="missing") as raised:
        java_version()
    assert "openjdk-17" in raised.value.next
