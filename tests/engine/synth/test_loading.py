"""Units are the same however files are spread over ranks, and the holdout is an honest one."""
# ruff: noqa: PLC0415 - torch takes seconds to load: not while tests are collected

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from engine.synth.columns import learn_columns
from engine.synth.holdout import split_holdout, unit_digests, unit_names
from engine.synth.sampling import held_out
from engine.synth.shards import open_release
from tests.engine.synth.people import people, policy, write_release

pytestmark = pytest.mark.slow  # torch takes seconds to load
COLUMNS = ("age", "color", "weight", "ill")


def _load(release, ranks, subject, most=2):
    """Loads all ranks one after the other, passing rows by hand as the process group would."""
    torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'lakeveil[synth]'")
    from engine.synth import loading
    from engine.synth.training import Alone

    verified = open_release(release)
    encoding = learn_columns(policy(), verified).encoding
    sent: dict[int, list] = {rank: [] for rank in range(ranks)}

    class Collecting(Alone):
        size = ranks

        def route(self, values, owners):
            for rank in range(ranks):
                sent[rank].append(values[np.flatnonzero(owners == rank)])
            return values[:0]

    class Delivering(Collecting):
        def route(self, values, owners):
            del values, owners
            return torch.cat(sent[self.rank])

    found = []
    for kind in (Collecting, Delivering):
        for rank in range(ranks):
            member = kind()
            member.rank = rank
            found.append(loading.load_units(verified, encoding, subject=subject, holdout=0.3, most_rows=most, ranks=member))
    return [units for units, _ in found[ranks:]], encoding


def _rows(parts):
    return Counter(tuple(row) for units in parts for row in units.codes.tolist())


@pytest.mark.parametrize("ranks", [2, 3, 5])
def test_every_training_row_is_on_exactly_one_rank(tmp_path, ranks):
    table = people(400)
    release = write_release(tmp_path, table, files=3)
    parts, encoding = _load(release, ranks, None)
    digests, _ = unit_digests(table, None, encoding.names)
    train = encoding.encode(table)[~split_holdout(digests, 0.3, by_row=True)]
    assert _rows(parts) == Counter(tuple(row) for row in train.tolist())
    assert sum(len(units.ids) for units in parts) == len(train)


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_a_subject_s_rows_meet_on_one_rank_and_are_bounded(tmp_path, ranks):
    table = people(400)
    parts, _ = _load(write_release(tmp_path, table, files=3), ranks, "token")
    per_subject = Counter(table["token"].to_pylist())
    names = unit_names(unit_digests(pa.table({"token": list(per_subject)}), "token", ())[0], by_row=False)
    trained = [rows for rows, held in zip(per_subject.values(), held_out(names, 0.3), strict=True) if not held]
    sizes = [size for units in parts for size in np.diff(units.offsets)]
    assert Counter(sizes) == Counter(min(2, rows) for rows in trained)


def test_rows_without_a_subject_are_left_out(tmp_path):
    table = people(200)
    tokens = [None if place % 4 == 0 else token for place, token in enumerate(table["token"].to_pylist())]
    table = table.set_column(0, "token", pa.array(tokens, pa.string()))
    parts, _ = _load(write_release(tmp_path, table), 1, "token", most=100)
    kept = [token for token in tokens if token is not None]
    names = unit_names(unit_digests(pa.table({"token": kept}), "token", ())[0], by_row=False)
    assert len(parts[0].codes) == int((~held_out(names, 0.3)).sum())


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
