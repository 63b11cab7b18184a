"""Small servers on this machine that hold to what two services document. Recorded contracts, and not the products.

Each keeps the requests it got, so that tests can hold them against the documentation: Vault's transit engine
(POST /v1/MOUNT/encrypt/KEY and /decrypt/KEY, the token in X-Vault-Token, base64 in ``plaintext`` and ``associated_data``,
``vault:v1:`` before a ciphertext) and Databricks' secrets (GET /api/2.0/secrets/get?scope=&key=, a bearer, base64 in ``value``).
"""

from __future__ import annotations

import base64
import json
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Request(NamedTuple):
    method: str
    path: str
    query: dict
    headers: dict
    body: dict


class Answer(NamedTuple):
    status: int
    body: dict | bytes
    headers: tuple[tuple[str, str], ...] = ()


@contextmanager
def serving(answer: Callable[[Request], Answer], tls=None) -> Iterator[str]:
    """Serves on a free port of this machine; yields the address."""
    class Handler(BaseHTTPRequestHandler):
        def _serve(self):
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found = answer(Request(self.command, parts.path, dict(parse_qsl(parts.query)), dict(self.headers),
                                   json.loads(raw) if raw else {}))
            body = found.body if isinstance(found.body, bytes) else json.dumps(found.body).encode()
            self.send_response(found.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            for name, value in found.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = _serve  # noqa: N815 - the library's names

        def log_message(self, *_):
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # a client that has gone is no news
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Recorder(ABC):
    """Answers, and keeps what was asked.

    Attributes:
        requests: What was asked, in order.
        instead: What is answered instead, whatever is asked, or None.
    """

    def __init__(self):
        self.requests: list[Request] = []
        self.instead: Answer | None = None

    def __call__(self, request: Request) -> Answer:
        self.requests.append(request)
        return self.instead or self.answer(request)

    @abstractmethod
    def answer(self, request: Request) -> Answer:
        """Returns what the service says."""


class Transit(Recorder):
    """Vault's transit engine with keys of type aes256-gcm96."""

    def __init__(self, token: str, *keys: str):
        super().__init__()
        self._token = token
        self._keys = {key: AESGCM(os.urandom(32)) for key in keys}

    def answer(self, request: Request) -> Answer:
        if request.headers.get("X-Vault-Token") != self._token:
            return Answer(403, {"errors": ["permission denied"]})
        mount, _, name = request.path.removeprefix("/v1/").rpartition("/")
        mount, _, action = mount.rpartition("/")
        aead = self._keys.get(f"{mount}/{name}")
        if aead is None or request.method != "POST":
            return Answer(404, {"errors": []})
        data = base64.b64decode(request.body.get("associated_data", ""))
        if action == "encrypt":
            nonce = os.urandom(12)
            sealed = nonce + aead.encrypt(nonce, base64.b64decode(request.body["plaintext"]), data)
            return Answer(200, {"data": {"ciphertext": f"vault:v1:{base64.b64encode(sealed).decode()}", "key_version": 1}})
        try:
            sealed = base64.b64decode(request.body["ciphertext"].removeprefix("vault:v1:"))
            plain = aead.decrypt(sealed[:12], sealed[12:], data)
        except (InvalidTag, ValueError):
            return Answer(400, {"errors": ["cipher: message authentication failed"]})
        return Answer(200, {"data": {"plaintext": base64.b64encode(plain).decode()}})


class Secrets(Recorder):
    """Databricks' secrets: one workspace, one user."""

    def __init__(self, token: str, secrets: dict[tuple[str, str], str]):
        super().__init__()
        self._token = token
        self._secrets = secrets

    def answer(self, request: Request) -> Answer:
        if request.path == "/.well-known/databricks-config":
            return Answer(404, {"error_code": "ENDPOINT_NOT_FOUND", "message": "no such endpoint"})
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            return Answer(403, {"error_code": "PERMISSION_DENIED", "message": "no READ on the scope"})
        text = self._secrets.get((request.query.get("scope"), request.query.get("key")))
        if request.path != "/api/2.0/secrets/get" or request.method != "GET" or text is None:
            return Answer(404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such secret"})
        return Answer(200, {"key": request.query["key"], "value": base64.b64encode(text.encode()).decode()})
