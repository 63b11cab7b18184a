"""Records of risk stay readable: what was written once is read, field by field, and nothing else is let in."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from pydantic import ValidationError

from engine.anonymity.risk.assess import Wanted, assess
from engine.backends.frequencies import LocalFrequencies
from schemas.receipt import TableVersion
from schemas.risk import RiskReport

GOLDEN = Path(__file__).parents[1] / "golden" / "risk.v1.json"
PEOPLE = pa.table({"age": [20, 20, 30, 40, 40, 50], "sex": list("ffmmfm"), "all": ["x"] * 6})


def report() -> RiskReport:
    """Returns the record that the golden file was written from."""
    people, everybody = (LocalFrequencies(table, table.column_names) for table in (PEOPLE, pa.concat_tables([PEOPLE] * 3)))
    wanted = Wanted(fraction=0.1, suda=2, in_policy={"age": "quasi"})
    population = TableVersion(table="everybody", version=3, rows=0)
    before, after = (assess(people, TableVersion(table=name, version=0, rows=0), wanted, lambda *_: None,
                            population=(everybody, population)) for name in ("people", "release"))
    return RiskReport(lakeveil="0.1.0", created="2026-11-26T20:00:00+00:00", backend="local", policy="people", release_id="1",
                      threshold=0.2, max_size=3, singled_out=0.05, before=before, after=after)


def test_what_was_written_is_read():
    found = RiskReport.model_validate_json(GOLDEN.read_bytes())
    assert found.risk == "lakeveil/risk/v1"
    assert found.before.population.smallest == 3
    assert found.after.table.table == "release"


def test_what_is_written_has_the_fields_that_were():
    """A field may be added, with a default; none is taken away or gets another name."""
    def paths(value: object, place: str = "") -> set[str]:
        if isinstance(value, dict):
            return {path for key, inner in value.items() for path in paths(inner, f"{place}.{key}")}
        if isinstance(value, list):
            return {path for inner in value for path in paths(inner, f"{place}[]")} or {place}
        return {place}

    now = json.loads(report().model_dump_json())
    assert paths(json.loads(GOLDEN.read_text())) <= paths(now)


@pytest.mark.parametrize("change", [
    {"risk": "lakeveil/risk/v2"}, {"threshold": 0}, {"threshold": 1.5}, {"max_size": 0}, {"unknown": 1}, {"before": None}])
def test_what_is_no_such_record(change):
    written = json.loads(GOLDEN.read_text()) | change
    with pytest.raises(ValidationError) as refused:
        RiskReport.model_validate(written)
    assert "people" not in str(refused.value), "what was written is not repeated"


def test_no_value_of_the_table_is_in_it():
    marked = PEOPLE.set_column(1, "sex", pa.array([f"Jane Q. Public {n}" for n in range(6)]))
    found = assess(LocalFrequencies(marked, marked.column_names), TableVersion(table="t", rows=0), Wanted(fraction=0.1),
                   lambda *_: None)
    assert "Jane" not in found.model_dump_json()
