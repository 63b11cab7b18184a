"""Counting for statistics with every subject's part bounded: what is asked of a backend, and the slow, obvious reference.

What comes back is exact and not private yet: it stays in this process until noise is on it.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import product
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import write_deltalake
from deltalake.exceptions import DeltaError

from engine.backends.answerable import require_answerable, require_types
from engine.backends.rows import read_columns
from engine.backends.tables import format_of, open_table
from engine.errors import InputError, SetupError
from engine.plan.types import normalized
from engine.privacy.exact import Whole
from engine.privacy.keys import BITS
from engine.privacy.questions import Question
from engine.release.files import require_free
from schemas.policy.v1 import Source

Key = tuple[str | None, ...]
"""What a group is called: a label for each axis; None is null, where names come from the data."""

Row = tuple[Any, Key, int]
"""A subject, its group, and the point of its number."""

SEPARATOR, NOTHING = "\x1f", "\x00"


@dataclass(frozen=True)
class Counted:
    """A question's exact answer, a number for each group in their order.

    Attributes:
        counts: Rows or subjects.
        sums: Of points; zeros where nothing is summed.
        points: Shape (groups, points): rows at each point; None unless the measure is ``values``.
    """

    counts: Whole
    sums: Whole
    points: Whole | None = None


class Answers(Protocol):
    """One version of a table, and which of a subject's rows count: the same for all that is asked while it is open."""

    format: str
    version: int | None

    def keys(self, question: Question, chances: Sequence[int]) -> list[Key]:
        """Returns the groups that are named, sorted: each with a chance that its number of units tells, in 2^-128.

        Raises:
            InputError: If there are more than ``question.most_cells``.
        """
        ...

    def counted(self, question: Question, keys: Sequence[Key]) -> Counted:
        """Returns the answer for the named groups."""
        ...


class Statistical(Protocol):
    """A backend that counts with bounds."""

    name: str

    def statistics(self, source: Source, questions: Sequence[Question]) -> AbstractContextManager[Answers]:
        """Opens a table for questions; no row is read before something is asked.

        Raises:
            PolicyError: If the table's types are not stored with it.
            InputError: If the table cannot be read, or a column is not there or of another kind than the policy says.
        """
        ...

    def write_new(self, rows: pa.Table, path: str) -> None:
        """Writes a small table as a Delta table.

        Raises:
            InputError: If something is there.
            SetupError: If it cannot be written.
        """
        ...


def groups_of(question: Question) -> list[Key]:
    """Returns a question's public groups, in the order of their axes."""
    return list(product(*(axis.labels or () for axis in question.axes)))


def fresh_key() -> str:
    """Returns what decides which of a subject's rows count, or which groups are named; from the operating system, used once."""
    return secrets.token_hex(32)


class LocalAnswers:
    """Counts rows one by one, in this process. Satisfies ``Answers``.

    Args:
        table: The columns that are asked about, or what reads them: when they are needed first.
        format: How the table is stored.
        version: Of the table.
        key: See ``fresh_key``.
    """

    def __init__(
        self, table: pa.Table | Callable[[], pa.Table], format: str = "delta", version: int | None = None, key: str | None = None,  # noqa: A002 - the record's word
    ) -> None:
        self.format: str = format
        self.version: int | None = version
        self._read, self._key = table, key or fresh_key()

    @cached_property
    def _table(self) -> pa.Table:
        return self._read() if callable(self._read) else self._read

    def keys(self, question: Question, chances: Sequence[int]) -> list[Key]:
        """Returns the groups that are named. See ``Answers.keys``."""
        units = Counter((subject, group) for subject, group, _ in self.bounded(question))
        sizes: Counter[Key] = Counter()
        for (subject, group), rows in units.items():
            sizes[group] += rows if subject is None else 1
        named = [group for group, size in sizes.items() if secrets.randbits(BITS) < chances[min(size, len(chances) - 1)]]
        require_few(len(named), question)
        return sorted(named, key=in_order)

    def counted(self, question: Question, keys: Sequence[Key]) -> Counted:
        """Returns the answer for the named groups. See ``Answers.counted``."""
        place = {key: at for at, key in enumerate(keys)}
        counts, sums = np.zeros((2, len(keys)), np.int64)
        ranked = question.steps if question.measure == "values" else None
        points = None if ranked is None else np.zeros((len(keys), ranked.ends[1] + 1), np.int64)
        for _, group, point in self.bounded(question):
            if group in place:
                counts[place[group]] += 1
                sums[place[group]] += point
                if points is not None:
                    points[place[group], point] += 1
        return Counted(counts, sums, points)

    def bounded(self, question: Question) -> Iterator[Row]:
        """Yields the rows that count: of a subject some of its groups, and of each of them some of its rows."""
        if question.subject is None:
            yield from self._rows(question)
            return
        held: dict[Any, dict[Key, list[int]]] = {}
        for subject, group, point in self._rows(question):
            held.setdefault(subject, {}).setdefault(group, []).append(point)
        for subject, groups in held.items():
            digest = partial(self._digest, question, subject)
            for group in sorted(groups, key=lambda group: (digest(group), in_order(group)))[:question.groups]:
                points = sorted(groups[group], key=lambda point: (digest(group, point), point))
                for point in points[:question.most]:
                    yield subject, group, point

    def _digest(self, question: Question, subject: str, group: Key, *point: int) -> str:
        """Returns what decides in which order a subject's groups, and a group's rows, are taken. Spark's answers agree."""
        places = [axis.place(label) for axis, label in zip(question.axes, group, strict=True)]
        named = [NOTHING if place is None else str(place) for place in places]
        return hashlib.sha256(SEPARATOR.join([self._key, subject, *named, *map(str, point)]).encode()).hexdigest()

    def _rows(self, question: Question) -> Iterator[Row]:
        """Yields the rows that have a subject, a group and a number, where these are asked for."""
        size = self._table.num_rows
        subjects = self._texts(question.subject) if question.subject else [None] * size
        labels = [self._numbers(axis.column) if axis.lower is not None else self._texts(axis.column) for axis in question.axes]
        numbers = self._numbers(question.column) if question.column else [0.0] * size
        for subject, number, *group in zip(subjects, numbers, *labels, strict=True):
            named = [axis.labels[axis.bin(label)] if axis.lower is not None and axis.labels and label is not None else label
                     for axis, label in zip(question.axes, group, strict=True)]
            inside = all(axis.labels is None or label in axis.labels for axis, label in zip(question.axes, named, strict=True))
            if inside and number is not None and (subject is not None or question.subject is None):
                yield subject, tuple(named), question.steps.point(number) if question.steps else 0

    def _texts(self, name: str) -> list[str | None]:
        return pc.cast(self._table[name], pa.string()).to_pylist()  # type: ignore[no-any-return] # pyarrow is not typed

    def _numbers(self, name: str) -> list[float | None]:
        return [None if value is None or math.isnan(value) else float(value) for value in self._table[name].to_pylist()]


@contextmanager
def local_statistics(source: Source, questions: Sequence[Question]) -> Iterator[LocalAnswers]:
    """Opens a table in this process, and reads it when something is asked. See ``Statistical.statistics``."""
    require_types(format_of(source), source.table)
    table = open_table(source)
    schema = normalized(table.schema)
    require_answerable(questions, schema, source.table)
    names = list(dict.fromkeys(name for question in questions for name in question.columns))
    rows = partial(read_columns, table, schema, names) if names else partial(read_columns, table, table.schema, schema.names[:1])
    yield LocalAnswers(rows, table.format, table.version)


def write_new_locally(rows: pa.Table, path: str) -> None:
    """Writes a small table as a Delta table. See ``Statistical.write_new``."""
    require_free(path)
    try:
        write_deltalake(path, rows, mode="error")
    except (DeltaError, OSError):
        raise SetupError("the Delta table cannot be written here", where=path, allowed="a folder with free space, of one writer",
                         next="look for what is there, and name another path") from None


def require_few(number: int, question: Question) -> None:
    """Checks that so many groups can be held.

    Raises:
        InputError: If not.
    """
    if number > question.most_cells:
        raise InputError("more groups than one query may have would be named", where=f"statistics.queries.{question.name}",
                         allowed=f"{question.most_cells:,}", next="name fewer columns in by, or such as have a domain")


def in_order(group: Key) -> tuple[tuple[bool, str], ...]:
    """Returns by what groups are sorted: null first."""
    return tuple((label is not None, label or "") for label in group)
