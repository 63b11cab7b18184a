"""What a scan may be given: arrays that read as texts, and what stands beside them row by row."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from engine.errors import InputError

ALLOWED = "strings, bytes in UTF-8, numbers, dates, nulls; dictionaries of them"


def as_texts(array: pa.Array | pa.ChunkedArray, where: str) -> pa.Array:
    """Returns an array as one of strings, in any layout: bytes read as UTF-8, valid or not, all else as Arrow writes it.

    Raises:
        InputError: If its type has no text.
    """
    plain = _as_array(array, where)
    kind = plain.type.value_type if pa.types.is_dictionary(plain.type) else plain.type
    if any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)):
        return plain
    plain = plain.dictionary_decode() if pa.types.is_dictionary(plain.type) else plain
    if pa.types.is_binary_view(kind) or pa.types.is_fixed_size_binary(kind):
        plain = plain.cast(pa.binary())
    try:
        return pc.cast(plain, options=pc.CastOptions(
            pa.large_string() if pa.types.is_large_binary(kind) else pa.string(), allow_invalid_utf8=True))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise InputError(f"an array of {plain.type} has no texts", where=where, allowed=ALLOWED,
                         next="take its fields or items apart first") from None  # Arrow's own words may quote a value


def require_header(header: object, where: str) -> None:
    """Refuses a column's name that is none.

    Raises:
        InputError: If it is no text.
    """
    if not isinstance(header, str):
        raise InputError(f"a column's name is a text, not a {type(header).__name__}", where=f"{where}, header",
                         next='leave it out, or give "" where there is none')


def as_known(known: pa.Array | pa.ChunkedArray, rows: int, where: str) -> pa.Array:
    """Returns what rows know, once it is as it should be.

    Raises:
        InputError: If it is no list of strings for each row.
    """
    plain = _as_many(known, rows, where)
    lists = any(test(plain.type) for test in (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list))
    if not pa.types.is_null(plain.type) and not (lists and _holds_text(plain.type.value_type)):
        raise InputError(f"an array of {plain.type} holds no names", where=where,
                         allowed="a list of strings for each text, or null")
    return plain.cast(pa.list_(pa.string())) if pa.types.is_null(plain.type) else plain


def as_subjects(subjects: pa.Array | pa.ChunkedArray, rows: int, where: str) -> pa.Array:
    """Returns what subjects are called, once it is as it should be.

    Raises:
        InputError: If it is no bytes or strings for each row.
    """
    plain = _as_many(subjects, rows, where)
    if not _holds_text(plain.type):
        raise InputError(f"an array of {plain.type} does not say what subjects are called", where=where,
                         allowed="bytes or strings, one for each text, or null", next="use engine.operators.canonical")
    return plain


def _as_many(array: pa.Array | pa.ChunkedArray, rows: int, where: str) -> pa.Array:
    plain = _as_array(array, where)
    if len(plain) != rows:
        raise InputError(f"there are {len(plain)} rows beside {rows} texts", where=where, allowed="one for each text")
    return plain


def _as_array(array: pa.Array | pa.ChunkedArray, where: str) -> pa.Array:
    plain = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    if not isinstance(plain, pa.Array):
        raise InputError(f"this is no Arrow array but a {type(plain).__name__}", where=where, next="make one with pyarrow.array")
    return plain


def _holds_text(kind: pa.DataType) -> bool:
    return any(test(kind) for test in (
        pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_binary, pa.types.is_large_binary,
        pa.types.is_null))
