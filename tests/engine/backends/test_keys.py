"""Key handles and subkeys, against RFC 5869, Wycheproof and a derivation by hand."""

from __future__ import annotations

import base64
import gzip
import hmac
import json
import os
import pickle
from pathlib import Path

import pytest

from engine.backends.keys import RootKey, new_key, resolve, subkey
from engine.errors import SetupError
from engine.operators.base import KeyRef

ROOT = bytes(range(100, 132))
HANDLE = "env:LAKEVEIL_TEST_ROOT"
VECTORS = json.loads((Path(__file__).parents[3] / "docs" / "token-vectors.json").read_text(encoding="utf-8"))


def by_hand(root: bytes, info: bytes) -> bytes:
    """HKDF-SHA-256 as RFC 5869 writes it, one block."""
    extracted = hmac.digest(b"\0" * 32, root, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")


def test_rfc_5869_case_3_without_salt_and_info() -> None:
    expected = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
    assert RootKey(bytes.fromhex("0b" * 22)).derive("").hex() == expected


def test_wycheproof(shared_data: Path) -> None:
    groups = json.loads(gzip.decompress((shared_data / "vectors" / "hkdf_sha256_test.json.gz").read_bytes()))["testGroups"]
    checked = 0
    for case in (case for group in groups for case in group["tests"]):
        info = bytes.fromhex(case["info"])
        if case["salt"] or case["result"] != "valid" or case["size"] < 32 or not info.isascii():
            continue
        assert RootKey(bytes.fromhex(case["ikm"])).derive(info.decode()).hex() == case["okm"][:64]
        checked += 1
    assert checked >= 1


def test_published_subkey(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKEVEIL_TEST_ROOT", VECTORS["root"])
    assert subkey(KeyRef(HANDLE, VECTORS["info"]), {}).hex() == VECTORS["subkey"]


@pytest.mark.parametrize("written", [ROOT.hex(), ROOT.hex().upper(), base64.b64encode(ROOT).decode(), f"  {ROOT.hex()}\n"])
def test_hexadecimal_and_base64_are_the_same_key(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("LAKEVEIL_TEST_ROOT", written)
    assert subkey(KeyRef(HANDLE, "lakeveil/v1/date_shift"), {}) == by_hand(ROOT, b"lakeveil/v1/date_shift")


def test_subkeys_differ_by_domain_and_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKEVEIL_TEST_ROOT", ROOT.hex())
    monkeypatch.setenv("LAKEVEIL_TEST_OTHER", new_key())
    roots: dict[str, RootKey] = {}
    found = {subkey(KeyRef(handle, f"lakeveil/v1/token/{domain}"), roots)
             for handle in (HANDLE, "env:LAKEVEIL_TEST_OTHER") for domain in ("patient", "doctor")}
    assert len(found) == 4
    assert {len(key) for key in found} == {32}


def test_a_root_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKEVEIL_TEST_ROOT", ROOT.hex())
    roots: dict[str, RootKey] = {}
    first = subkey(KeyRef(HANDLE, "x"), roots)
    monkeypatch.delenv("LAKEVEIL_TEST_ROOT")
    assert subkey(KeyRef(HANDLE, "x"), roots) == first


@pytest.mark.parametrize("written", [
    "", "secret-that-is-not-a-key", "ab" * 31, base64.b64encode(b"x" * 31).decode(), "a" * 65, "é" * 64, "ab cd" * 20,
])
def test_bad_keys_are_refused_and_never_shown(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("LAKEVEIL_TEST_ROOT", written)
    with pytest.raises(SetupError) as error:
        resolve(HANDLE)
    assert HANDLE in str(error.value)
    assert not written or written not in json.dumps(error.value.as_dict(), ensure_ascii=False)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__ or error.value.__context__ is None


def test_a_missing_variable_says_how_to_make_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAKEVEIL_TEST_ROOT", raising=False)
    with pytest.raises(SetupError, match="set the environment variable LAKEVEIL_TEST_ROOT"):
        resolve(HANDLE)


def test_key_files(tmp_path: Path) -> None:
    path = tmp_path / "root key"
    path.write_text(ROOT.hex() + "\n")
    path.chmod(0o600)
    assert subkey(KeyRef(f"file:{path}", "x"), {}) == by_hand(ROOT, b"x")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_key_files_of_others_are_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "root"
    path.write_text(ROOT.hex())
    path.chmod(mode)
    with pytest.raises(SetupError, match="chmod 600") as error:
        resolve(f"file:{path}")
    assert ROOT.hex() not in str(error.value)


def test_what_is_not_a_key_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name, said in (("absent", "cannot be opened"), (".", "cannot be opened"), ("pipe", "not a file")):
        with pytest.raises(SetupError, match=said):
            resolve(f"file:{tmp_path / name}")


@pytest.mark.parametrize("handle", ["vault:x", "env:", "plain"])
def test_unknown_handles(handle: str) -> None:
    with pytest.raises(SetupError, match="no such kind of key handle"):
        resolve(handle)


def test_a_root_key_hides_itself() -> None:
    key = RootKey(ROOT)
    for shown in (repr(key), str(key), f"{key!r}", f"{[key]}"):
        assert "hidden" in shown
    with pytest.raises(TypeError, match="never serialized"):
        pickle.dumps(key)


def test_new_keys_are_accepted_and_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = new_key(), new_key()
    assert first != second
    monkeypatch.setenv("LAKEVEIL_TEST_ROOT", first)
    assert isinstance(resolve(HANDLE), RootKey)


def test_a_key_that_stands_in_a_text_is_seen():
    root = RootKey(ROOT)
    for written in (ROOT.hex(), ROOT.hex().upper(), base64.b64encode(ROOT).decode(), base64.b64encode(ROOT).decode().rstrip("=")):
        assert root.stands_in(f"a={written};b=1")
    assert not root.stands_in(f"a={ROOT.hex()[:-1]}")
    assert not root.stands_in("")
