"""aws-kms: over HTTP against moto's server on this machine, with a real client, real signatures and real ciphertexts."""

from __future__ import annotations

import base64
import json
import logging
import time

import pytest

from engine.backends.keys import Checked, aws_kms, check, create, resolve
from engine.errors import InputError, SetupError
from tests.engine.backends.keys.loopback import Answer, serving

boto3 = pytest.importorskip("boto3", reason="boto3 is not installed: pip install 'lakeveil[aws]'")
pytestmark = pytest.mark.slow

SAID = "what the server answered"
VARIABLES = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_KMS", "AWS_REGION", "AWS_DEFAULT_REGION",
             "AWS_CA_BUNDLE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")


@pytest.fixture(scope="module")
def kms():
    server = pytest.importorskip("moto.server", reason="moto is not installed").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, tmp_path, kms):
    """AWS's standard variables, and no file of whoever runs the tests."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in (("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_REGION", "eu-central-1"),
                        ("AWS_DEFAULT_REGION", "eu-central-1"), ("AWS_ENDPOINT_URL_KMS", kms),
                        ("AWS_EC2_METADATA_DISABLED", "true"),
                        ("AWS_CONFIG_FILE", str(tmp_path / "no")), ("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no"))):
        monkeypatch.setenv(name, value)


@pytest.fixture
def client(surroundings):
    return boto3.session.Session().client("kms")


@pytest.fixture
def key(client) -> dict:
    return client.create_key()["KeyMetadata"]


@pytest.fixture
def handle(key, tmp_path) -> str:
    handle = f"aws-kms:{key['KeyId']}#{tmp_path / 'root.json'}"
    create(handle)
    return handle


def refused(handle: str) -> str:
    with pytest.raises(SetupError) as error:
        resolve(handle)
    assert handle in error.value.render()
    assert SAID not in json.dumps(error.value.as_dict())
    assert error.value.__suppress_context__ or error.value.__context__ is None
    return error.value.render()


def test_by_id_by_arn_and_by_alias(key, client, tmp_path):
    client.create_alias(AliasName="alias/lakeveil-test", TargetKeyId=key["KeyId"])
    made = create(f"aws-kms:alias/lakeveil-test#{tmp_path / 'root.json'}")
    for name in ("alias/lakeveil-test", key["KeyId"], key["Arn"]):
        handle = f"aws-kms:{name}#{tmp_path / 'root.json'}"
        assert check(handle) == Checked(handle, "aws-kms", made.key_id)
    assert (tmp_path / "root.json").stat().st_mode & 0o777 == 0o600
    with pytest.raises(InputError, match="never written over"):
        create(made.handle)


def test_the_envelope_is_the_services_own(key, client, handle, tmp_path):
    """Whoever may use the key can open an envelope without Lakeveil: with the context that stands in it."""
    envelope = json.loads((tmp_path / "root.json").read_text())
    opened = client.decrypt(KeyId=key["KeyId"], CiphertextBlob=base64.b64decode(envelope["wrapped"]),
                            EncryptionContext=envelope["context"])
    (tmp_path / "plain").write_text(opened["Plaintext"].hex())
    (tmp_path / "plain").chmod(0o600)
    assert resolve(f"file:{tmp_path / 'plain'}").derive("x") == resolve(handle).derive("x")
    assert opened["Plaintext"].hex() not in (tmp_path / "root.json").read_text()


def test_an_arn_brings_its_region(key, handle, tmp_path, monkeypatch):
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert "there is no region" in refused(handle)
    assert resolve(handle.replace(key["KeyId"], key["Arn"]))


def test_the_handle_chooses_the_key_and_the_file_does_not(handle, key, client, tmp_path):
    """KMS says IncorrectKeyException of another key; moto says AccessDeniedException. Both are refused."""
    other = client.create_key()["KeyMetadata"]["KeyId"]
    refused(handle.replace(key["KeyId"], other))
    path = tmp_path / "root.json"
    path.write_text(path.read_text().replace(key["KeyId"], other))
    assert resolve(handle)


def test_an_envelope_of_a_key_that_the_handle_does_not_name(handle, key, client, tmp_path):
    """Who can write the file, and has a key of their own, gets no root key of theirs used."""
    theirs = client.create_key()["KeyMetadata"]["KeyId"]
    path = tmp_path / "root.json"
    path.unlink()
    create(f"aws-kms:{theirs}#{path}")
    refused(handle)


@pytest.mark.parametrize("change", ["wrapped", "context"])
def test_an_altered_envelope_does_not_open(handle, tmp_path, change):
    path = tmp_path / "root.json"
    envelope = json.loads(path.read_text())
    if change == "context":
        envelope["context"]["key_id"] = "00000000"
    else:
        wrapped = bytearray(base64.b64decode(envelope["wrapped"]))
        wrapped[-1] ^= 1
        envelope["wrapped"] = base64.b64encode(wrapped).decode()
    path.write_text(json.dumps(envelope))
    assert "did not unwrap it" in refused(handle)


def test_what_was_encrypted_for_something_else_is_no_root_key(key, client, handle, tmp_path):
    path = tmp_path / "root.json"
    other = client.encrypt(KeyId=key["KeyId"], Plaintext=bytes(32), EncryptionContext={"purpose": "reports"})["CiphertextBlob"]
    path.write_text(json.dumps(json.loads(path.read_text()) | {"wrapped": base64.b64encode(other).decode()}))
    assert "did not unwrap it" in refused(handle)


def test_a_short_key(key, client, handle, tmp_path):
    path = tmp_path / "root.json"
    envelope = json.loads(path.read_text())
    short = client.encrypt(KeyId=key["KeyId"], Plaintext=bytes(31), EncryptionContext=envelope["context"])["CiphertextBlob"]
    path.write_text(json.dumps(envelope | {"wrapped": base64.b64encode(short).decode()}))
    assert "too short" in refused(handle)


def test_keys_that_are_not_there_or_disabled(key, client, handle):
    assert "knows no such key" in refused(handle.replace(key["KeyId"], "alias/none"))
    assert "knows no such key" in refused(handle.replace(key["KeyId"], key["KeyId"][::-1]))
    assert "cannot be opened" in refused(handle + ".absent")


@pytest.mark.parametrize(("code", "said"), [
    ("IncorrectKeyException", "did not unwrap it"), ("AccessDeniedException", "does not allow it"),
    ("DisabledException", "disabled this key"), ("KMSInvalidStateException", "disabled this key"),
    ("ExpiredTokenException", "does not allow it"), ("ValidationException", "does not take the request"),
    *((code, "did not answer as it should") for code in (f"{SAID}Exception", 7, [SAID], {SAID: SAID}, None)),
], ids=str)
def test_errors_of_the_service(handle, monkeypatch, code, said):
    body = {"__type": code, "message": SAID}
    with serving(lambda _: Answer(400, body)) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", address)
        assert said in refused(handle)


@pytest.mark.parametrize("answer", [
    Answer(200, SAID.encode()), Answer(200, b""), Answer(200, {}), Answer(200, {"Plaintext": 7}), Answer(200, {"Plaintext": "%"}),
    Answer(200, [SAID]), Answer(404, SAID.encode()), Answer(302, b"", (("Location", "http://127.0.0.1:9/"),)),
], ids=lambda v: f"{v.status} {v.body}")
def test_garbage(handle, monkeypatch, answer):
    with serving(lambda _: answer) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", address)
        refused(handle)


def test_a_server_that_is_down(handle, monkeypatch):
    with serving(lambda _: Answer(200, {})) as address:
        pass
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", address)
    assert "cannot be reached" in refused(handle)


def test_a_server_that_does_not_answer(handle, monkeypatch):
    monkeypatch.setattr(aws_kms, "TIMEOUT", 0.05)
    with serving(lambda _: time.sleep(0.2) or Answer(200, {})) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", address)
        assert "cannot be reached" in refused(handle)


def test_no_credentials(handle, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "no credentials" in refused(handle)


def test_plain_http_to_another_host_is_refused(handle, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://kms.example.org")
    assert "without TLS" in refused(handle)


def test_nothing_of_an_answer_is_logged(handle, key, client, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    resolve(handle)
    logged = caplog.text
    caplog.clear()
    envelope = json.loads((tmp_path / "root.json").read_text())
    opened = client.decrypt(KeyId=key["KeyId"], CiphertextBlob=base64.b64decode(envelope["wrapped"]),
                            EncryptionContext=envelope["context"])
    plain = base64.b64encode(opened["Plaintext"]).decode()
    assert plain in caplog.text, "else the test says nothing: boto3 does log answers"
    assert plain not in logged


def test_wrapping_serves_other_secrets_too(key):
    kms = aws_kms.Kms(key["KeyId"], "aws-kms:x#y")
    wrapped = kms.wrap(b"a secret", {"of": "somebody"})
    assert kms.unwrap(wrapped, {"of": "somebody"}) == b"a secret"
    with pytest.raises(SetupError, match="did not unwrap it"):
        kms.unwrap(wrapped, {"of": "another"})
