"""Key handles and subkeys, against RFC 5869, Wycheproof and a derivation by hand."""

from __future__ import annotations

import base64
import gzip
import hmac
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from engine.backends.keys import KINDS, Checked, RootKey, check, create, new_key, resolve, subkey
from engine.backends.keys.services import library
from engine.errors import InputError, PolicyError, SetupError
from engine.operators.base import KEY_ID, KeyRef
from schemas.policy.key_handles import KEY_SCHEMES, WRITTEN

ROOT = bytes(range(100, 132))
HANDLE = "env:LAKEVEIL_TEST_ROOT"
VECTORS = json.loads((Path(__file__).parents[4] / "docs" / "token-vectors.json").read_text(encoding="utf-8"))


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
    "", "secret-that-is-not-a-key", "ab" * 31, base64.b64encode(b"x" * 31).decode(), "a" * 65, "é" * 64, "ab cd" * 20, "00" * 32,
    "ab" * 31 + "ag",
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


def test_the_home_of_nobody() -> None:
    for call in (resolve, create):
        with pytest.raises(SetupError, match="home of nobody"):
            call("file:~no-such-user/root")


def test_a_file_that_is_too_large_is_not_cut(tmp_path: Path) -> None:
    path = tmp_path / "root"
    path.write_text("ab" * 40_000)
    path.chmod(0o600)
    with pytest.raises(SetupError, match="too large"):
        resolve(f"file:{path}")


def test_every_kind_that_a_policy_may_name_is_known() -> None:
    assert tuple(KINDS) == KEY_SCHEMES == tuple(WRITTEN)


def test_a_key_file_is_made_once(tmp_path: Path) -> None:
    handle = f"file:{tmp_path / 'root'}"
    made = create(handle)
    assert made == check(handle) == Checked(handle, "file", resolve(handle).derive(KEY_ID)[:4].hex())
    assert (tmp_path / "root").stat().st_mode & 0o777 == 0o600
    before = (tmp_path / "root").read_text()
    with pytest.raises(InputError, match="never written over"):
        create(handle)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="never written over"):
        create(f"file:{tmp_path / 'link'}")
    assert (tmp_path / "root").read_text() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["link", "root"], "no draft is left behind"


def test_a_key_file_that_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be written"):
        create(f"file:{tmp_path / 'absent' / 'root'}")


def test_environment_variables_are_made_by_whoever_starts_it() -> None:
    with pytest.raises(PolicyError, match="not made here"):
        create(HANDLE)


@pytest.mark.parametrize("handle", [
    f"env:{ROOT.hex()}", f"file:{ROOT.hex()}", f"vault-transit:transit/lake#{ROOT.hex()}", ROOT.hex(),
    f"databricks-secret:keys/{ROOT.hex()}", f"env:{base64.b64encode(ROOT).decode()}", f"file:{base64.b64encode(ROOT).decode()}",
    base64.b64encode(ROOT).decode(),
])
def test_a_key_in_place_of_its_handle_is_not_shown(handle: str) -> None:
    for call in (resolve, check, create):
        with pytest.raises(SetupError) as error:
            call(handle)
        shown = json.dumps(error.value.as_dict())
        assert "never written in a policy" in shown
        assert ROOT.hex() not in shown
        assert base64.b64encode(ROOT).decode() not in shown


@pytest.mark.parametrize("handle", ["vault:x", "env:", "plain"])
def test_unknown_handles(handle: str) -> None:
    with pytest.raises(SetupError, match="a key is named by a handle"):
        resolve(handle)


def test_a_root_key_hides_itself() -> None:
    key = RootKey(ROOT)
    for shown in (repr(key), str(key), f"{key!r}", f"{[key]}"):
        assert "hidden" in shown
    with pytest.raises(TypeError, match="never serialized"):
        pickle.dumps(key)
    with pytest.raises(TypeError, match="not compared"):
        _ = key == RootKey(ROOT)
    with pytest.raises(TypeError):
        hash(key)


def test_a_library_that_is_missing_is_named_with_its_extra() -> None:
    with pytest.raises(SetupError, match=r"pip install 'lakeveil\[vault\]'") as error:
        library("no_such_library.part", "vault", "vault-transit:transit/lake#f")
    assert "no_such_library" in str(error.value)


@pytest.mark.slow
def test_no_library_of_a_service_is_loaded_for_other_handles(tmp_path: Path) -> None:
    code = f"""
import os, socket, sys
socket.socket = None
from engine.backends import keys
os.environ["K"] = keys.new_key()
keys.resolve("env:K"), keys.create("file:{tmp_path / 'root'}")
print(*(m for m in ("boto3", "botocore", "hvac", "databricks.sdk", "tink", "requests") if m in sys.modules))
"""
    root = Path(__file__).parents[4]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=root)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


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
