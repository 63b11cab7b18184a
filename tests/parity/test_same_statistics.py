"""The same bounded counts on every backend, for one key; and what is claimed of a subject holds where rows are drawn."""

from __future__ import annotations

import math

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import engine.backends.statistics as local_room
from engine.backends.statistics import groups_of
from engine.errors import PolicyError
from engine.privacy.questions import Axis, Question, Steps
from schemas.policy.v1 import Domain, Source
from tests.parity.cases import visits
from tests.parity.test_same_release import backend_on

pytestmark = [pytest.mark.spark, pytest.mark.slow]

ZIP = Axis("zip", ("10115", "10117", "20095", "99999"))
AGE = Axis("age", ("[20, 45)", "[45, 70)", "[70, 95]"), 20.0, 95.0)
KIND, DAY = Axis("diagnosis", None), Axis("odd.`name", ("true", "false"))
WEIGHT = Domain(min=50, max=120)


def asked(name: str, measure: str, axes=(), *, subject="patient", rows=2, groups=1, column="weight", selected=False) -> Question:
    ranged = measure in {"sum", "mean", "values"}
    return Question(name, measure, axes, column if ranged else None, Steps.of(WEIGHT, measure) if ranged else None,
                    subject, rows, groups, selected)


QUESTIONS = (
    asked("people", "subjects", (ZIP,), groups=2), asked("table", "rows", (ZIP, AGE), groups=2),
    asked("ranks", "values", (ZIP,), rows=3), asked("whole", "sum", (), column="cost"),
    asked("by row", "mean", (AGE, DAY), subject=None), asked("named", "mean", (Axis("zip", None), KIND), groups=2, selected=True))
SURE = (0, 2**128)
"""Chances by which every group that is there is named."""


def answers(backend, source: Source, questions=QUESTIONS):
    found = {}
    with backend.statistics(source, questions) as opened:
        for question in questions:
            keys = opened.keys(question, SURE) if question.selected else groups_of(question)
            counted = opened.counted(question, keys)
            found[question.name] = (keys, counted.counts.tolist(), counted.sums.tolist(),
                                    None if counted.points is None else counted.points.tolist())
        found["large"] = opened.keys(questions[-1], (0,) * 8 + (2**128,))
        assert opened.counted(questions[-1], []).counts.shape == (0,)
    return found, opened.version


@pytest.fixture
def source(tmp_path, monkeypatch):
    """Visits with a column that an expression would stumble over, infinite weights, rows without a subject; one key for all."""
    rows = visits().append_column("odd.`name", pa.array([None if n % 11 == 0 else n % 3 == 0 for n in range(400)]))
    weights = [math.inf if n % 50 == 0 else weight for n, weight in enumerate(rows["weight"].to_pylist())]
    rows = rows.set_column(rows.schema.get_field_index("weight"), "weight", pa.array(weights))
    pq.write_table(rows, tmp_path / "visits.parquet")
    monkeypatch.setattr(local_room, "fresh_key", lambda: "7" * 64)
    return Source(table=str(tmp_path / "visits.parquet"), subject="patient")


def test_the_same_answers(source, request, monkeypatch):
    import engine.backends.spark.statistics as spark_room  # noqa: PLC0415 - starts pyspark

    monkeypatch.setattr(spark_room, "fresh_key", lambda: "7" * 64)
    expected = answers(backend_on("local", request), source)
    assert sum(expected[0]["table"][1]) > 100
    assert any(None in key for key in expected[0]["named"][0])
    assert 0 < len(expected[0]["large"]) < len(expected[0]["named"][0])
    assert answers(backend_on("spark", request), source) == expected
    few, (found, version) = QUESTIONS[-3:], answers(backend_on("spark_connect", request), source, QUESTIONS[-3:])
    assert found == {name: expected[0][name] for name in (*(question.name for question in few), "large")}
    assert version == expected[1]


@pytest.mark.parametrize("named", [None, "csv"])
def test_types_that_rows_decide_are_refused_unread(tmp_path, request, monkeypatch, named):
    from engine.backends.spark import reader  # noqa: PLC0415 - starts pyspark

    place = tmp_path / ("visits" if named else "visits.jsonl")
    place.write_text('{"patient": "P1", "weight": "n/a"}\n')
    for read in ("read_csv", "read_json_lines"):
        monkeypatch.setattr(reader, read, lambda *_: pytest.fail("read"))
    for backend in ("local", "spark"):
        opened = backend_on(backend, request).statistics(Source(table=str(place), format=named), QUESTIONS)
        with pytest.raises(PolicyError, match="does not store types"), opened:
            pass


def test_figures_are_written_as_a_table(tmp_path, request):
    from engine.backends.local import LocalBackend  # noqa: PLC0415 - with the backend under test

    rows = pa.table({"query": ["a"], "groups": ["{}"], "measure": ["rows"], "value": [1.5],
                     "deviation": pa.array([None], pa.float64())})
    backend_on("spark_connect", request).write_new(rows, str(tmp_path / "out"))
    with LocalBackend().statistics(Source(table=str(tmp_path / "out")), [Question("n", "rows")]) as opened:
        assert opened.counted(Question("n", "rows"), [()]).counts.tolist() == [1]
