"""What a row and its subject are known by, gathered in memory: the reference of the Spark join."""

from __future__ import annotations

from collections import defaultdict

import pyarrow as pa

from engine.backends.rows import read_columns
from engine.backends.tables import open_table
from engine.plan.stages import Gather, KnownColumn
from engine.plan.types import normalized
from schemas.policy.v1 import Lookup


def gather_known(table: pa.Table, stage: Gather) -> pa.Table:
    """Returns ``table`` with ``stage.output``: list<string>, distinct and sorted, per row.

    A row is known by the named columns of its own row; and, where there is a subject, by those of all rows
    of the same subject, here and in the lookup tables. Values are rendered as text; nulls are left out.
    """
    own = [known for known in stage.known if known.table is None]
    rows = [set(values) for values in zip(*(_texts(table[known.column]) for known in own), strict=True)] if own else \
        [set() for _ in range(table.num_rows)]
    if stage.subject is not None:
        subjects = table[stage.subject].to_pylist()
        by_subject: dict[object, set[str | None]] = defaultdict(set)
        for subject, values in zip(subjects, rows, strict=True):
            if subject is not None:
                by_subject[subject] |= values
        for known in stage.known:
            if known.table is not None:
                _look_up(known, by_subject)
        rows = [values | by_subject.get(subject, set()) for subject, values in zip(subjects, rows, strict=True)]
    lists = [sorted(value for value in values if value is not None) for values in rows]
    return table.drop_columns([c for c in [stage.output] if c in table.schema.names]).append_column(
        stage.output, pa.array(lists, pa.list_(pa.string())))


def _look_up(known: KnownColumn, by_subject: dict[object, set[str | None]]) -> None:
    source = open_table(Lookup(table=known.table or "", format=known.format, subject=known.subject or ""))
    schema = normalized(source.schema)
    found = read_columns(source, schema, [known.subject or "", known.column])
    for subject, value in zip(found[0].to_pylist(), _texts(found[1]), strict=True):
        if subject is not None:
            by_subject[subject].add(value)


def _texts(column: pa.ChunkedArray) -> list[str | None]:
    return list(column.cast(pa.string()).to_pylist())
