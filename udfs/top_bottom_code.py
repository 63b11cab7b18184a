"""top_bottom_code: values beyond a bound become the bound, or a label."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from engine.operators.bounds import bound
from engine.operators.canonical import canonical
from engine.operators.columns import plain


def top_bottom_code(
    values: pa.Array, *, bottom: str | None = None, top: str | None = None, bottom_label: str | None = None,
    top_label: str | None = None,
) -> pa.Array:
    """Returns each value, or the bound that it is beyond.

    A label stands for its bound and for all beyond, so that it tells neither from the other: with top 90 and the label *90+*
    an age of 90 is *90+*, too. An infinity is beyond every bound, NaN beyond none.

    Protects rare extremes among each other: that a value is at a bound or beyond is told, what it is is not. Values within the
    bounds stay as they are.

    Args:
        values: Integers, floats, decimals, dates or timestamps.
        bottom: The smallest value that stays, as ``engine.operators.bounds.bound`` reads it.
        top: The largest value that stays, above ``bottom``.
        bottom_label: What stands for ``bottom`` and what is below.
        top_label: What stands for ``top`` and what is above.

    Returns:
        Array of the type of ``values``; of strings where a label is given: numbers in plain notation, dates and timestamps in
        ISO 8601. Null stays null, NaN stays NaN.
    """
    values = plain(values)
    written = _text if bottom_label is not None or top_label is not None else _as_it_is
    if types.is_null(values.type):
        return written(values)
    coded, compared = written(values), _comparable(values)
    for text, label, compare in ((bottom, bottom_label, pc.less_equal), (top, top_label, pc.greater_equal)):
        if text is not None:
            limit = bound(text, values.type)
            instead = written(limit)[0] if label is None else pa.scalar(label, pa.string())
            coded = pc.if_else(pc.coalesce(compare(compared, _comparable(limit)[0]), pa.scalar(False)), instead, coded)  # noqa: FBT003 - null is not beyond
    return coded


def _as_it_is(values: pa.Array) -> pa.Array:
    return values


def _text(values: pa.Array) -> pa.Array:
    return values.cast(pa.string()) if types.is_timestamp(values.type) else canonical(values).cast(pa.string())


def _comparable(values: pa.Array) -> pa.Array:
    return values.cast(pa.float32()) if types.is_float16(values.type) else values  # Arrow compares no halves
