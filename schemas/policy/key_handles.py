"""How a key is named: by a handle, which says what kind of place it is in and where. Never the key itself."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

_FILE = r"[^#\n]+"
_AWS = r"(arn:[a-z\-]+:kms:[a-z0-9\-]+:[0-9]+:)?[A-Za-z0-9/_\-]+"
_PART = r"[A-Za-z0-9_][A-Za-z0-9_.\-]*"
_VAULT = rf"{_PART}(/{_PART})+"
_SECRET = r"[A-Za-z0-9_.@\-]+"  # noqa: S105 - what a secret's name is made of

WRITTEN = {
    "env": ("env:NAME",), "file": ("file:PATH",), "databricks-secret": ("databricks-secret:SCOPE/KEY",),
    "aws-kms": ("aws-kms:KEY#FILE",), "vault-transit": ("vault-transit:MOUNT/KEY#FILE",),
    "tink": ("tink:FILE", "tink:aws-kms:KEY#FILE", "tink:vault-transit:MOUNT/KEY#FILE"),
}
"""Kind of handle → how it is written. ``#ID`` after one of Tink's names one key of several."""

KEY_SCHEMES = tuple(WRITTEN)
ALLOWED = ", ".join(form for forms in WRITTEN.values() for form in forms)

_FORMS = {
    "env": r"[^=\s]+", "file": r".+", "databricks-secret": f"{_SECRET}/{_SECRET}", "aws-kms": f"{_AWS}#{_FILE}",
    "vault-transit": f"{_VAULT}#{_FILE}",
    "tink": rf"(aws-kms:{_AWS}#|vault-transit:{_VAULT}#|(?!aws-kms:|vault-transit:)){_FILE}(#[0-9]+)?",
}
HANDLE = f"^({'|'.join(f'{scheme}:{form}' for scheme, form in _FORMS.items())})$"
"""What a handle looks like, for Python and for JSON Schema."""

MATERIAL = (r"(^|[:#]|^databricks-secret:.*/)(0x)?[0-9A-Fa-f]{32,}($|#)"
            r"|^(env:|(file|tink):(?![/.~]))(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9+/_\-]{42,}={0,2}$|[A-Za-z0-9+/]{43}=|\{"
            r"|(?=[A-Za-z0-9+/_\-]{42})(?=(?:[a-z0-9+/_\-]*[A-Z]){4})(?=(?:[A-Za-z0-9+/_\-]*?[a-z][A-Z0-9]){3})"
            r"(?:[A-Za-z0-9+/_\-]*?(?:[A-Z][A-Z0-9]|[0-9][A-Za-z])){6}")
"""What looks like a key where only its name may stand: 32 or more hexadecimal digits, base64 of 32 bytes, or JSON.

Base64 is told from a path of as many signs by what stands beside each other: capitals beside capitals or digits, and digits
before letters, are more than ten in 43 random signs (fewer than six in one key of sixty), seldom two in a path.
"""


def key_handle(handle: str) -> str:
    """Returns the handle.

    Raises:
        ValueError: If it is none, or holds what looks like a key. The message does not show it.
    """
    scheme = handle.partition(":")[0]
    if re.search(MATERIAL, handle):
        msg = ("a key's handle holds what looks like a key itself; a secret is never written in a policy. If it is one, exchange "
               "it; a file of such a name is written file:./NAME")
        raise ValueError(msg)
    if not re.search(HANDLE, handle) or "\n" in handle:
        of_kind = " or ".join(WRITTEN.get(scheme, ()))
        msg = f"a key is named by a handle, {of_kind or ALLOWED}; a secret itself is never written in a policy"
        raise ValueError(msg)
    return handle


KeyHandle = Annotated[str, AfterValidator(key_handle), Field(
    description=f"Reference to a secret of at least 32 bytes: {ALLOWED}. Never the secret itself.",
    json_schema_extra={"pattern": HANDLE, "not": {"pattern": MATERIAL}})]

def is_handle(text: str) -> bool:
    """Whether a text names a key, and holds none."""
    try:
        key_handle(text)
    except ValueError:
        return False
    return True


OF_SUBJECT = "subject"
"""In place of a key handle: the key of the row's own subject."""


def _own_key(handle: str) -> str:
    return handle if handle == OF_SUBJECT else key_handle(handle)


OwnKeyHandle = Annotated[str, AfterValidator(_own_key), Field(
    description=f"As a key handle ({ALLOWED}); or 'subject': a key for each subject, from subject_keys; each can be forgotten.",
    json_schema_extra={"pattern": f"^{OF_SUBJECT}$|{HANDLE}", "not": {"pattern": MATERIAL}})]
