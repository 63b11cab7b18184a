"""Hierarchies: value → coarser values, by rule (dates, masks, widths), inline (groups) or from a table.

Levels count from 1, the finest, upwards; ``'*'`` stands on top of every hierarchy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Context, Decimal, localcontext
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_

from engine.errors import PolicyError
from schemas.policy import Hierarchy
from schemas.reserved import SUPPRESSED

LONGEST_MASK = 64
"""Longest string that ``mask`` turns into a hierarchy: it has one level per sign."""

_EXACT = Context(prec=400)
"""Enough digits to divide any double by any width without rounding."""

_WANTED = {"dates": "date or timestamp", "mask": "string or integer", "widths": "integer, float or decimal"}


def ancestors(values: pa.Array, hierarchy: Hierarchy, *, where: str = "hierarchy") -> list[pa.Array]:
    """Returns the coarser labels of each value: one string array per level, finest first, ``'*'`` last.

    Args:
        values: Any array of the type the hierarchy is for; nulls stay null at every level.
        hierarchy: As the policy writes it.
        where: Named in errors, for example ``columns.age.hierarchy``.

    Raises:
        PolicyError: If the values have the wrong type, the hierarchy does not know some of them, or it is
            not a tree: a label with two parents.
    """
    values = _plain(values)
    _check_type(values.type, hierarchy, where)
    distinct = values.dictionary_encode()
    top = height(distinct.dictionary, hierarchy, where)
    levels = [level(distinct.dictionary, hierarchy, i, where=where) for i in range(1, top + 1)]
    unknown = levels[0].null_count
    levels[-1] = pc.if_else(pc.is_valid(levels[-1]), SUPPRESSED, None)
    if unknown:
        raise PolicyError(
            f"the hierarchy does not know {unknown:,} of the column's {len(distinct.dictionary):,} distinct values", where=where,
            allowed="every value of the column has a place in it",
            next="add the missing values to the hierarchy, or correct them at the source")
    _check_tree([as_text(distinct.dictionary), *levels], where)
    return [labels.take(distinct.indices) for labels in levels]


def generalize_level(values: pa.Array, hierarchy: Hierarchy | Mapping[str, Any], level: int) -> pa.Array:
    """Returns each value's label at one fixed level: total, so that it can run row by row.

    Args:
        values: Any array of the type the hierarchy is for.
        hierarchy: The policy's record, or the mapping it was dumped to.
        level: 1 is the finest. Levels above the top give ``'*'``.

    Returns:
        Strings. Null stays null; a value that the hierarchy does not know becomes ``'*'``.

    Raises:
        PolicyError: If the values have the wrong type.
    """
    model = hierarchy if isinstance(hierarchy, Hierarchy) else Hierarchy.model_validate(dict(hierarchy))
    values = _plain(values)
    _check_type(values.type, model, "hierarchy")
    distinct = values.dictionary_encode()
    return pc.fill_null(_level(distinct.dictionary, model, level, "hierarchy"), SUPPRESSED).take(distinct.indices)


def level(values: pa.Array, hierarchy: Hierarchy, index: int, *, where: str = "hierarchy") -> pa.Array:
    """Returns the labels of ``values`` at level ``index``; null where the hierarchy does not know the value."""
    return _level(_plain(values), hierarchy, index, where)


def height(values: pa.Array, hierarchy: Hierarchy, where: str = "hierarchy") -> int:
    """Returns the number of levels above the values, ``'*'`` included."""
    if hierarchy.kind == "mask":
        longest = pc.max(pc.utf8_length(as_text(values))).as_py() or 0
        if longest > LONGEST_MASK:
            raise PolicyError(f"mask makes one level per sign, and a value has {longest}", where=where,
                              allowed=f"at most {LONGEST_MASK} signs", next="use groups or a table, or drop the column")
        return int(longest) + 1
    if hierarchy.kind in ("groups", "table"):
        return len(paths(hierarchy, where)[0]) - 1
    return len(hierarchy.dates or hierarchy.widths or ()) + 1


def paths(hierarchy: Hierarchy, where: str = "hierarchy") -> list[tuple[str, ...]]:
    """Returns value, level 1, …, ``'*'`` for every value that ``groups`` or ``table`` lists; for rules nothing.

    Raises:
        PolicyError: If rows differ in length, a value stands in two places, or the labels form no tree.
    """
    if hierarchy.kind not in ("groups", "table"):
        return []
    rows = list(hierarchy.table or ()) if hierarchy.kind == "table" else list(_padded(list(_walk(hierarchy.groups or {}, ()))))
    if not rows or len({len(row) for row in rows}) != 1:
        raise PolicyError("the hierarchy's rows differ in length", where=where, allowed="value;level 1;level 2;… in every row",
                          next="repeat a label where a value has fewer levels")
    rows = [row if len(row) > 1 and row[-1] == SUPPRESSED else (*row, SUPPRESSED) for row in dict.fromkeys(map(tuple, rows))]
    if len({len(row) for row in rows}) != 1:
        raise PolicyError("only some of the hierarchy's rows end in '*'", where=where, next="end all of them in '*', or none")
    _check_tree([pa.array(labels, pa.string()) for labels in zip(*rows, strict=True)], where)
    return rows


def as_text(values: pa.Array) -> pa.Array:
    """Returns values as the strings that tables, groups and labels are written in."""
    return values if is_.is_string(values.type) else pc.cast(values, pa.string())


def _plain(values: pa.Array) -> pa.Array:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if is_.is_dictionary(values.type):
        values = values.dictionary_decode()
    if is_.is_large_string(values.type) or is_.is_string_view(values.type):
        return values.cast(pa.string())
    return values


def _check_type(type_: pa.DataType, hierarchy: Hierarchy, where: str) -> None:
    kind = hierarchy.kind
    temporal = is_.is_date(type_) or is_.is_timestamp(type_)
    number = is_.is_integer(type_) or is_.is_floating(type_) or is_.is_decimal(type_)
    fits = {"dates": temporal, "mask": is_.is_string(type_) or is_.is_integer(type_), "widths": number}.get(
        kind, temporal or number or is_.is_string(type_) or is_.is_boolean(type_))
    if kind == "file":
        raise PolicyError("the hierarchy's file was not read", where=where, next="load the policy with Policy.load")
    if not fits and not is_.is_null(type_):
        raise PolicyError(f"a hierarchy by {kind} does not fit a column of type {type_}", where=where,
                          allowed=_WANTED.get(kind, "string, boolean, number, date or timestamp"),
                          next="choose another kind of hierarchy")


def _level(values: pa.Array, hierarchy: Hierarchy, index: int, where: str) -> pa.Array:
    if is_.is_null(values.type):
        return pa.nulls(len(values), pa.string())
    if is_.is_floating(values.type):
        values = pc.if_else(pc.is_finite(values), values, None)
    kind = hierarchy.kind
    if kind == "mask":
        return _masked(as_text(values), index, left=hierarchy.mask == "left")
    if kind in ("groups", "table"):
        listed = _listed(hierarchy.model_dump_json(exclude_unset=True), where)
        place = pc.index_in(as_text(values), value_set=listed[0], skip_nulls=True)
        return listed[min(index, len(listed) - 1)].take(place)
    steps = hierarchy.dates or hierarchy.widths or ()
    if index > len(steps):
        return pc.if_else(pc.is_valid(values), SUPPRESSED, None)
    return _dated(values, str(steps[index - 1])) if kind == "dates" else _interval(values, float(steps[index - 1]))


@lru_cache(maxsize=32)
def _listed(written: str, where: str) -> tuple[pa.Array, ...]:
    """Returns the columns of ``paths`` as arrays; kept, because kernels ask for the same hierarchy batch after batch."""
    rows = paths(Hierarchy.model_validate_json(written), where)
    return tuple(pa.array(labels, pa.string()) for labels in zip(*rows, strict=True))


def _masked(text: pa.Array, hidden: int, *, left: bool) -> pa.Array:
    length = pc.utf8_length(text)
    stars = pc.min_element_wise(length, hidden, skip_nulls=False)
    mask = pc.binary_repeat("*", stars)
    turned = text if not left else pc.utf8_reverse(text)
    distinct_lengths = pc.unique(length.drop_null()).to_pylist()
    kept = turned
    for n in distinct_lengths:
        kept = pc.if_else(pc.equal(length, n), pc.utf8_slice_codeunits(turned, 0, max(n - hidden, 0)), kept)
    if left:
        return pc.binary_join_element_wise(mask, pc.utf8_reverse(kept), "")
    return pc.binary_join_element_wise(kept, mask, "")


def _dated(values: pa.Array, unit: str) -> pa.Array:
    year = pc.year(values)
    if unit == "decade":
        years = year.to_numpy(zero_copy_only=False)
        return pa.array([None if np.isnan(y) else f"{int(y) // 10 * 10}s" for y in years], pa.string())
    text = pc.cast(year, pa.string())
    if unit == "year":
        return text
    part = pc.quarter(values) if unit == "quarter" else pc.month(values)
    digits = pc.cast(part, pa.string())
    if unit == "quarter":
        return pc.binary_join_element_wise(text, digits, "-Q")
    return pc.binary_join_element_wise(text, pc.utf8_lpad(digits, 2, "0"), "-")


def _interval(values: pa.Array, width: float) -> pa.Array:
    whole = is_.is_integer(values.type) and width.is_integer()
    if whole:
        present = values.drop_null().to_numpy(zero_copy_only=False)
        numbers = [int(n) for n in present // int(width)] if len(present) else []
        labels = [f"[{n * int(width)}, {(n + 1) * int(width) - 1}]" for n in numbers]
    else:
        labels = [_half_open(Decimal(text), Decimal(repr(width))) for text in as_text(values).drop_null().to_pylist()]
    found: list[str | None] = [None] * len(values)
    for i, label in zip(np.flatnonzero(pc.is_valid(values).to_numpy(zero_copy_only=False)), labels, strict=True):
        found[i] = label
    return pa.array(found, pa.string())


def _half_open(number: Decimal, width: Decimal) -> str:
    with localcontext(_EXACT):
        steps = number // width - (1 if number % width < 0 else 0)
        low, high = (steps * width).normalize() + 0, ((steps + 1) * width).normalize() + 0
        return f"[{low:f}, {high:f})"


def _walk(groups: Any, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:  # noqa: ANN401 - nested YAML
    if isinstance(groups, Mapping):
        for name, below in groups.items():
            yield from _walk(below, (_word(name), *above))
    else:
        for value in groups if isinstance(groups, list | tuple) else [groups]:
            yield from _walk(value, above) if isinstance(value, Mapping) else [(_word(value), *above)]


def _word(written: Any) -> str:  # noqa: ANN401 - a YAML scalar
    return str(written).lower() if isinstance(written, bool) else str(written)


def _padded(rows: list[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    longest = max(map(len, rows), default=0)
    for row in rows:
        yield (row[0],) * (longest - len(row)) + row


def _check_tree(levels: list[pa.Array], where: str) -> None:
    for i, (labels, above) in enumerate(pairwise(levels)):
        pairs = pa.table([labels, above], names=["label", "above"]).group_by(["label", "above"]).aggregate([])
        double = pairs.num_rows - len(pc.unique(pairs["label"]))
        if double:
            what = "values" if i == 0 else f"labels of level {i}"
            raise PolicyError(f"the hierarchy is not a tree: {double} of its {what} have two parents", where=where,
                              allowed=f"one label of level {i + 1} for each",
                              next="rename one of the labels, or merge their parents")
