"""encrypt_format: reversible, and of the same length and alphabet."""

from __future__ import annotations

import pyarrow as pa
from pyarrow import types

from engine.operators.base import Context, Effect, KernelCall, KeyRef
from engine.operators.columns import is_text, require, value_type
from schemas.policy.operators import EncryptFormat


class EncryptFormatOperator:
    """FF1. Pseudonymous, and reversible by design."""

    name = "encrypt_format"

    def effect(self, parameters: EncryptFormat) -> Effect:
        """Returns what is left of a value."""
        return Effect(f"a value of the same form ({parameters.alphabet}; other signs stay as they are) that the key turns back; "
                      "equal values of the column stay equal", reversible=True, linkable=True)

    def call(self, parameters: EncryptFormat, context: Context) -> KernelCall:
        """Returns a call of ``encrypt_format`` under the subkey ``lakeveil/v1/encrypt_format/<domain>``.

        Raises:
            PolicyError: If the column holds neither strings nor whole numbers.
        """
        require(self.name, context, _has_signs, "strings, integers, decimals of scale 0", "use encrypt or token for other types")
        key = subkey_of(parameters)
        return KernelCall("encrypt_format", (context.column,), pa.string(), (
            ("alphabet", parameters.signs), ("column", context.column), ("domain", parameters.domain),
            ("others", parameters.others), ("short", parameters.short)), key)


def _has_signs(kind: pa.DataType) -> bool:
    plain = value_type(kind)
    return is_text(kind) or types.is_integer(plain) or (types.is_decimal(plain) and plain.scale == 0)


def subkey_of(parameters: EncryptFormat) -> KeyRef:
    """Returns what encrypts under a domain's key."""
    return KeyRef(parameters.key, f"lakeveil/v1/encrypt_format/{parameters.domain}").of_version(parameters.version)
