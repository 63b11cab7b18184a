"""The one canonical encoding of a value as bytes, on which every keyed operator stands.

Equal values have equal bytes whatever the column's type: the integer 42, the decimal 42.00, the double
42.0 and the string "42" are one identifier, so that tables which store it differently still join.
The encoding is part of the release format (``docs/adr/004-tokens-and-canonical-encoding.md``) and never
changes; ``docs/token-vectors.json`` pins it.

====================  ====================================================  ==============================================
Type                  Bytes (UTF-8 text unless said otherwise)              Spark SQL that equals it, for column ``c``
====================  ====================================================  ==============================================
string                NFC of the string                                     ``c``, exact where ``length(c) = octet_length(c)``
                                                                            (ASCII); Spark has no NFC, so the kernel does
                                                                            the others
integer               decimal digits, '-' if negative                       ``cast(c AS STRING)``
boolean               ``true`` or ``false``                                 ``cast(c AS STRING)``
date                  ISO 8601: ``2021-03-04``                              ``cast(c AS STRING)``
timestamp             microseconds since 1970-01-01T00:00Z, as an integer;  ``cast(unix_micros(c) AS STRING)``
                      without a zone: as if UTC; finer digits are floored
decimal               plain notation, no exponent, no trailing zeros        none: the kernel
float                 shortest digits that read back as the same float of   none: the kernel
                      its width, in the notation of decimals; -0.0 is
                      ``0``; ``NaN``, ``Infinity``, ``-Infinity``
binary                the bytes as they are                                 ``c``
null                  null                                                  ``c``
====================  ====================================================  ==============================================
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from engine.errors import InputError
from engine.operators.columns import is_bytes, is_scalar, is_text, plain

_MICROS = {"s": 1_000_000, "ms": 1_000, "us": 1}
_NOT_PLAIN = "[eEn]|^-0$"  # an exponent, NaN, an infinity, the negative zero
_FOUR_DIGIT_YEARS = (-719_528, 2_932_896)  # days from 1970-01-01 to 0000-01-01 and to 9999-12-31


def canonical(values: pa.Array) -> pa.Array:
    """Returns each value's canonical bytes.

    Args:
        values: Array of a type that ``columns.is_scalar`` accepts; a dictionary array is decoded.

    Returns:
        Binary array of the same length, null where ``values`` is null.

    Raises:
        InputError: If the type has no canonical encoding, or a timestamp does not fit 64 bits of microseconds.
    """
    if not is_scalar(values.type):
        raise InputError(f"type {values.type} has no canonical encoding", next="drop the column, or name its nested fields")
    values = plain(values)
    kind = values.type
    if is_text(kind):
        text = values if pc.all(pc.string_is_ascii(values)).as_py() is not False else pc.utf8_normalize(values, form="NFC")
    elif types.is_date(kind):
        text = _dates(values.cast(pa.date32()))
    elif types.is_timestamp(kind):
        text = _micros(values).cast(pa.string())
    elif types.is_decimal(kind) or types.is_floating(kind):
        text = _digits(values)
    else:
        text = values if types.is_binary(kind) else values.cast(pa.string())
    return text.cast(pa.binary())


def notation_of(kind: pa.DataType) -> str:
    """Returns in which notation values of a type are written; values in two of them are hardly ever equal.

    Numbers are written alike whatever their type. A number and a text that spells it are equal too, but *007* and 7 are not, so
    these count as two.
    """
    kind = kind.value_type if types.is_dictionary(kind) else kind
    tests = (("null", types.is_null), ("text", is_text), ("dates", types.is_date), ("timestamps", types.is_timestamp),
             ("booleans", types.is_boolean), ("bytes", is_bytes))
    return next((name for name, test in tests if test(kind)), "numbers")


def _micros(values: pa.Array) -> pa.Array:
    ticks = values.cast(pa.int64())
    if values.type.unit == "ns":
        floored = np.floor_divide(ticks.fill_null(0).to_numpy(), 1000)
        return pa.array(floored, mask=np.asarray(ticks.is_null()))
    try:
        return pc.multiply_checked(ticks, _MICROS[values.type.unit])
    except pa.ArrowInvalid:
        raise InputError("a timestamp does not fit 64 bits of microseconds", next="correct it, or drop the column") from None


def _dates(values: pa.Array) -> pa.Array:
    """ISO text. Beyond four-digit years Arrow is vague, so those follow java.time: +10000-01-01, -0001-12-31."""
    low, high = _FOUR_DIGIT_YEARS
    days = values.cast(pa.int32())
    plain_year = pc.and_(pc.greater_equal(days, low), pc.less_equal(days, high))
    if pc.all(plain_year).as_py() is not False:
        return values.cast(pa.string())
    return pa.array([None if day is None else _java_date(day) for day in days.to_pylist()], pa.string())


def _java_date(day: int) -> str:
    year, month, of_month = str(np.datetime64(day, "D")).rsplit("-", 2)
    return f"{'+' if int(year) > 9999 else ''}{int(year):0{5 if int(year) < 0 else 4}d}-{month}-{of_month}"  # noqa: PLR2004 - ISO 8601


def _digits(values: pa.Array) -> pa.Array:
    """Decimals and floats: as Arrow prints them, where that has no exponent; the others through Python's exact decimal."""
    if types.is_float16(values.type):
        return pa.array([None if cell is None else _number(np.float16(cell)) for cell in values.to_pylist()], pa.string())
    printed = values.cast(pa.string())
    digits = pc.if_else(pc.match_substring(printed, "."), pc.utf8_rtrim(pc.utf8_rtrim(printed, "0"), "."), printed)
    others = pc.fill_null(pc.match_substring_regex(printed, _NOT_PLAIN), False)  # noqa: FBT003 - null stays null
    cells = values.filter(others)
    exact = cells.to_numpy(zero_copy_only=False) if types.is_floating(values.type) else cells.to_pylist()
    return pc.replace_with_mask(digits, others, pa.array([_number(cell) for cell in exact], pa.string()))


def _number(value: Decimal | np.floating) -> str:
    number = value if isinstance(value, Decimal) else Decimal(np.format_float_scientific(value))
    if not number.is_finite():
        return "NaN" if number.is_nan() else str(number)
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if number == 0 else text
