"""From a policy's claim on a sensitive column, and the column, to the model that measures it."""

from __future__ import annotations

from functools import singledispatch
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.anonymity import hierarchies
from engine.anonymity.models import (
    Disclosure,
    DistinctDiversity,
    EntropyDiversity,
    EqualCloseness,
    HierarchicalCloseness,
    Likeness,
    Model,
    OrderedCloseness,
    RecursiveDiversity,
)
from engine.anonymity.values import distinct_in_order, is_ordered, special_of
from engine.errors import PolicyError
from schemas.policy.guarantees import BetaLikeness, ColumnClaim, DeltaDisclosure, LDiversity, SubjectCount, TCloseness

Ints = npt.NDArray[np.int64]


class Modelled(NamedTuple):
    """A model, and for each row of the column the place of its value among the model's."""

    model: Model
    codes: Ints


def modelled(claim: ColumnClaim, values: pa.ChunkedArray, counts: Ints) -> Modelled:
    """Returns the model of a claim.

    Args:
        claim: The policy's.
        values: The column; null and NaN are values of their own, before all others.
        counts: Rows of each entry.

    Raises:
        PolicyError: If the column's values have no order, or are none of the claim's order or hierarchy.
    """
    distinct, codes = distinct_in_order(values)
    if isinstance(claim, TCloseness) and claim.order is not None:
        places = _places(claim.column, distinct, claim.order)
        return Modelled(OrderedCloseness(claim.column, claim.max, _table(places[codes], counts, len(claim.order))), places[codes])
    return Modelled(_model(claim, _table(codes, counts, len(distinct)), distinct), codes)


@singledispatch
def _model(claim: object, table: Ints, distinct: pa.Array) -> Model:  # noqa: ARG001 - dispatches on the claim
    raise TypeError(f"no model for {type(claim).__name__}")


@_model.register
def _(claim: SubjectCount, table: Ints, distinct: pa.Array) -> Model:
    return DistinctDiversity(claim.column, claim.least, table, nobody=special_of(distinct))


@_model.register
def _(claim: LDiversity, table: Ints, _: pa.Array) -> Model:
    if claim.recursive is not None:
        return RecursiveDiversity(claim.column, claim.recursive.c, table, claim.recursive.l)
    if claim.entropy is not None:
        return EntropyDiversity(claim.column, claim.entropy, table)
    return DistinctDiversity(claim.column, claim.distinct or 1, table)


@_model.register
def _(claim: TCloseness, table: Ints, distinct: pa.Array) -> Model:
    if claim.distance == "equal":
        return EqualCloseness(claim.column, claim.max, table)
    if claim.hierarchy is not None:
        where = f"guarantees.t, column {claim.column}"
        levels = [_numbered(labels) for labels in hierarchies.ancestors(distinct, claim.hierarchy, where=where)]
        return HierarchicalCloseness(claim.column, claim.max, table, levels)
    if not is_ordered(distinct.type):
        raise PolicyError(f"values of type {distinct.type} have no order", where=f"guarantees.t, column {claim.column}",
                          allowed="numbers, dates, timestamps; or 'order', a list of all values",
                          next="list them, or choose distance: equal or hierarchical")
    return OrderedCloseness(claim.column, claim.max, table)


@_model.register
def _(claim: BetaLikeness, table: Ints, _: pa.Array) -> Model:
    return Likeness(claim.column, claim.max, table, enhanced=claim.enhanced)


@_model.register
def _(claim: DeltaDisclosure, table: Ints, _: pa.Array) -> Model:
    return Disclosure(claim.column, claim.below, table)


def _table(codes: Ints, counts: Ints, values: int) -> Ints:
    return np.bincount(codes, counts, values).astype(np.int64)


def _places(column: str, distinct: pa.Array, order: tuple[str, ...]) -> Ints:
    places = pc.index_in(pc.fill_null(hierarchies.as_text(distinct), "null"), value_set=pa.array(order))
    if places.null_count:
        raise PolicyError(f"{places.null_count} of the column's values are not in the order",
                          where=f"guarantees.t, column {column}",
                          allowed="a list of all values; null is written null", next="add them to 'order'")
    return np.asarray(places).astype(np.int64)


def _numbered(labels: pa.Array) -> Ints:
    """Returns numbers for labels, and one for null, which is a node of its own below the root."""
    encoded = labels.dictionary_encode()
    root = len(encoded.dictionary) == 1 and encoded.dictionary[0].as_py() == "*"
    return np.asarray(pc.fill_null(encoded.indices, 0 if root else len(encoded.dictionary))).astype(np.int64)
