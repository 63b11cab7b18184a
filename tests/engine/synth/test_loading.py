"""Units are the same however files are spread over ranks, and the holdout is an honest one."""
# ruff: noqa: PLC0415 - torch takes seconds to load: not while tests are collected

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from engine.errors import SetupError
from engine.synth.columns import choose_columns
from engine.synth.holdout import split_holdout, unit_digests, unit_names
from engine.synth.sampling import held_out
from engine.synth.shards import open_release
from tests.engine.synth.people import people, policy, write_release
from tests.engine.synth.ranks import Threads

pytestmark = pytest.mark.slow  # torch takes seconds to load
COLUMNS = ("age", "color", "weight", "ill")


def _load(release, ranks, subject, most=2, **more):
    """Loads on all ranks, as threads."""
    pytest.importorskip("torch", reason="torch is not installed: pip install 'lakeveil[synth]'")
    from engine.synth.loading import load_units

    verified = open_release(release)
    encoding = choose_columns(policy(), verified).learned({}).encoding
    found = Threads(ranks).run(
        lambda rank: load_units(verified, encoding, subject=subject, holdout=0.3, most_rows=most, ranks=rank, **more))
    assert len({left for _, left in found}) == 1
    return [units for units, _ in found], encoding, found[0][1]


def _rows(parts):
    return Counter(tuple(row) for units in parts for row in units.codes.tolist())


@pytest.mark.parametrize("ranks", [2, 3, 5])
def test_every_training_row_is_on_exactly_one_rank(tmp_path, ranks):
    table = people(400)
    release = write_release(tmp_path, table, files=3)
    parts, encoding, left = _load(release, ranks, None)
    assert left == (0, 0)
    digests, _ = unit_digests(table, None, encoding.names)
    train = encoding.encode(table)[~split_holdout(digests, 0.3, by_row=True)]
    assert _rows(parts) == Counter(tuple(row) for row in train.tolist())
    assert sum(len(units.ids) for units in parts) == len(train)


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_a_subject_s_rows_meet_on_one_rank_and_are_bounded(tmp_path, ranks):
    table = people(400)
    parts, _, left = _load(write_release(tmp_path, table, files=3), ranks, "token")
    per_subject = Counter(table["token"].to_pylist())
    names = unit_names(unit_digests(pa.table({"token": list(per_subject)}), "token", ())[0], by_row=False)
    trained = [rows for rows, held in zip(per_subject.values(), held_out(names, 0.3), strict=True) if not held]
    sizes = [size for units in parts for size in np.diff(units.offsets)]
    assert Counter(sizes) == Counter(min(2, rows) for rows in trained)
    assert left == (sum(max(0, rows - 2) for rows in trained), 0)


@pytest.mark.parametrize("subject", [None, "token"])
def test_units_are_the_same_whatever_the_memory_and_the_ranks(tmp_path, monkeypatch, subject):
    """Ten thousand bytes take rounds of a dozen rows and dozens of buckets; all of a table takes one of each."""
    pytest.importorskip("torch", reason="torch is not installed: pip install 'lakeveil[synth]'")
    from engine.synth import loading

    monkeypatch.setattr(loading, "fresh_key", lambda _: bytes(32))
    release = write_release(tmp_path, people(300), files=3)
    found = []
    for ranks, memory in ((1, 1 << 30), (1, 10_000), (2, 20_000), (4, 50_000)):
        parts, *_ = _load(release, ranks, subject, memory=memory)
        found.append({unit.tobytes(): sorted(map(tuple, units.codes[start:end].tolist())) for units in parts
                      for unit, start, end in zip(units.ids, units.offsets, units.offsets[1:], strict=False)})
        assert len(found[-1]) == sum(len(units.ids) for units in parts)
        assert {units.codes.dtype for units in parts} == {np.dtype(np.uint8)}
        assert max(units.widest for units in parts) == max(map(len, found[-1].values()))
    assert len(found[0]) > 80
    assert all(one == found[0] for one in found)


def test_a_full_disk_is_told(monkeypatch):
    from engine.synth.spool import Column

    column = Column(np.uint8, 4)
    column.append(np.zeros((2, 4)))
    with Path("/dev/full").open("wb", buffering=0) as full:
        monkeypatch.setattr(column, "_file", full)
        with pytest.raises(SetupError, match="disk is full"):
            column.append(np.ones((2, 4)))


def test_nothing_of_a_spool_has_a_name(tmp_path, monkeypatch):
    from engine.synth.spool import Column, Spool

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    spool, column = Spool(3, 2), Column(np.uint16, 2)
    spool.add(np.arange(20, dtype=np.uint8).reshape(10, 2), np.arange(10, dtype=np.uint64))
    column.append(np.arange(8).reshape(4, 2))
    assert not list(tmp_path.iterdir())
    assert [len(rows) for rows in spool.emptied()] == [4, 3, 3]
    assert column.mapped().tolist() == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert Column(np.int64).mapped().shape == (0,)


def test_rows_without_a_subject_are_left_out(tmp_path):
    table = people(200)
    tokens = [None if place % 4 == 0 else token for place, token in enumerate(table["token"].to_pylist())]
    table = table.set_column(0, "token", pa.array(tokens, pa.string()))
    parts, _, left = _load(write_release(tmp_path, table), 2, "token", most=100)
    assert left == (0, 50), "they are no surplus"
    kept = [token for token in tokens if token is not None]
    names = unit_names(unit_digests(pa.table({"token": kept}), "token", ())[0], by_row=False)
    assert sum(len(units.codes) for units in parts) == int((~held_out(names, 0.3)).sum())


def test_copies_of_a_row_fall_on_either_side():
    table = pa.concat_tables([people(1)] * 1000)
    held = split_holdout(unit_digests(table, None, COLUMNS)[0], 0.3, by_row=True)
    assert 230 < held.sum() < 370


def test_one_row_more_moves_no_other_row():
    table = pa.concat_tables([people(300), people(50)])
    digests, _ = unit_digests(table, None, COLUMNS)
    encoded = [row.tobytes() for row in digests]
    for place in (0, 17, 349):
        rest = np.delete(np.arange(len(table)), place)
        held, fewer = split_holdout(digests, 0.3, by_row=True), split_holdout(digests[rest], 0.3, by_row=True)
        one = Counter((encoded[i], bool(h)) for i, h in enumerate(held))
        other = Counter((encoded[i], bool(h)) for i, h in zip(rest, fewer, strict=True))
        assert sum(((one - other) + (other - one)).values()) == 1


def test_copies_are_different_units():
    digests, _ = unit_digests(pa.concat_tables([people(5)] * 3), None, COLUMNS)
    assert len(set(unit_names(digests, by_row=True))) == 15
    assert len(set(unit_names(digests, by_row=False))) == 5
