"""Kernels that Spark can say exactly, as expressions: no Python, no Arrow.

An expression stands here only if it agrees with the kernel byte for byte and cannot fail on any value (a
failing expression prints the row). What is missing here runs as the kernel: among others tokens of strings,
because Spark has no Unicode normalization, and buckets of 64-bit integers, which could overflow.

A key never is a literal, which Spark would print into its event log and plans: the two padded blocks of
HMAC (RFC 2104) arrive as columns of a broadcast one-row DataFrame.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
from pyarrow import types
from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - Spark's own convention

from engine.operators.base import KernelCall
from engine.operators.bounds import bound
from engine.operators.whole import limits

PaddedKey = Callable[[], tuple[Column, Column]]
"""Returns the columns of the inner and the outer padded block; asked only when an expression needs them."""

_BLOCK = 64
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896  # 0001-01-01 and 9999-12-31, in days from 1970-01-01
_DAY = 86_400_000_000  # microseconds
_WHOLE = 2**40  # bounds on a bucket's width and origin within which 64-bit arithmetic on 32-bit values is exact


def native(call: KernelCall, inputs: Sequence[Column], kinds: Sequence[pa.DataType], key: PaddedKey) -> Column | None:
    """Returns the expression that equals ``call``, or None where only the kernel is exact.

    Args:
        call: The kernel call.
        inputs: Its input columns.
        kinds: Their normalized Arrow types.
        key: Where the padded blocks of the call's subkey are.
    """
    made = _EXPRESSIONS.get(call.kernel)
    return made(inputs, kinds, dict(call.params), key) if made else None


def pads(subkey: bytes) -> tuple[bytes, bytes]:
    """Returns HMAC's inner and outer padded block of a subkey of at most 64 bytes (RFC 2104, section 2)."""
    block = subkey.ljust(_BLOCK, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)


def _constant(column: Column, value: str) -> Column:
    return F.when(column.isNotNull(), F.lit(value))


def _redact(inputs: Sequence[Column], kinds: Sequence[pa.DataType], params: dict[str, Any], key: PaddedKey) -> Column:  # noqa: ARG001 - one signature
    return _constant(inputs[0], "[REDACTED]")


def _replace(inputs: Sequence[Column], kinds: Sequence[pa.DataType], params: dict[str, Any], key: PaddedKey) -> Column:  # noqa: ARG001 - one signature
    return _constant(inputs[0], params["value"])


def _mask(inputs: Sequence[Column], kinds: Sequence[pa.DataType], params: dict[str, Any], key: PaddedKey) -> Column | None:  # noqa: ARG001 - one signature
    if not types.is_string(kinds[0]):
        return None
    left, right, char = params.get("keep_left", 0), params.get("keep_right", 0), F.lit(params.get("char", "*"))
    text, length = inputs[0], F.length(inputs[0])
    hidden = length - F.lit(left + right)
    kept = F.concat(F.substring(text, 1, left), F.repeat(char, hidden), F.right(text, F.lit(right)))
    return F.when(hidden > 0, kept).otherwise(F.repeat(char, length))


def _bucket(inputs: Sequence[Column], kinds: Sequence[pa.DataType], params: dict[str, Any], key: PaddedKey) -> Column | None:  # noqa: ARG001 - one signature
    width, origin = float(params["width"]), float(params.get("origin", 0.0))
    if not (_small(kinds[0]) and width.is_integer() and origin.is_integer() and width < _WHOLE and abs(origin) < _WHOLE):
        return None
    number = inputs[0].cast("bigint")
    low = number - F.pmod(number - F.lit(int(origin)), F.lit(int(width)))
    high = low + F.lit(int(width))
    return F.concat(F.lit("["), low.cast("string"), F.lit(", "), high.cast("string"), F.lit(")"))


def _round(inputs: Sequence[Column], kinds: Sequence[pa.DataType], params: dict[str, Any], key: PaddedKey) -> Column | None:  # noqa: ARG001 - one signature
    step, number = params.get("step"), inputs[0]
    if types.is_date(kinds[0]):
        return F.when(F.unix_date(number).between(_FIRST_DAY, _LAST_DAY), F.trunc(number, str(step)))
    if step is None or not _small(kinds[0]):
        return None
    low, high = limits(kinds[0])
    number, size = number.cast("bigint"), F.lit(int(step))
    rest = F.pmod(number, size)
    down, up = number - rest, number - rest + size
    uneven = number > 0 if params["half"] == "away" else F.pmod(number, F.lit(2 * int(step))) >= size
    upwards = (rest * 2 > size) | ((rest * 2 == size) & uneven)
    return F.when((rest > 0) & ((upwards & (up <= high)) | (down < low)), up).otherwise(down)


def _top_bottom_code(
    inputs: Sequence[Column], kinds: Sequence[pa.DataType], params: dict[str, Any], key: PaddedKey,  # noqa: ARG001 - one signature
) -> Column | None:
    if not (types.is_integer(kinds[0]) or types.is_date(kinds[0])):
        return None
    labelled = "bottom_label" in params or "top_label" in params
    coded = inputs[0].cast("string") if labelled else inputs[0]
    for name in ("bottom", "top"):
        if name in params:
            limit = F.lit(bound(params[name], kinds[0])[0].as_py())
            instead = F.lit(params[f"{name}_label"]) if f"{name}_label" in params else limit.cast("string") if labelled else limit
            coded = F.when(inputs[0] <= limit if name == "bottom" else inputs[0] >= limit, instead).otherwise(coded)
    return coded


def _small(kind: pa.DataType) -> bool:
    return bool(types.is_int8(kind) or types.is_int16(kind) or types.is_int32(kind))


def _token(inputs: Sequence[Column], kinds: Sequence[pa.DataType], params: dict[str, Any], key: PaddedKey) -> Column | None:
    made = _FORMS.get(params.get("form", "hex"))
    message = _canonical(inputs[0], kinds[0]) if made else None
    return None if message is None or made is None else made(_hmac(message, key), f"{params.get('version', 1):02x}")


def _uuid(digest: Column, version: str) -> Column:
    variant = F.translate(F.substring(digest, 15, 1), "0123456789abcdef", "89ab89ab89ab89ab")
    return F.concat(F.lit(version), F.substring(digest, 1, 6), F.lit("-"), F.substring(digest, 7, 4), F.lit("-8"),
                    F.substring(digest, 12, 3), F.lit("-"), variant, F.substring(digest, 16, 3), F.lit("-"),
                    F.substring(digest, 19, 12))


def _integer(digest: Column, version: str) -> Column:
    return F.shiftright(F.conv(F.substring(digest, 1, 15), 16, 10).cast("bigint"), 1) + F.lit(int(version, 16) << 59)


def _base32(digest: Column, version: str) -> Column:
    digits = F.concat(F.lit(version), digest)
    return F.lower(F.concat(*(F.lpad(F.conv(F.substring(digits, 1 + 10 * group, 10), 16, 32), 8, "0") for group in range(5))))


_FORMS: dict[str, Callable[[Column, str], Column]] = {
    "hex": lambda digest, version: F.concat(F.lit(version), digest), "base32": _base32, "integer": _integer, "uuid": _uuid}
"""Form of a token → what makes it of the digest, in hexadecimal, and of the version. Null stays null in each."""


def _date_shift(inputs: Sequence[Column], kinds: Sequence[pa.DataType], params: dict[str, Any], key: PaddedKey) -> Column | None:
    subject = _canonical(inputs[1], kinds[1])
    if subject is None:
        return None
    most = int(params["max_days"])
    sixty_bits = F.conv(F.substring(_hmac(subject, key), 1, 15), 16, 10).cast("bigint")
    shift = F.pmod(sixty_bits, F.lit(2 * most + 1)) - F.lit(most)
    if types.is_date(kinds[0]):
        days = F.unix_date(inputs[0]).cast("bigint") + shift
        return F.when(days.between(_FIRST_DAY, _LAST_DAY), F.date_from_unix_date(days.cast("int")))
    zoned = inputs[0].cast("timestamp")
    before = F.unix_micros(zoned)
    near = before.between((_FIRST_DAY - most) * _DAY, (_LAST_DAY + most + 1) * _DAY)  # beyond, the sum could overflow
    after = F.when(near, before) + shift * F.lit(_DAY)
    moved = F.when(after.between(_FIRST_DAY * _DAY, (_LAST_DAY + 1) * _DAY - 1), F.timestamp_micros(after))
    return moved if kinds[0].tz else moved.cast("timestamp_ntz")


def _canonical(column: Column, kind: pa.DataType) -> Column | None:
    """Returns the canonical bytes of ``engine.operators.canonical``, for the types on which Spark agrees."""
    if types.is_integer(kind) or types.is_boolean(kind) or types.is_date(kind):
        return column.cast("string").cast("binary")
    if types.is_timestamp(kind):
        return F.unix_micros(column.cast("timestamp")).cast("string").cast("binary")
    return column if types.is_binary(kind) else None


def _hmac(message: Column, key: PaddedKey) -> Column:
    inner, outer = key()
    return F.sha2(F.concat(outer, F.unhex(F.sha2(F.concat(inner, message), 256))), 256)


_EXPRESSIONS = {
    "redact": _redact, "replace": _replace, "mask": _mask, "bucket": _bucket, "round": _round,
    "top_bottom_code": _top_bottom_code, "token": _token, "date_shift": _date_shift,
}
