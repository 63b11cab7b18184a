"""encrypt: reversible tokens, which who holds the key can open."""

from __future__ import annotations

import pyarrow as pa

from engine.operators.base import KEY_ID, Context, Effect, KernelCall, KeyRef
from engine.operators.columns import is_scalar, require
from schemas.policy.operators import Encrypt


class EncryptOperator:
    """AES-SIV over the canonical value. Pseudonymous, and reversible by design."""

    name = "encrypt"

    def effect(self, parameters: Encrypt) -> Effect:  # noqa: ARG002 - the signature of an operator
        """Returns what is left of a value."""
        return Effect("a token that the key opens again; equal values of the column stay equal", reversible=True, linkable=True)

    def call(self, parameters: Encrypt, context: Context) -> KernelCall:
        """Returns a call of ``encrypt`` under the subkey ``lakeveil/v1/encrypt/<domain>``, in two halves.

        Raises:
            PolicyError: If the column is nested, a time of day or a duration.
        """
        require(self.name, context, is_scalar, "strings, bytes, numbers, booleans, dates, timestamps", "drop the column")
        halves = subkeys(parameters)
        return KernelCall("encrypt", (context.column,), pa.string(), (
            ("column", context.column), ("domain", parameters.domain), ("version", parameters.version),
        ), halves[0], (("second", halves[1]), ("key_id", KeyRef(parameters.key, KEY_ID))))


def subkeys(parameters: Encrypt) -> tuple[KeyRef, KeyRef]:
    """Returns what authenticates and what encrypts under a domain's key: AES-256-SIV takes 64 bytes."""
    first = KeyRef(parameters.key, f"lakeveil/v1/encrypt/{parameters.domain}").of_version(parameters.version)
    return first, KeyRef(first.handle, f"{first.info}/second")
