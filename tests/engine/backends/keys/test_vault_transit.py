"""vault-transit: against a recorded contract of Vault's transit engine on this machine (``loopback.Transit``), not Vault."""

from __future__ import annotations

import base64
import datetime as dt
import json
import logging
import ssl
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from engine.backends.keys import Checked, check, create, resolve, vault_transit
from engine.errors import InputError, SetupError
from tests.engine.backends.keys.loopback import Answer, Transit, serving

pytest.importorskip("hvac", reason="hvac is not installed: pip install 'lakeveil[vault]'")

TOKEN = "hvs.test-token"  # noqa: S105 - opens nothing
SAID = "what the server answered"


@pytest.fixture
def vault(monkeypatch):
    transit = Transit(TOKEN, "transit/lake", "transit/other", "teams/a/transit/lake")
    with serving(transit) as address:
        monkeypatch.setenv("VAULT_ADDR", address)
        monkeypatch.setenv("VAULT_TOKEN", TOKEN)
        monkeypatch.delenv("VAULT_NAMESPACE", raising=False)
        yield transit


@pytest.fixture
def handle(vault, tmp_path) -> str:
    handle = f"vault-transit:transit/lake#{tmp_path / 'root.json'}"
    create(handle)
    vault.requests.clear()
    return handle


def refused(handle: str) -> str:
    with pytest.raises(SetupError) as error:
        resolve(handle)
    shown = json.dumps(error.value.as_dict())
    assert handle in shown
    assert SAID not in shown
    assert error.value.__suppress_context__ or error.value.__context__ is None
    return error.value.render()


def test_a_key_is_made_and_comes_back(vault, tmp_path):
    handle = f"vault-transit:teams/a/transit/lake#{tmp_path / 'root.json'}"
    made = create(handle)
    assert made == check(handle) == Checked(handle, "vault-transit", made.key_id)
    assert made.key_id == json.loads((tmp_path / "root.json").read_text())["context"]["key_id"]
    assert resolve(handle).derive("x") == resolve(handle).derive("x")
    assert (tmp_path / "root.json").stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["root.json"], "no draft is left behind"


def test_requests_are_as_documented(vault, tmp_path, monkeypatch):
    monkeypatch.setenv("VAULT_NAMESPACE", "house/")
    handle = f"vault-transit:teams/a/transit/lake#{tmp_path / 'root.json'}"
    key_id = create(handle).key_id
    wrapping, unwrapping = vault.requests[:2]
    for request, action in ((wrapping, "encrypt"), (unwrapping, "decrypt")):
        assert (request.method, request.path) == ("POST", f"/v1/teams/a/transit/{action}/lake")
        assert request.headers["X-Vault-Token"] == TOKEN
        assert request.headers["X-Vault-Request"] == "true"
        assert request.headers["X-Vault-Namespace"] == "house/"
        context = json.loads(base64.b64decode(request.body["associated_data"]))
        assert context == {"application": "lakeveil", "key_id": key_id, "purpose": "root-key"}
    assert set(wrapping.body) == {"plaintext", "associated_data"}
    assert len(base64.b64decode(wrapping.body["plaintext"])) == 32
    assert set(unwrapping.body) == {"ciphertext", "associated_data"}
    assert unwrapping.body["ciphertext"].startswith("vault:v1:")


def test_a_key_moves_from_a_file_into_an_envelope(vault, tmp_path):
    old = create(f"file:{tmp_path / 'old'}")
    new = create(f"vault-transit:transit/lake#{tmp_path / 'new'}", like=old.handle)
    assert new.key_id == old.key_id
    assert resolve(new.handle).derive("x") == resolve(old.handle).derive("x")


def test_nothing_is_written_over(handle, vault, tmp_path):
    before = (tmp_path / "root.json").read_bytes()
    with pytest.raises(InputError, match="never written over"):
        create(handle)
    assert (tmp_path / "root.json").read_bytes() == before
    assert not vault.requests, "Vault is not even asked"


def test_the_handle_chooses_the_key_and_the_file_does_not(handle, tmp_path):
    path = tmp_path / "root.json"
    assert "did not unwrap it" in refused(handle.replace("transit/lake", "transit/other"))
    path.write_text(path.read_text().replace('"transit/lake"', '"transit/other"'))
    assert resolve(handle)


@pytest.mark.parametrize("change", [
    {"wrapped": base64.b64encode(b"vault:v1:" + base64.b64encode(bytes(60))).decode()},
    {"context": {"application": "lakeveil", "purpose": "root-key", "key_id": "00000000"}},
], ids=["wrapped", "context"])
def test_an_altered_envelope_does_not_open(handle, tmp_path, change):
    path = tmp_path / "root.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert "did not unwrap it" in refused(handle)


@pytest.mark.parametrize("change", [
    {"version": 2}, {"wrapped": ""}, {"wrapped": "%%"}, {"wrapped": "AAA"}, {"more": 1}, {"wrapped_by": "nobody"},
    {"context": {"application": "another", "purpose": "root-key", "key_id": "00000000"}},
    {"context": {"application": "lakeveil", "purpose": "data", "key_id": "00000000"}},
], ids=str)
def test_what_is_no_envelope_meets_no_service(handle, vault, tmp_path, change):
    path = tmp_path / "root.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert "no envelope" in refused(handle)
    assert not vault.requests


def test_an_envelope_of_another_service(handle, vault, tmp_path):
    path = tmp_path / "root.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"wrapped_by": "aws-kms"}))
    assert "wrapped by aws-kms" in refused(handle)
    assert not vault.requests


def test_files_that_hold_no_envelope(handle, vault, tmp_path):
    path = tmp_path / "root.json"
    assert "cannot be opened" in refused(f"vault-transit:transit/lake#{tmp_path / 'absent'}")
    path.chmod(0o620)
    assert "chmod go-w" in refused(handle)
    path.chmod(0o644)
    assert resolve(handle), "it may be read: it is wrapped"
    path.write_text("x" * 70_000)
    assert "too large" in refused(handle)
    path.write_bytes(b"\xff\xfe garbage")
    assert "no envelope" in refused(handle)


def test_an_answer_that_is_another_key(handle, vault):
    vault.instead = Answer(200, {"data": {"plaintext": base64.b64encode(bytes(range(32))).decode()}})
    assert "another key than it says" in refused(handle)
    vault.instead = Answer(200, {"data": {"plaintext": base64.b64encode(bytes(31)).decode()}})
    assert "too short" in refused(handle)


@pytest.mark.parametrize(("answer", "said"), [
    (Answer(403, {"errors": [SAID]}), "does not allow it"),
    (Answer(404, {"errors": [SAID]}), "knows no such key"),
    (Answer(503, {"errors": [SAID]}), "sealed"),
    (Answer(500, {"errors": [SAID]}), "did not answer as it should"),
    (Answer(418, SAID.encode()), "did not answer as it should"),
    (Answer(200, SAID.encode()), "did not answer as it should"),
    (Answer(200, b""), "did not answer as it should"),
    (Answer(204, b""), "did not answer as it should"),
    (Answer(200, [SAID]), "did not answer as it should"),
    (Answer(200, {"data": {"plaintext": SAID}}), "did not answer as it should"),
    (Answer(200, {"data": {"plaintext": None}}), "did not answer as it should"),
    (Answer(200, {"data": {"ciphertext": SAID}}), "did not answer as it should"),
    (Answer(307, b"", (("Location", "http://127.0.0.1:9/"),)), "did not answer as it should"),
], ids=lambda v: v if isinstance(v, str) else str(v.status))
def test_answers_that_are_none(handle, vault, answer, said):
    vault.instead = answer
    assert said in refused(handle)
    assert len(vault.requests) == 1, "no second try, and no redirect followed"


def test_a_service_that_wraps_something_else(vault, tmp_path):
    key = base64.b64encode(bytes(range(32))).decode()
    vault.instead = Answer(200, {"data": {"ciphertext": "vault:v1:AAAA", "plaintext": key}})
    with pytest.raises(SetupError, match="unwraps something else"):
        create(f"vault-transit:transit/lake#{tmp_path / 'root.json'}")
    vault.instead = Answer(400, {"errors": [SAID]})
    with pytest.raises(SetupError, match="does not wrap with this key"):
        create(f"vault-transit:transit/lake#{tmp_path / 'root.json'}")
    assert not list(tmp_path.iterdir())


def test_nothing_of_an_answer_is_logged(handle, vault, caplog):
    caplog.set_level(logging.DEBUG)
    resolve(handle)
    plain = vault.answer(vault.requests[-1]).body["data"]["plaintext"]
    assert plain not in caplog.text
    assert logging.getLogger("hvac").level == logging.NOTSET


def test_another_token(handle, monkeypatch):
    monkeypatch.setenv("VAULT_TOKEN", "hvs.another")
    assert "does not allow it" in refused(handle)


def test_a_server_that_is_down(handle, monkeypatch):
    with serving(Transit(TOKEN)) as address:
        pass
    monkeypatch.setenv("VAULT_ADDR", address)
    assert "cannot be reached" in refused(handle)


def test_a_server_that_does_not_answer(handle, monkeypatch):
    monkeypatch.setattr(vault_transit, "TIMEOUT", 0.05)
    with serving(lambda _: time.sleep(0.2) or Answer(200, {})) as address:
        monkeypatch.setenv("VAULT_ADDR", address)
        assert "cannot be reached" in refused(handle)


def test_who_asks_and_where_must_be_said(handle, vault, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("VAULT_TOKEN")
    assert "who asks Vault" in refused(handle)
    monkeypatch.delenv("VAULT_ADDR")
    assert "where Vault is" in refused(handle)
    assert not vault.requests


@pytest.mark.parametrize("address", [
    "http://vault.example.org:8200", "http://192.0.2.7", "http://localhost.example.org", "vault.example.org", "ftp://127.0.0.1",
    "http://127.0.0.1@vault.example.org", "http://[::1", "http://",
])
def test_plain_http_to_another_host_is_refused(handle, vault, monkeypatch, address):
    monkeypatch.setenv("VAULT_ADDR", address)
    assert "without TLS" in refused(handle)
    assert not vault.requests


def test_a_certificate_that_nobody_signed(handle, tmp_path, monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    transit = Transit(TOKEN, "transit/lake")
    with serving(transit, tls=context) as address:
        monkeypatch.setenv("VAULT_ADDR", address)
        assert "no certificate that is trusted" in refused(handle)
    assert not transit.requests


def self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    signed = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
              .serial_number(1).not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
              .sign(key, hashes.SHA256()))
    pem = folder / "server.pem"
    pem.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return pem
