"""What ``lakeveil risk`` is asked: options that go together, names of columns as written, and where the record may go."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.anonymity.risk.assess import Wanted
from engine.backends.local import LocalBackend
from engine.errors import InputError, PolicyError
from engine.risk.road import Asked, risk


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


def test_the_record_goes_over_nothing_but_an_earlier_one(tmp_path):
    table, record = tmp_path / "t.csv", tmp_path / "risk.json"
    table.write_text("a,b\n1,2\n")
    for _ in range(2):
        risk(str(table), LocalBackend(), asked("a,b", record), lambda *_: None)
    with pytest.raises(InputError, match="there is a file already") as refused:
        risk(str(table), LocalBackend(), asked("a,b", table), lambda *_: None)
    assert refused.value.allowed == "a file that is not there yet, or an earlier riskreport"
    assert table.read_text() == "a,b\n1,2\n"
