"""What rotating a release asks of a backend; and how it is done in memory, the reference of the Spark joins."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import pyarrow as pa
from deltalake import write_deltalake

from engine.backends.base import LakeBackend, Progress, silent
from engine.backends.frequencies import Counting
from engine.backends.rows import read_columns
from engine.backends.statistics import Statistical
from engine.backends.tables import open_table
from engine.errors import InputError
from engine.plan import Plan
from engine.plan.stages import Apply, AttachKeys, Read
from engine.plan.types import normalized
from engine.release import Release
from schemas.policy.v1 import Source
from schemas.reserved import PREFIX

OLD, NEW = PREFIX + "old", PREFIX + "new"
BRIDGE = pa.schema([pa.field("column", pa.string()), pa.field("old", pa.string()), pa.field("new", pa.string())])
"""What a bridge holds: of a released column each old token, and the new one of the same value."""


@dataclass(frozen=True)
class Turn:
    """One column of a release whose tokens get another key.

    Attributes:
        column: Its name in the source.
        released: Its name in the release.
        old: The call that made its tokens, into column ``OLD``.
        new: The call that makes the new ones, into column ``NEW``.
        keys: Where both find the keys of subjects, if they are under those.
        read: The source, and the columns that both calls read.
    """

    column: str
    released: str
    old: Apply
    new: Apply
    keys: AttachKeys | None
    read: Read

    @property
    def keeps_dead(self) -> bool:
        """Whether tokens of the forgotten, which no key makes again, fit the new column; or else they become null."""
        return bool(self.old.call.output == self.new.call.output)


@dataclass(frozen=True)
class Side:
    """One side of a join: a column of a stored table; through a bridge, if its tokens may be old ones."""

    path: str
    column: str
    bridge: str | None = None


class Joined(NamedTuple):
    """What a join of two columns gives: tokens that stand on both sides, and rows."""

    tokens: int
    rows: int


class Rotating(Protocol):
    """A backend that exchanges tokens in a release."""

    def turn(self, plan: Plan, release: str, turns: tuple[Turn, ...], bridge: str | None, progress: Progress = silent) -> Release:
        """Writes a release anew with other tokens, to a staged table; all else stays as it is.

        Args:
            plan: The plan of the new release.
            release: Path of the old one.
            turns: The columns whose tokens change.
            bridge: Where a table of old and new tokens goes, or None.
            progress: Told what is under way.

        Raises:
            InputError: If a token of the release is of no value of the source, or two values have one token.
        """
        ...

    def joined(self, left: Side, right: Side) -> Joined:
        """Returns how two columns join."""
        ...


class RotatingBackend(LakeBackend, Rotating, Counting, Statistical, Protocol):
    """A backend that does everything."""


class Tokens:
    """Old tokens and new ones, each once.

    Args:
        pairs: Table with the columns ``OLD`` and ``NEW``.
        turn: Whose.
    """

    def __init__(self, pairs: pa.Table, turn: Turn) -> None:
        self._turn = turn
        both = zip(pairs[OLD].to_pylist(), pairs[NEW].to_pylist(), strict=True)
        distinct = {(old, new) for old, new in both if old is not None}
        self.new = dict(distinct)
        require_one_to_one(len(distinct), len(self.new), len(set(self.new.values())), turn)

    def exchanged(self, tokens: pa.ChunkedArray) -> pa.Array:
        """Returns the new tokens for old ones."""
        cells = tokens.to_pylist()
        if self._turn.keys is None:
            require_known(sum(cell is not None and cell not in self.new for cell in cells), self._turn)
        kept = self._turn.keeps_dead
        return pa.array([self.new.get(cell, cell if kept else None) for cell in cells], self._turn.new.call.output)

    def bridge(self) -> pa.Table:
        """Returns what a bridge holds of them."""
        rows = sorted((str(old), str(new)) for old, new in self.new.items())
        return pa.table([[self._turn.released] * len(rows), [old for old, _ in rows], [new for _, new in rows]], schema=BRIDGE)


def require_one_to_one(pairs: int, olds: int, news: int, turn: Turn) -> None:
    """Checks that each old token has one new token, and each new one old.

    Raises:
        InputError: If not.
    """
    if not pairs == olds == news:
        raise InputError("two values have one token: a release cannot be rotated that has lost what told them apart",
                         where=f"column {turn.released!r}", next="release the source anew, with tokens of another form")


def require_known(unknown: int, turn: Turn) -> None:
    """Checks that every token of the release is of a value of the source.

    Raises:
        InputError: If not.
    """
    if unknown:
        raise InputError(f"{unknown:,} cells of the release hold tokens of no value of the source",
                         where=f"column {turn.released!r}", allowed="the source as it was released, and the old policy's keys",
                         next="restore the source, or release it anew")


def joined_in_memory(left: Side, right: Side) -> Joined:
    """Returns how two columns join, row counts in memory. See ``Rotating.joined``."""
    lefts, rights = _counted(left), _counted(right)
    both = lefts.keys() & rights.keys()
    return Joined(len(both), sum(lefts[one] * rights[one] for one in both))


def write_bridge(tokens: list[Tokens], path: str) -> None:
    """Writes what a bridge holds, without statistics."""
    write_deltalake(str(Path(path)), pa.concat_tables([one.bridge() for one in tokens]), mode="error",
                    configuration={"delta.dataSkippingNumIndexedCols": "0"})


def _counted(side: Side) -> Counter[str]:
    new = {}
    if side.bridge is not None:
        rows = _column(side.bridge, *BRIDGE.names)
        new = {row["old"]: row["new"] for row in rows.to_pylist() if row["column"] == side.column}
    cells = _column(side.path, side.column)[side.column].cast(pa.string()).to_pylist()
    return Counter(new.get(cell, cell) for cell in cells if cell is not None)


def _column(path: str, *names: str) -> pa.Table:
    table = open_table(Source(table=path, format="delta"))
    return read_columns(table, normalized(table.schema), list(names))
