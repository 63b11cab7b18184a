"""From a release's files to one worker's privacy units, which may be larger than its memory.

Rows travel in rounds of bounded size, lie on the receiver's disk in buckets by unit, and are sorted bucket by bucket. What
training reads then are memory maps. No step's memory grows with the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from engine.synth.encoding import Encoding
from engine.synth.holdout import DIGEST_BYTES, split_holdout, unit_digests, unit_names
from engine.synth.microbatches import Units
from engine.synth.sampling import ID_BYTES, bounded, identifiers
from engine.synth.shards import Batch, VerifiedRelease
from engine.synth.spool import Column, Rows, Spool, smallest
from engine.synth.training import Collective, fresh_key

LOADING_BYTES = 256 << 20
"""Memory that loading takes, about, beside one file of the release."""

_PLACE_BYTES = 8
_NAMED_BYTES, _CELL_BYTES = 200, 24
"""Of a cell while a unit's name is made of it, a few Python objects; and of any other while it is encoded."""

_SORTED_BYTES = 400
"""Of a row while its bucket is sorted, beside four times its codes."""

_MOST_BUCKETS = 256


def expected_memory(rows: float, columns: int) -> int:
    """Returns how many bytes loading so many rows takes on one worker, about, beside one file of the release."""
    return min(LOADING_BYTES, int(rows * (_SORTED_BYTES + _CELL_BYTES * columns)))


class _Form(NamedTuple):
    """What a row is as bytes: digest of its unit, its own number, codes."""

    encoding: Encoding
    subject: str | None
    kind: np.dtype[np.unsignedinteger]

    @property
    def width(self) -> int:
        return DIGEST_BYTES + _PLACE_BYTES + self.kind.itemsize * len(self.encoding.columns)

    @property
    def columns(self) -> list[str]:
        names = self.encoding.names
        return [*names, *([self.subject] if self.subject and self.subject not in names else [])]

    @property
    def read_bytes(self) -> int:
        """Of a row, while it is read."""
        named = len(self.encoding.names) if self.subject is None else 1
        return named * _NAMED_BYTES + (len(self.encoding.names) + 1) * _CELL_BYTES

    def of(self, batch: Batch) -> tuple[Rows, int]:
        """Returns rows as bytes, and how many have no unit and are left out."""
        digests, known = unit_digests(batch.table, self.subject, self.encoding.names)
        places = batch.first + np.arange(len(batch.table), dtype=np.uint64)
        codes = self.encoding.encode(batch.table).astype(self.kind)
        parts = [digests, *(part.view(np.uint8).reshape(len(part), -1) for part in (places, codes))]
        return np.concatenate(parts, axis=1)[known], int((~known).sum())


class Left(NamedTuple):
    """Rows of the whole table that are left out of training, those of units that are held out not counted.

    Attributes:
        cut: Such as a subject has beyond what it may contribute.
        without_subject: Such as name none, wherever they would have come.
    """

    cut: int
    without_subject: int


class _Split(NamedTuple):
    """What says which units train, and which of their rows."""

    holdout: float
    most_rows: int
    key: bytes


def load_units(
    release: VerifiedRelease, encoding: Encoding, *, subject: str | None, holdout: float, most_rows: int, ranks: Collective,
    memory: int = LOADING_BYTES,
) -> tuple[Units, Left]:
    """Returns this rank's units, and how many rows of the whole table were left out.

    Each file is read and checked by one rank; then every row travels to the rank that its unit's digest names, so a
    unit's rows meet wherever they lay. Shards are split once, here.

    Args:
        release: Verified; its files are checked against their digests as they are read.
        encoding: Of the learned columns.
        subject: Released name of the subject's column, or None where each row is its own unit.
        holdout: Share of units that stay out of training.
        most_rows: Rows that one unit may contribute; further rows are cut.
        ranks: The attempt's ranks.
        memory: Bytes that this may take, about. All rows of one subject, and all equal rows, have to fit.

    Raises:
        InputError: If a file is not the one that was verified.
        SetupError: If the disk is full.
    """
    form = _Form(encoding, subject, smallest(max(encoding.sizes) - 1))
    expected = (release.receipt.output.rows or 1) / ranks.size * (_SORTED_BYTES + 4 * form.width)
    spool = Spool(min(_MOST_BUCKETS, 1 + int(2 * expected / memory)), form.width)
    nameless = 0
    for rows, without in _received(release, form, ranks, memory):
        spool.add(rows, _number(rows, 8))
        nameless += without
    units, cut = _sorted(spool, form, _Split(holdout, most_rows, fresh_key(ranks)))
    return units, Left(*ranks.sum(torch.tensor([cut, nameless], dtype=torch.int64)).tolist())


def _received(release: VerifiedRelease, form: _Form, ranks: Collective, memory: int) -> Iterator[tuple[Rows, int]]:
    """Yields the rows that this rank receives, round by round, and how many of those that it read have no unit.

    All ranks take part in every round, with nothing to send if need be: until none has anything left.
    """
    at_once = max(1, memory // (2 * ranks.size * form.read_bytes))
    batches = release.batches(ranks.rank, ranks.size, form.columns, at_once)
    while True:
        batch = next(batches, None)
        if not int(ranks.sum(torch.tensor([batch is not None], dtype=torch.int64))[0]):
            return
        rows, without = (np.empty((0, form.width), dtype=np.uint8), 0) if batch is None else form.of(batch)
        owners = (_number(rows, 0) % np.uint64(ranks.size)).astype(np.intp)
        yield ranks.route(torch.from_numpy(rows), owners).numpy(), without


def _sorted(spool: Spool, form: _Form, split: _Split) -> tuple[Units, int]:
    """Returns the units of all buckets, and how many of their rows were cut."""
    ids, codes, ends = Column(np.uint8, ID_BYTES), Column(form.kind, len(form.encoding.columns)), Column(np.int64)
    ends.append(np.zeros(1))
    total, cut, by_row = 0, 0, form.subject is None
    for bucket in spool.emptied():
        rows = bucket[~split_holdout(bucket[:, :DIGEST_BYTES], split.holdout, by_row=by_row)]
        named = identifiers(unit_names(rows[:, :DIGEST_BYTES], by_row=by_row), split.key)
        places = rows[:, DIGEST_BYTES : DIGEST_BYTES + _PLACE_BYTES]
        kept, offsets = bounded(named, identifiers((place.tobytes() for place in places), split.key), split.most_rows)
        ids.append(named[kept[offsets[:-1]]])
        codes.append(np.ascontiguousarray(rows[kept, DIGEST_BYTES + _PLACE_BYTES :]).view(form.kind))
        ends.append(total + offsets[1:])
        total, cut = total + len(kept), cut + len(rows) - len(kept)
    return Units(ids.mapped(), codes.mapped(), ends.mapped()), cut


def _number(rows: Rows, start: int) -> npt.NDArray[np.uint64]:
    """Returns eight bytes of each row's digest as a number."""
    return np.ascontiguousarray(rows[:, start : start + 8]).view(np.uint64).reshape(-1)
