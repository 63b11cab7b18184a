"""Tables without rows, names that look like others, and long tables of chances: on every backend the same, and no error."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.backends.statistics import groups_of
from engine.privacy.keys import KeySelection
from engine.privacy.questions import Axis, Question, Steps
from schemas.policy.v1 import Domain, Source
from tests.parity.test_same_release import backend_on

pytestmark = [pytest.mark.spark, pytest.mark.slow]

PAY, BACKENDS = Domain(min=0, max=100), ["local", "spark"]
SEX = Axis("a", ("F", "M"))
NAMES = (Axis("a", None), Axis("b", None))
HALF = (0, 2**127, 2**128)


def table(place, rows) -> Source:
    kinds = pa.schema([("id", pa.string()), ("a", pa.string()), ("b", pa.string()), ("pay", pa.float64())])
    pq.write_table(pa.Table.from_pylist([dict(zip(kinds.names, row, strict=True)) for row in rows], kinds), place)
    return Source(table=str(place))


@pytest.mark.parametrize("backend", BACKENDS)
def test_of_nothing_there_are_zeros(tmp_path, request, backend):
    """No rows, and rows of which none counts, by no groups and by some."""
    ranged = (("sum", (), None), ("sum", (), "id"), ("mean", (), None), ("values", (), None), ("sum", (SEX,), None))
    asked = [Question("rows", "rows"), Question("people", "subjects", subject="id"), *(
        Question(measure, measure, axes, "pay", Steps.of(PAY, measure), subject) for measure, axes, subject in ranged)]
    for name, rows in (("none", []), ("nulls", [(None, None, None, None)] * 3)):
        with backend_on(backend, request).statistics(table(tmp_path / f"{name}.parquet", rows), asked) as answers:
            for question in asked:
                found = answers.counted(question, groups_of(question))
                counts = [3] if name == "nulls" and question.name == "rows" else [0] * question.cells
                assert (found.counts.tolist(), found.sums.tolist()) == (counts, [0] * question.cells), question.name
                assert found.points is None or not found.points.any()


@pytest.mark.parametrize("backend", BACKENDS)
def test_groups_whose_names_look_alike_are_named_apart(tmp_path, request, backend):
    """Each named by one half: that of all 32 pairs of a kind both are named or neither has a chance of 2^-32."""
    pairs = [((f"{n}\x1fb", "c"), (f"{n}", "b\x1fc")) for n in range(32)]
    pairs += [((None, f"{n}"), ("\x00", f"{n}")) for n in range(32)] + [((f"{n}", None), (f"{n}", "\x00")) for n in range(32)]
    rows = [(f"{n} {side}", *pair[side], 1.0) for n, pair in enumerate(pairs) for side in (0, 1)]
    asked = Question("q", "rows", NAMES, subject="id", selected=True)
    with backend_on(backend, request).statistics(table(tmp_path / "t.parquet", rows), [asked]) as answers:
        named = set(answers.keys(asked, HALF))
    for kind in (pairs[:32], pairs[32:64], pairs[64:]):
        assert any((one in named) != (other in named) for one, other in kind)
    assert 48 < len(named) < 144  # seven standard deviations from 96


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_small_epsilon_names_groups_with_a_long_table(tmp_path, request, backend):
    """Tens of thousands of chances; a group as large as the longest is named anyhow, one of one unit hardly ever."""
    chances = KeySelection(3e-4, 1e-6).chances()
    assert len(chances) > 20_000
    rows = [(f"{n}", "large", "x", 1.0) for n in range(len(chances))] + [("0", "small", "x", 1.0)]
    asked = Question("q", "rows", NAMES, selected=True)
    with backend_on(backend, request).statistics(table(tmp_path / "t.parquet", rows), [asked]) as answers:
        assert answers.keys(asked, chances) == [("large", "x")]
