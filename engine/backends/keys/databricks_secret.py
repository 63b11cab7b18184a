"""``databricks-secret:SCOPE/KEY``: the root key is a secret of a Databricks workspace, as text.

The SDK's unified authentication finds host and credentials: DATABRICKS_HOST and DATABRICKS_TOKEN, a profile, a service principal.
Where DATABRICKS_RUNTIME_VERSION is set, as on a cluster, it asks the runtime for those of the job, if nothing else is configured.
The API's reference says that a workspace may refuse the call to users outside of a notebook.

Source: databricks-sdk, ``service/workspace.py`` (GET /api/2.0/secrets/get, READ on the scope) and ``credentials_provider.py``;
``dbutils.py`` reads the answer's ``value`` as base64, and so do we.
"""

from __future__ import annotations

import base64
import os

from engine.backends.keys.root import RootKey, from_text
from engine.backends.keys.services import REFUSED, TIMEOUT, asking, library, refuse_plain

_SERVICE = "the Databricks workspace"
_RETRIES = 2
"""Seconds in which an attempt that met no server is made again."""

_TOLD = {
    "NotFound": ("has no such secret, or no such scope", "look at the handle: databricks secrets list-secrets SCOPE"),
    "PermissionDenied": REFUSED, "Unauthenticated": REFUSED, "BadRequest": REFUSED,
}
_UNCONFIGURED = {"ValueError": ("cannot be asked: no host or no credentials are configured",
                                "set DATABRICKS_HOST and DATABRICKS_TOKEN, or another of the SDK's ways to authenticate")}


def resolve(name: str, handle: str) -> RootKey:
    """Asks the workspace for a secret.

    Raises:
        SetupError: If the workspace cannot be asked, has no such secret, does not show it, or it holds no key.
    """
    scope, _, key = name.partition("/")
    sdk = library("databricks.sdk", "databricks", handle)
    core = library("databricks.sdk.core", "databricks", handle)
    named = os.environ.get("DATABRICKS_HOST", "")
    if "://" in named:
        refuse_plain(named, _SERVICE, handle)
    with asking(_SERVICE, handle, _UNCONFIGURED, "databricks.sdk"):
        config = core.Config(http_timeout_seconds=TIMEOUT, retry_timeout_seconds=_RETRIES)
    refuse_plain(config.host or "", _SERVICE, handle)  # a profile's host is known only now
    with asking(_SERVICE, handle, _TOLD, "databricks.sdk"):
        answer = sdk.WorkspaceClient(config=config).secrets.get_secret(scope=scope, key=key)
        text = base64.b64decode(answer.value, validate=True).decode("ascii")
    return from_text(text, handle)
