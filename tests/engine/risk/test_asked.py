"""What ``lakeveil risk`` is asked: options that go together, names of columns as they are written, and where the record may go."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.anonymity.risk.assess import Wanted
from engine.errors import PolicyError
from engine.risk.road import Asked


def asked(columns: str | None = None, out: Path | None = None, **wanted) -> Asked:
    return Asked(columns, None, None, out, Wanted(**wanted))


@pytest.mark.parametrize(("wanted", "where"), [
    ({"fraction": 0.1, "population_size": 10}, "--fraction --population-size"), ({"fraction": 0.0}, "--fraction"),
    ({"fraction": 1.5}, "--fraction"), ({"threshold": 0.0}, "--threshold"), ({"threshold": 2.0}, "--threshold"),
    ({"fraction": float("nan")}, "--fraction")])
def test_options_that_do_not_fit(wanted, where):
    with pytest.raises(PolicyError) as refused:
        asked("a", **wanted)
    assert refused.value.where == where


@pytest.mark.parametrize(("written", "names"), [
    ("a,b", ("a", "b")), (" a , b ,", ("a", "b")), ('"with, comma", b', ("with, comma", "b")),
    ('"with ""quotes"""', ('with "quotes"',)), ("*", None), (" * ", None), ("a b,c.d", ("a b", "c.d")), ("", ())])
def test_names_of_columns_as_they_are_written(written, names):
    assert asked(written).names == names
