"""date_shift against one HMAC a row and Python's calendar."""

from __future__ import annotations

import datetime as dt
import hmac

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.date_shift import date_shift

SUBKEY = bytes(range(32))
SUBJECTS = st.none() | st.sampled_from(["p1", "p2", "p3", "Jos\u00e9"])


def slow_days(subject: str, max_days: int) -> int:
    digits = hmac.new(SUBKEY, subject.encode(), "sha256").hexdigest()[:15]
    return int(digits, 16) % (2 * max_days + 1) - max_days


def slow(cell: dt.date | None, subject: str | None, max_days: int) -> dt.date | None:
    if cell is None or subject is None:
        return None
    try:
        return cell + dt.timedelta(days=slow_days(subject, max_days))
    except OverflowError:
        return None


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.none() | st.dates(), SUBJECTS)), st.integers(1, 3650))
def test_dates_agree_with_the_calendar(rows: list[tuple[dt.date | None, str | None]], max_days: int) -> None:
    dates, subjects = ([row[i] for row in rows] for i in (0, 1))
    expected = [slow(*row, max_days) for row in rows]
    for kind in (pa.date32(), pa.date64()):
        found = date_shift(pa.array(dates, kind), pa.array(subjects, pa.string()), max_days=max_days, subkey=SUBKEY)
        assert found.to_pylist() == expected
        assert found.type == kind


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.none() | st.datetimes(), SUBJECTS)), st.sampled_from(["us", "ms", "s"]))
def test_timestamps_keep_their_time_of_day(rows: list[tuple[dt.datetime | None, str | None]], unit: str) -> None:
    times = [row[0] and row[0].replace(microsecond=0) for row in rows]
    expected = [slow(time, subject, 90) for time, (_, subject) in zip(times, rows, strict=True)]
    for zone in (None, "UTC"):
        kind = pa.timestamp(unit, zone)
        found = date_shift(pa.array(times, kind), pa.array([row[1] for row in rows], pa.string()), max_days=90, subkey=SUBKEY)
        assert found.type == kind
        assert [cell and cell.replace(tzinfo=None) for cell in found.to_pylist()] == expected


def test_shifts_cover_the_range_evenly() -> None:
    subjects = pa.array(range(70_000))
    found = date_shift(pa.array([dt.date(1970, 1, 1)] * 70_000), subjects, max_days=3, subkey=SUBKEY).cast(pa.int32()).to_numpy()
    counts = [int((found == day).sum()) for day in range(-3, 4)]
    assert sum(counts) == 70_000
    assert max(abs(count - 10_000) for count in counts) < 500  # five standard deviations


@pytest.mark.parametrize(("kind", "extreme"), [
    (pa.date32(), 2**31 - 1), (pa.date32(), -(2**31)), (pa.timestamp("us"), 2**63 - 1), (pa.timestamp("us"), -(2**63)),
    (pa.timestamp("s"), 2**63 - 1), (pa.timestamp("s"), -(2**63)),
])
def test_what_leaves_the_calendar_is_null(kind: pa.DataType, extreme: int) -> None:
    carrier = pa.int32() if kind == pa.date32() else pa.int64()
    values = pa.array([extreme] * 4, carrier).cast(kind)
    assert date_shift(values, pa.array(["p1", "p2", "p3", "p4"]), max_days=3650, subkey=SUBKEY).null_count == 4


def test_intervals_within_a_subject_are_kept() -> None:
    dates = pa.array([dt.date(2020, 1, 1), dt.date(2020, 2, 10), dt.date(2020, 1, 1)])
    found = date_shift(dates, pa.array(["p1", "p1", "p2"]), max_days=180, subkey=SUBKEY).to_pylist()
    assert found[1] - found[0] == dt.timedelta(days=40)
    assert found[0] != found[2]
    assert date_shift(dates, pa.array(["p1", "p1", "p2"]), max_days=180, subkey=bytes(32)).to_pylist() != found


def test_dates_and_moments_of_a_subject_move_together_in_every_table() -> None:
    days, moment = [dt.date(2020, 3, 28)] * 2, dt.datetime(2020, 3, 28, 12, tzinfo=dt.UTC)
    born = date_shift(pa.array(days), pa.array([42, 7]), max_days=90, subkey=SUBKEY).to_pylist()
    for subjects in (pa.array(["42", "7"]), pa.array([42, 7], pa.int16()), pa.array([42.0, 7.0])):  # as other tables have it
        for kind in (pa.timestamp("us"), pa.timestamp("ms", "UTC"), pa.timestamp("us", "Europe/Berlin")):
            times = pa.array([moment] * 2, pa.timestamp("us", "UTC")).cast(pa.int64())
            times = pc.divide(times, 1000 if kind.unit == "ms" else 1).cast(kind)
            moved = date_shift(times, subjects, max_days=90, subkey=SUBKEY).cast(pa.timestamp("us", "UTC"))
            assert [after - moment for after in moved.to_pylist()] == [day - days[0] for day in born]


def test_nulls_and_layouts() -> None:
    assert date_shift(pa.nulls(2), pa.array(["a", "b"]), max_days=1, subkey=SUBKEY).null_count == 2
    assert date_shift(pa.array([dt.date(2020, 1, 1)]), pa.nulls(1), max_days=1, subkey=SUBKEY).to_pylist() == [None]
    dates, subjects = pa.array([dt.date(2020, 1, 1), None]), pa.array([7, 8])
    expected = date_shift(dates, subjects, max_days=9, subkey=SUBKEY)
    assert date_shift(dates.dictionary_encode(), subjects.dictionary_encode(), max_days=9, subkey=SUBKEY) == expected
    none = pa.array([], pa.date32())
    assert date_shift(none, pa.array([], pa.string()), max_days=9, subkey=SUBKEY) == none
