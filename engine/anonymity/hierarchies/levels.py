"""The labels of values, level by level, whatever the kind of hierarchy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_

from engine.anonymity.hierarchies import dates, grid, icd10, ip, listed, numbers, postal, texts
from engine.anonymity.hierarchies.arrays import Family, Kept, as_text
from engine.errors import PolicyError
from schemas.policy import Hierarchy
from schemas.policy.hierarchies import TypeWord
from schemas.reserved import SUPPRESSED

FAMILIES: dict[str, Family] = {
    "dates": dates.DATES, "mask": texts.MASK, "prefix": texts.PREFIX, "geohash": texts.GEOHASH,
    "widths": numbers.WIDTHS, "edges": numbers.EDGES, "ages": numbers.AGES,
    "latitude": grid.LATITUDE, "longitude": grid.LONGITUDE, "postal": postal.POSTAL, "ip": ip.IP, "icd10": icd10.ICD10,
    "groups": listed.LISTED, "table": listed.LISTED, "order": listed.LISTED,
}
"""Kind → what knows its levels. ``file`` has none: loading a policy turns it into ``table``."""

_TYPES: dict[TypeWord, Callable[[pa.DataType], bool]] = {
    "texts": is_.is_string, "integers": is_.is_integer, "booleans": is_.is_boolean,
    "numbers": lambda type_: is_.is_integer(type_) or is_.is_floating(type_) or is_.is_decimal(type_),
    "dates and timestamps": lambda type_: is_.is_date(type_) or is_.is_timestamp(type_),
}


_read: Kept[Mapping[str, Any], Hierarchy] = Kept(lambda written: Hierarchy.model_validate(dict(written)))


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
    check_type(values.type, hierarchy, where)
    if is_.is_null(values.type):
        return [pa.nulls(len(values), pa.string())] * height(values, hierarchy, where)
    distinct = values.dictionary_encode()
    known = distinct.dictionary
    levels = _levels(known, hierarchy, range(1, height(known, hierarchy, where) + 1), where)
    unknown = levels[0].null_count
    levels[-1] = pc.if_else(pc.is_valid(levels[-1]), SUPPRESSED, None)
    if unknown:
        raise unknown_values(unknown, len(known), where, hint=listed.hint(known.type, hierarchy))
    listed.check_tree([as_text(known), *levels], where)
    return [labels.take(distinct.indices) for labels in levels]


def unknown_values(unknown: int, values: int, where: str, *, hint: str = "") -> PolicyError:
    """Returns the error of a hierarchy that does not know ``unknown`` of a column's distinct values."""
    return PolicyError(
        f"the hierarchy does not know {unknown:,} of the column's {values:,} distinct values", where=where,
        allowed="every value of the column has a place in it",
        next=hint or "add the missing values to the hierarchy, or correct them at the source")


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
    model = hierarchy if isinstance(hierarchy, Hierarchy) else _read(hierarchy)
    values = _plain(values)
    check_type(values.type, model, "hierarchy")
    distinct = values.dictionary_encode()
    return pc.fill_null(_levels(distinct.dictionary, model, [level], "hierarchy")[0], SUPPRESSED).take(distinct.indices)


def level(values: pa.Array, hierarchy: Hierarchy, index: int, *, where: str = "hierarchy") -> pa.Array:
    """Returns the labels of ``values`` at level ``index``; null where the hierarchy does not know the value."""
    return _levels(_plain(values), hierarchy, [index], where)[0]


def height(values: pa.Array, hierarchy: Hierarchy, where: str = "hierarchy") -> int:
    """Returns the number of levels above the values, ``'*'`` included."""
    if hierarchy.mask is not None:
        return texts.hidden_levels(as_text(values), hierarchy.mask, where) + 1
    return _family(hierarchy, where).steps(hierarchy, where) + 1


def check_type(type_: pa.DataType, hierarchy: Hierarchy, where: str) -> None:
    """Checks that a hierarchy fits a column of some type, as ``level`` wants it.

    Raises:
        PolicyError: If it does not.
    """
    _family(hierarchy, where)
    if not is_.is_null(type_) and not any(_TYPES[word](type_) for word in hierarchy.takes):
        raise PolicyError(f"a hierarchy by {hierarchy.kind} does not fit a column of type {type_}", where=where,
                          allowed=", ".join(hierarchy.takes), next="choose another kind of hierarchy")


def _family(hierarchy: Hierarchy, where: str) -> Family:
    if hierarchy.file is not None:
        raise PolicyError("the hierarchy's file was not read", where=where, next="load the policy with Policy.load")
    return FAMILIES[hierarchy.kind]


def _levels(values: pa.Array, hierarchy: Hierarchy, indexes: Sequence[int], where: str) -> list[pa.Array]:
    if is_.is_null(values.type):
        return [pa.nulls(len(values), pa.string())] * len(indexes)
    if is_.is_floating(values.type):
        values = pc.if_else(pc.is_finite(values), values, None)
    family = _family(hierarchy, where)
    steps = family.steps(hierarchy, where)
    asked = sorted({min(index, steps) for index in indexes})
    found = dict(zip(asked, family.labels(values, hierarchy, asked), strict=True))
    return [found[index] if index <= steps else pc.if_else(pc.is_valid(found[steps]), SUPPRESSED, None) for index in indexes]


def _plain(values: pa.Array) -> pa.Array:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if is_.is_dictionary(values.type):
        values = values.dictionary_decode()
    if is_.is_large_string(values.type) or is_.is_string_view(values.type):
        return values.cast(pa.string())
    return values
