"""redact_text with styles: a function of text, known values, subject and subkey, whatever the batch."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import PolicyError
from udfs.redact_text import redact_text

KEY, DATES = bytes(range(32)), bytes(range(32, 64))
TEXTS = ["write to jane.roe@acme.com or 212-555-7890", "Dr. Jane Roe came on 2021-03-04",
"nothing", None, "x" * 30 + " 10.0.0.7", "Roe"]
STYLED = [(("default", "surrogate"),), (("default", "hash"), ("PERSON", "keep_format")), (("default", "drop"),),
          (("EMAIL_ADDRESS", "surrogate"),)]
KNOWN = st.none() | st.lists(st.none() | st.sampled_from(["Jane Roe", "2021-03-04", "212-555-7890"]), max_size=2)
ROWS = st.lists(st.tuples(st.sampled_from(TEXTS), KNOWN, st.none() | st.integers(0, 2)), max_size=8)


def redacted(rows, styles, **more) -> list[str | None]:
    text, known, subject = (pa.array([row[place] for row in rows], kind)
                            for place, kind in enumerate((pa.string(), pa.list_(pa.string()), pa.int64())))
    return redact_text(text, known, subject, reads=("known",
    "subject"), styles=styles, subkey=KEY, dates_key=DATES, **more).to_pylist()


@settings(deadline=None, max_examples=2)
@given(ROWS, st.sampled_from(STYLED), st.booleans(), st.randoms(use_true_random=False))
def test_rows_do_not_know_their_batch(rows, styles, by_subject, rng):
    whole = redacted(rows, styles, by_subject=by_subject)
    order = rng.sample(range(len(rows)), len(rows))
    assert redacted([rows[at] for at in order], styles, by_subject=by_subject) == [whole[at] for at in order]
    assert [one for row in rows[:2] for one in redacted([row], styles, by_subject=by_subject)] == whole[:2]


@pytest.mark.parametrize(("styles", "expected"), [
    (((("default", "surrogate")),), r"write to \w+\.\w+@example\.\w{3} or \d{3}-555-01\d\d"),
    (((("default", "hash")),), r"write to EMAIL_ADDRESS_[a-z2-7]{16} or PHONE_NUMBER_[a-z2-7]{16}"),
    (((("default", "keep_format")),), r"write to [a-z]{4}\.[a-z]{3}@[a-z]{4}\.[a-z]{3} or \d{3}-\d{3}-\d{4}"),
    (((("default", "drop")),), "write to or"),
    ((("EMAIL_ADDRESS", "drop"), ("PHONE_NUMBER", "hash")), r"write to or PHONE_NUMBER_[a-z2-7]{16}"),
    ((), r"write to \[EMAIL_ADDRESS\] or \[PHONE_NUMBER\]"),
])
def test_each_style(styles, expected):
    found = redacted([(TEXTS[0], None, None)], styles)[0]
    assert re.fullmatch(expected, found), found


def test_dates_of_a_subject_move_as_in_its_columns():
    import datetime as dt  # noqa: PLC0415 - for this test alone

    from udfs.date_shift import date_shift  # noqa: PLC0415 - for this test alone

    rows = [("seen 2021-03-04, again 14 March 2021", None, subject) for subject in (1, 2, 3)]
    columns = date_shift(pa.array([dt.date(2021, 3, 4)] * 3), pa.array([1, 2, 3]), max_days=90, subkey=DATES)
    for text, first in zip(redacted(rows, STYLED[0], max_days=90), columns.to_pylist(), strict=True):
        second = first + dt.timedelta(10)
        assert text == f"seen {first}, again {second.strftime('%-d %B %Y')}"


def test_subjects_apart_or_together():
    rows = [("Dr. Jane Roe came", None, subject) for subject in (1, 2, 1)]
    together, apart = redacted(rows, STYLED[0]), redacted(rows, STYLED[0], by_subject=True)
    assert len(set(together)) == 1
    assert apart[0] == apart[2] != apart[1]


def test_a_subject_without_known_values():
    text = pa.array(["Dr. Jane Roe came"])
    found = redact_text(text, pa.array(["7"]), reads=("subject",), styles=STYLED[0], by_subject=True, subkey=KEY)
    assert "Jane" not in found[0].as_py()


def test_a_style_that_makes_values_up_without_its_key_fails():
    with pytest.raises(PolicyError, match="needs a key"):
        redact_text(pa.array(["x"]), styles=STYLED[0])
