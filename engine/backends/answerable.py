"""What a table has to be for statistics to be told of it, before anything is charged. Nothing here depends on rows."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from engine.errors import InputError, PolicyError, nearest
from engine.privacy.questions import Axis, Question
from schemas.policy import TableFormat


def require_types(stored: TableFormat, table: str) -> None:
    """Checks that a table's types are stored with it. Nothing is read.

    Raises:
        PolicyError: If they would be inferred from its rows: one person's could decide whether there is an answer.
    """
    if stored in {"csv", "jsonl"}:
        raise PolicyError(f"{stored} does not store types: one row would decide what a column holds, and be told by it",
                          where=f"source.table: {table}", allowed="delta, parquet",
                          next="write it as a Delta or Parquet table first, with the types that the policy's domains say")


def require_answerable(questions: Iterable[Question], schema: pa.Schema, table: str) -> None:
    """Checks that a table has the columns that are asked about, and of what kind. Nothing here depends on rows.

    Raises:
        InputError: If it has not.
    """
    for question in questions:
        where = f"{table}, statistics.queries.{question.name}"
        for name in question.columns:
            if name not in schema.names:
                raise InputError(f"the table has no column {name!r}", where=where, allowed=", ".join(schema.names[:60]),
                                 next=nearest(name, schema.names))
        if question.subject and not _is_subject(schema.field(question.subject).type):
            raise InputError(f"column {question.subject!r} holds {schema.field(question.subject).type}", where=where,
                             allowed="text, whole numbers, decimals, or dates, which tell a subject from another",
                             next="name another column in source.subject, or protect rows: statistics.unit: record")
        numbers = [*(axis.column for axis in question.axes if axis.lower is not None), *filter(None, [question.column])]
        for name in numbers:
            if not _is_number(schema.field(name).type):
                raise InputError(f"column {name!r} holds {schema.field(name).type}", where=where, allowed="numbers",
                                 next="leave the query out, or name another column")
        for axis in (axis for axis in question.axes if axis.lower is None):
            _require_category(axis, schema.field(axis.column).type, where)


def _require_category(axis: Axis, kind: pa.DataType, where: str) -> None:
    """Checks that a column tells groups apart, and that each of its listed values is one that it can hold, written so.

    Raises:
        InputError: If not. A group that no row can be in would be paid for.
    """
    if not _is_category(kind):
        raise InputError(f"column {axis.column!r} holds {kind}", where=where,
                         allowed="text, whole numbers, booleans, dates; other numbers with a domain {min, max} and bins",
                         next="give it a domain and bins, or name another column")
    odd = [label for label in axis.labels or () if not _is_written(label, kind)]
    if odd:
        raise InputError(f"column {axis.column!r} holds {kind}, and no cell of it is {odd[0]!r}", where=where,
                         allowed="values as the type writes them: 1, true, 2020-12-31", next="mend the column's domain")


def _is_written(label: str, kind: pa.DataType) -> bool:
    try:
        return bool(pc.equal(pa.scalar(label).cast(kind).cast(pa.string()), label).as_py())
    except pa.ArrowInvalid:
        return False


def _is_number(kind: pa.DataType) -> bool:
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def _is_subject(kind: pa.DataType) -> bool:
    """Whether all values have a text: of moments that are too fine one row would end the work after the charge."""
    return _is_category(kind) or bool(types.is_decimal(kind))


def _is_category(kind: pa.DataType) -> bool:
    tests = (types.is_string, types.is_large_string, types.is_integer, types.is_boolean, types.is_date)
    return any(test(kind) for test in tests)
