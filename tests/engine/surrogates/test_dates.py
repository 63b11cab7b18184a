"""Dates move by days and keep the form that they are written in, by the word of ``strptime``."""

from __future__ import annotations

import datetime as dt
import re

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.operators.canonical import canonical
from engine.surrogates.dates import MOST_DAYS, date, subject_days
from engine.surrogates.keyed import Keyed
from engine.surrogates.months import month, weekday
from udfs.date_shift import date_shift

KEYED = Keyed(bytes(range(32)))
DAYS = st.dates(dt.date(1900, 7, 1), dt.date(2090, 1, 1))
FORMATS = ["%Y-%m-%d", "%m/%d/%Y", "%d.%m.%Y", "%B %-d, %Y", "%-d %B %Y", "%Y%m%d", "%Y/%m/%d", "%Y %B %-d", "%A, %B %-d, %Y",
           "%Y-%m-%dT10:30:00Z", "%-d %B %Y at 10:30 pm", "%Y年%m月%d日"]


def read(written: str, form: str) -> dt.date:
    """What Python's own reader makes of it."""
    return dt.datetime.strptime(written, form.replace("%-d", "%d")).replace(tzinfo=dt.UTC).date()


@settings(deadline=None)
@given(DAYS, st.sampled_from(FORMATS), st.integers(-180, 180).filter(bool))
def test_a_date_moves_by_so_many_days_in_its_own_form(day, form, days):
    written = day.strftime(form)
    assert date(written, KEYED, "en_US", days=days) == (day + dt.timedelta(days)).strftime(form)


@settings(deadline=None)
@given(DAYS.filter(lambda day: day.month != 5 and (day.month, day.day) != (2, 29)),
       st.sampled_from(["%m/%d/%y", "%-d %b '%y"]), st.integers(1, 180))
def test_years_of_two_digits(day, form, days):
    written = day.replace(year=1969 + day.year % 100).strftime(form)
    moved = read(written, form) + dt.timedelta(days)
    assert date(written, KEYED, "en_US", days=days) == moved.strftime(form)


@settings(deadline=None)
@given(DAYS, st.sampled_from(FORMATS))
def test_without_a_subject_a_date_moves_by_itself_and_never_stays(day, form):
    written = day.strftime(form)
    moved = read(date(written, KEYED, "en_US"), form)
    assert 1 <= abs((moved - day).days) <= MOST_DAYS
    assert date(written, KEYED, "en_US") == date(written, KEYED, "en_US")


def test_one_day_written_twice_moves_alike():
    moved = {date(written, KEYED, "en_US", days=None) for written in ("1961-03-04", "1961-03-04")}
    assert len(moved) == 1
    assert date("March 4, 1961", KEYED, "en_US") == dt.date.fromisoformat(moved.pop()).strftime("%B %-d, %Y")


@pytest.mark.parametrize(("written", "days", "expected"), [
    ("March 4th, 1961", 18, "March 22nd, 1961"), ("4th of March", 8, "12th of March"), ("4. März 1961", 365, "4. März 1962"),
    ("4. März 1961", 60, "3. Mai 1961"), ("4 de marzo de 1961", 31, "4 de abril de 1961"),
    ("1er janvier 2020", 1, "2 janvier 2020"),
    ("04-MAR-1961", 31, "04-APR-1961"), ("10 Jan 2020", 31, "10 Feb 2020"), ("04 May 2020", 1, "05 May 2020"),
    ("march 4", 31, "april 4"), ("4/3/61", 1, "4/4/61"), ("29 Feb 2020", 365, "28 Feb 2021"),
    ("Feb 29", 1, "Mar 1"), ("Dec 31", 1, "Jan 1"), ("March 1961", 31, "April 1961"), ("03/1961", 31, "04/1961"),
    ("1961-03", 31, "1961-04"), ("1961", 5, "1962"), ("1961", -5, "1960"), ("Monday", 8, "Tuesday"), ("lundi", 1, "mardi"),
    ("Sat, 4 March 1961", 1, "Sun, 5 March 1961"), ("Sept. 11, 2001", 30, "Oct. 11, 2001"), ("3.4.1961", 1, "4.4.1961"),
    ("between 1961-03-04 and 1961-03-09", 1, "between 1961-03-05 and 1961-03-10"), ("1/2", 1, "1/3"), ("31/1", 1, "1/2"),
    ("4 MARS 1961", 31, "4 AVRIL 1961"), ("1 gennaio 2020", 31, "1 febbraio 2020"), ("5 mei 2020", -31, "4 april 2020"),
])
def test_forms_and_languages(written, days, expected):
    assert date(written, KEYED, "en_US", days=days) == expected


def test_the_locale_decides_between_day_and_month_and_between_languages():
    assert date("03/04/1961", KEYED, "en_US", days=30) == "04/03/1961"
    assert date("03/04/1961", KEYED, "en_GB", days=30) == "03/05/1961"
    assert date("12 April", KEYED, "de_DE", days=30) == "12 Mai"
    assert date("12 April", KEYED, "nl_NL", days=30) == "12 Mei"
    assert date("1st Jan 2020", KEYED, "de_DE", days=31) == "1st Feb 2020"


@pytest.mark.parametrize("written", [
    "", "yesterday", "10:30", "4 months", "two weeks ago", "13/25/1990", "31 June 2020", "2019-02-29",
    "aged 34 on 1961-03-04", "Q3",
])
def test_what_is_no_date_is_not_made_one(written):
    assert date(written, KEYED, "en_US") is None


@pytest.mark.parametrize("written", ["0001-01-01", "9999-12-31"])
def test_the_calendar_ends(written):
    assert date(written, KEYED, "en_US", days=400 if written[0] == "9" else -400) is None


def test_a_move_that_leaves_the_text_as_it_is_is_made_anew():
    assert date("1961-03-04", KEYED, "en_US", days=0) != "1961-03-04"
    assert date("March 1961", KEYED, "en_US", days=1) not in ("March 1961", None)
    assert date("Monday", KEYED, "en_US", days=14) != "Monday"


@settings(deadline=None)
@given(st.integers() | st.text(max_size=5), st.integers(1, 3650))
def test_subjects_move_as_the_kernel_moves_them(subject, most):
    subject = str(subject)
    day = dt.date(2000, 1, 1)
    subjects = pa.array([subject])
    moved = date_shift(pa.array([day]), subjects, max_days=most, subkey=bytes(range(32)))[0].as_py()
    assert subject_days(canonical(subjects)[0].as_py(), bytes(range(32)), most) == (moved - day).days


def test_every_month_and_day_is_read_in_every_form():
    for word in ("January", "Jan", "enero", "Jänner", "févr", "março", "maart", "Sept", "sett"):
        assert month(word, "xx"), word
    assert month("mars", "fr").language == "fr"
    assert month("mars", "xx").number == 3
    assert month("Martian", "en") is None
    assert weekday("miércoles", "es").number == 2
    assert weekday("segunda-feira", "pt").all[1] == "terça-feira"


@settings(deadline=None)
@given(st.text("0123456789/-. aJanMrchfebde'", max_size=20))
def test_any_text_is_read_or_left_alone(text):
    made = date(text, KEYED, "en_US")
    assert made is None or re.sub(r"\w", "", made) == re.sub(r"\w", "", text)
