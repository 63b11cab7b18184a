"""How a policy names a key: by where it is, never by what it is."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

KEY_SCHEMES = ("env", "file")


def _key_handle(handle: str) -> str:
    scheme, _, rest = handle.partition(":")
    if scheme not in KEY_SCHEMES or not rest:
        allowed = " or ".join(f"'{s}:NAME'" for s in KEY_SCHEMES)
        msg = f"a key is named by a handle, {allowed}; a secret itself is never written in a policy"
        raise ValueError(msg)
    return handle


KeyHandle = Annotated[str, AfterValidator(_key_handle), Field(
    description="Reference to a secret of at least 32 bytes: env:NAME or file:PATH. Never the secret itself.",
    json_schema_extra={"pattern": f"^({'|'.join(KEY_SCHEMES)}):."})]
