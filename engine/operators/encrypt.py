"""encrypt: reversible tokens, which who holds the key can open."""

from __future__ import annotations

import pyarrow as pa

from engine.operators.base import KEY_ID, Context, Effect, KernelCall, KeyRef
from engine.operators.columns import is_scalar, require
from engine.operators.own_keys import inputs, is_own, wrapping_of
from schemas.policy.operators import Encrypt


class EncryptOperator:
    """AES-SIV over the canonical value. Pseudonymous, and reversible by design."""

    name = "encrypt"

    def effect(self, parameters: Encrypt) -> Effect:
        """Returns what is left of a value."""
        if is_own(parameters.key):
            return Effect("a token that the subject's own key opens again, until it is forgotten; equal values of one subject "
                          "stay equal", reversible=True, linkable=True)
        return Effect("a token that the key opens again; equal values of the column stay equal", reversible=True, linkable=True)

    def call(self, parameters: Encrypt, context: Context) -> KernelCall:
        """Returns a call of ``encrypt`` under the subkey ``lakeveil/v1/encrypt/<domain>``, in two halves.

        Raises:
            PolicyError: If the column is nested, a time of day or a duration.
        """
        require(self.name, context, is_scalar, "strings, bytes, numbers, booleans, dates, timestamps", "drop the column")
        params = ("column", context.column), ("domain", parameters.domain), ("version", parameters.version)
        if is_own(parameters.key):
            first, second = wrapping_of(context)
            return KernelCall("encrypt_of_subject", inputs(context), pa.string(), params, first, (("second", second),))
        first, second = subkeys(parameters)
        return KernelCall("encrypt", (context.column,), pa.string(), params, first,
                          (("second", second), ("key_id", KeyRef(parameters.key, KEY_ID))))


def subkeys(parameters: Encrypt) -> tuple[KeyRef, KeyRef]:
    """Returns what authenticates and what encrypts under a domain's key: AES-256-SIV takes 64 bytes."""
    first = KeyRef(parameters.key, f"lakeveil/v1/encrypt/{parameters.domain}").of_version(parameters.version)
    return first, KeyRef(first.handle, f"{first.info}/second")
