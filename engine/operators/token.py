"""token: one-way keyed tokens that join within a domain."""

from __future__ import annotations

import pyarrow as pa

from engine.operators.base import KEY_ID, Context, Effect, KernelCall, KeyRef
from engine.operators.columns import is_scalar, require
from engine.operators.own_keys import inputs, is_own, wrapping_of
from schemas.policy.operators import Token


class TokenOperator:
    """HMAC-SHA-256 under the domain's subkey. Pseudonymous: who holds the key can test guesses."""

    name = "token"

    def effect(self, parameters: Token) -> Effect:
        """Returns what is left of a value."""
        if is_own(parameters.key):
            return Effect(f"a one-way token under the subject's own key; equal values of one subject in domain "
                          f"{parameters.domain} stay equal until it is forgotten", reversible=False, linkable=True)
        return Effect(f"a one-way token; equal values in domain {parameters.domain} stay equal", reversible=False, linkable=True)

    def call(self, parameters: Token, context: Context) -> KernelCall:
        """Returns a call of ``token`` under the subkey ``lakeveil/v1/token/<domain>``, with a later version's number after it.

        Raises:
            PolicyError: If the column is nested, a time of day or a duration.
        """
        require(self.name, context, is_scalar, "strings, bytes, numbers, booleans, dates, timestamps", "drop the column")
        output = pa.int64() if parameters.form == "integer" else pa.string()
        if is_own(parameters.key):
            first, second = wrapping_of(context)
            return KernelCall("token_of_subject", inputs(context), output, (
                ("domain", parameters.domain), ("form", parameters.form), ("version", parameters.version)),
                first, (("second", second),))
        key = KeyRef(parameters.key, f"lakeveil/v1/token/{parameters.domain}").of_version(parameters.version)
        tagged = (("key_id", KeyRef(parameters.key, KEY_ID)),) if parameters.form == "tagged" else ()
        return KernelCall("token", (context.column,), output, (
            ("form", parameters.form), ("version", parameters.version)), key, tagged)
