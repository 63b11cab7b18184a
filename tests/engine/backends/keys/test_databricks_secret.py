"""databricks-secret: the SDK against a recorded contract on this machine (``loopback.Secrets``), not against a workspace."""

from __future__ import annotations

import base64
import json
import logging
import time

import pytest

from engine.backends.keys import Checked, check, create, databricks_secret, resolve
from engine.errors import PolicyError, SetupError
from tests.engine.backends.keys.loopback import Answer, Secrets, serving

pytest.importorskip("databricks.sdk", reason="databricks-sdk is not installed: pip install 'lakeveil[databricks]'")
pytestmark = pytest.mark.slow

HANDLE = "databricks-secret:lake-keys/root.2026"
ROOT = bytes(range(60, 92)).hex()
TOKEN = "test-token"  # noqa: S105 - opens nothing
SAID = "what the server answered"


@pytest.fixture
def workspace(monkeypatch, tmp_path):
    secrets = Secrets(TOKEN, {("lake-keys", "root.2026"): ROOT + "\n", ("lake-keys", "short"): "ab" * 31,
                              ("lake-keys", "words"): "a password, not a key", ("lake-keys", "signs"): "é" * 64})
    for name in ("DATABRICKS_CONFIG_PROFILE", "DATABRICKS_AUTH_TYPE", "DATABRICKS_CLIENT_ID", "DATABRICKS_RUNTIME_VERSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("DATABRICKS_TOKEN", TOKEN)
    with serving(secrets) as address:
        monkeypatch.setenv("DATABRICKS_HOST", address)
        yield secrets


def refused(handle: str = HANDLE) -> str:
    with pytest.raises(SetupError) as error:
        resolve(handle)
    shown = json.dumps(error.value.as_dict(), ensure_ascii=False)
    assert handle in shown
    assert not any(secret in shown for secret in (SAID, TOKEN, ROOT, "password", "ab" * 31))
    assert error.value.__suppress_context__ or error.value.__context__ is None
    return error.value.render()


def test_a_secret_is_a_key(workspace, monkeypatch):
    monkeypatch.setenv("SAME_KEY", ROOT)
    assert resolve(HANDLE).derive("x") == resolve("env:SAME_KEY").derive("x")
    assert check(HANDLE) == Checked(HANDLE, "databricks-secret", resolve("env:SAME_KEY").key_id)


def test_the_request_is_as_documented(workspace):
    resolve(HANDLE)
    request = workspace.requests[-1]
    assert (request.method, request.path) == ("GET", "/api/2.0/secrets/get")
    assert request.query == {"scope": "lake-keys", "key": "root.2026"}
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert all("Authorization" not in other.headers for other in workspace.requests[:-1]), "the token goes to the API alone"


@pytest.mark.parametrize(("key", "said"), [
    ("short", "too short"), ("words", "neither hexadecimal nor base64"), ("signs", "did not answer as it should"),
    ("absent", "no such secret"),
])
def test_secrets_that_are_no_keys(workspace, key, said):
    assert said in refused(f"databricks-secret:lake-keys/{key}")


@pytest.mark.parametrize(("answer", "said"), [
    (Answer(403, {"error_code": "PERMISSION_DENIED", "message": SAID}), "does not allow it"),
    (Answer(401, {"error_code": "UNAUTHENTICATED", "message": SAID}), "does not allow it"),
    (Answer(400, {"error_code": "BAD_REQUEST", "message": SAID}), "does not allow it"),
    (Answer(404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": SAID}), "no such secret"),
    (Answer(500, {"error_code": "INTERNAL_ERROR", "message": SAID}), "did not answer as it should"),
    (Answer(200, SAID.encode()), "did not answer as it should"),
    (Answer(200, b""), "did not answer as it should"),
    (Answer(200, [SAID]), "did not answer as it should"),
    (Answer(200, {"key": "root.2026", "value": SAID}), "did not answer as it should"),
    (Answer(200, {"key": "root.2026", "value": 7}), "did not answer as it should"),
    (Answer(200, {"key": "root.2026"}), "did not answer as it should"),
    (Answer(200, {"key": "root.2026", "value": base64.b64encode(b"\xff" * 40).decode()}), "did not answer as it should"),
], ids=lambda v: v if isinstance(v, str) else f"{v.status} {v.body}")
def test_answers_that_are_none(workspace, answer, said):
    workspace.instead = answer
    assert said in refused()


def test_nothing_of_an_answer_is_logged(workspace, caplog):
    caplog.set_level(logging.DEBUG)
    resolve(HANDLE)
    workspace.instead = Answer(500, {"message": SAID})
    refused()
    assert base64.b64encode(f"{ROOT}\n".encode()).decode() not in caplog.text
    assert SAID not in caplog.text


def test_another_token(workspace, monkeypatch):
    monkeypatch.setenv("DATABRICKS_TOKEN", "another")
    assert "does not allow it" in refused()


def test_a_server_that_is_down(workspace, monkeypatch):
    with serving(Secrets(TOKEN, {})) as address:
        pass
    monkeypatch.setenv("DATABRICKS_HOST", address)
    assert "cannot be reached" in refused()


def test_a_server_that_does_not_answer(workspace, monkeypatch):
    monkeypatch.setattr(databricks_secret, "TIMEOUT", 0.05)
    with serving(lambda _: time.sleep(0.2) or Answer(200, {})) as address:
        monkeypatch.setenv("DATABRICKS_HOST", address)
        assert "cannot be reached" in refused()


def test_nothing_configured(workspace, monkeypatch):
    monkeypatch.delenv("DATABRICKS_HOST")
    monkeypatch.delenv("DATABRICKS_TOKEN")
    assert "no host or no credentials" in refused()
    assert not workspace.requests


def test_plain_http_to_another_host_is_refused(workspace, monkeypatch, tmp_path):
    monkeypatch.setenv("DATABRICKS_HOST", "http://workspace.example.org")
    assert "without TLS" in refused()
    (tmp_path / "none").write_text("[DEFAULT]\nhost = http://workspace.invalid\ntoken = x\n")
    monkeypatch.delenv("DATABRICKS_HOST")
    monkeypatch.delenv("DATABRICKS_TOKEN")
    assert "without TLS" in refused()


def test_secrets_are_made_by_databricks_own_tools(workspace):
    with pytest.raises(PolicyError, match="put-secret"):
        create(HANDLE)
    assert not workspace.requests
