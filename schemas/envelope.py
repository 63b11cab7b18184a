"""A root key, wrapped by a service that lets nobody see the key it wraps with. What stands in the file that a handle names."""

from __future__ import annotations

import base64
from typing import Literal

from pydantic import Field

from schemas.base import Record

Service = Literal["aws-kms", "vault-transit"]
"""What wraps root keys."""


class EnvelopeContext(Record):
    """What the service authenticates with the wrapped bytes, and may write into its log: nothing secret.

    Whatever else was encrypted under the same key has another context, and is no root key.
    """

    application: Literal["lakeveil"] = "lakeveil"
    purpose: Literal["root-key"] = "root-key"
    key_id: str = Field(pattern="^[0-9a-f]{8}$", description="The root key's identifier, as tokens show it.")


class Envelope(Record):
    """A wrapped root key. Whoever has the file alone has nothing."""

    version: Literal[1] = 1
    wrapped_by: Service
    key: str = Field(description="Which key of the service wrapped it, for people: what unwraps it is the handle's to say.")
    context: EnvelopeContext
    wrapped: str = Field(pattern="^[A-Za-z0-9+/]+={0,2}$", description="Base64 of what the service answered.")

    @property
    def wrapped_bytes(self) -> bytes:
        """What the service answered.

        Raises:
            ValueError: If it is no base64.
        """
        return base64.b64decode(self.wrapped, validate=True)
