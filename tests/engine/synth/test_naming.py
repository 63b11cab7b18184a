"""Values of columns without a domain: those that enough units share, and no other but by a chance that delta pays for."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError, PolicyError
from engine.privacy.keys import BITS, KeySelection
from engine.synth.columns import MOST_VALUES, choose_columns
from engine.synth.naming import _some_of_each, _units, named_values
from engine.synth.outline import budget_of
from engine.synth.shards import VerifiedRelease, open_release
from schemas.dp_events import Promised
from schemas.receipt import Anonymity, Spend
from tests.engine.synth.people import COLORS, people, policy, write_release

FREE = {"role": "insensitive", "why": "w"}


class Files:
    """What of a release is read here: tables, file by file."""

    def __init__(self, *tables: pa.Table) -> None:
        self._tables, self.receipt = tables, type("Receipt", (), {"files": ()})

    def read(self, files, columns):
        del files
        yield from ((None, table.select(columns)) for table in self._tables)


ROWS = st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), st.sampled_from(["1", "2", "3", None])), max_size=30)


@settings(max_examples=200, deadline=None)
@given(rows=ROWS, cut=st.integers(0, 30), most=st.integers(1, 3))
def test_units_are_counted_as_one_by_one(rows, cut, most):
    tables = [pa.table({"value": pa.array([v for v, _ in part], pa.string()), "who": pa.array([w for _, w in part], pa.string())})
              for part in (rows[:cut], rows[cut:])]
    values, units = _units(Files(*tables), "who", "value", 3)
    pairs = {(v, w) for v, w in rows if v is not None and w is not None}
    assert dict(zip(values, units.tolist(), strict=True)) == {
        value: sum(v == value for v, _ in pairs) for value in {v for v, _ in pairs}}
    values, units = _units(Files(*tables), None, "value", 1)
    assert dict(zip(values, units.tolist(), strict=True)) == {
        value: sum(v == value for v, _ in rows) for value in {v for v, _ in rows} - {None}}
    _, bounded = _units(Files(*tables), "who", "value", most)
    of_each = [min(most, sum(w == who for _, w in pairs)) for who in {w for _, w in pairs}]
    assert bounded.sum() == sum(of_each)


def test_of_each_unit_some_count_and_every_one_of_its_values_may():
    units = np.array([7, 3, 7, 7, 3, 7, 1], dtype=np.int32)
    seen = defaultdict(int)
    for _ in range(400):
        kept = _some_of_each(units, 2)
        assert sorted(units[kept].tolist()) == [1, 3, 3, 7, 7]
        for place in kept:
            seen[int(place)] += 1
    assert [seen[place] for place in (1, 4, 6)] == [400, 400, 400]
    for place in (0, 2, 3, 5):
        assert 140 < seen[place] < 260, "two of four: 200 of 400, but for six deviations"


def test_a_word_of_few_is_named_as_seldom_as_delta_says():
    selection = KeySelection(0.5, 0.02, groups=1)
    table = pa.table({"word": ["one"] + ["three"] * 3 + ["many"] * 200 + [None] * 9})
    tries, named = 3000, defaultdict(int)
    for _ in range(tries):
        for value in named_values(Files(table), None, ["word"], selection)["word"]:
            named[value] += 1
    assert named["many"] == tries
    chances = [0.0]
    for _ in range(3):  # the recursion of Desfontaines et al. (2022), theorem 1, in doubles
        chances.append(min(np.exp(0.5) * chances[-1] + 0.02, 1 - np.exp(-0.5) * (1 - chances[-1] - 0.02), 1))
    for units, value in ((1, "one"), (3, "three")):
        expected = tries * chances[units]
        assert abs(named[value] - expected) < 6 * np.sqrt(expected), (value, named[value], expected)
    assert selection.chances()[1] / 2**BITS == pytest.approx(0.02)


def test_a_subject_counts_with_as_many_values_as_it_has_rows_that_count():
    """A person with a hundred words of its own: each is named with the chance of one unit, and two of them at most take part."""
    table = pa.table({"who": ["p"] * 100, "word": [f"w{n}" for n in range(100)]})
    selection = KeySelection(0.5, 0.5, groups=2)
    found = [len(named_values(Files(table), "who", ["word"], selection)["word"]) for _ in range(400)]
    assert max(found) == 2
    assert 340 < sum(found) < 460, "each of two by half a chance, but for six deviations"


def test_columns_without_a_domain_are_named_and_paid_for(tmp_path):
    table = people(3000).append_column("town", pa.array([f"town {n % 3}" for n in range(3000)]))
    table = table.append_column("id", pa.array([f"{n}" for n in range(3000)]))
    table = table.append_column("when", pa.array([None] * 3000, pa.date32()))
    table = table.append_column("tags", pa.array([["a"]] * 3000))
    asked = policy(dict.fromkeys(("town", "id", "when", "tags"), FREE), epsilon=20)
    release = open_release(write_release(tmp_path, table))
    chosen = choose_columns(asked, release)
    assert {column.column for column in chosen.known} == {"age", "color", "weight", "ill"}
    assert chosen.to_name == ("town", "id", "when")
    budget = budget_of(asked.synthesis, chosen.to_name)
    assert budget.naming.events == (Promised(epsilon=20 * 0.1 / 6, delta=1e-4 * 0.1 / 6, count=6),)
    assert budget.training + budget.counting + budget.named[0] == pytest.approx(20)
    assert budget.delta + budget.named[1] == pytest.approx(1e-4)
    learned = chosen.learned(named_values(release, "token", chosen.to_name, budget.naming))
    kinds = {column.column: column for column in learned.encoding.columns}
    assert set(kinds) == {"age", "color", "weight", "ill", "town"}
    assert kinds["town"].values == ("town 0", "town 1", "town 2")
    assert kinds["color"].values == COLORS
    left_out = " ".join(learned.left_out)
    assert "tags is left out: it holds lists" in left_out
    assert "id is left out: its values are not public, and too few units share" in left_out
    assert "when is left out" in left_out


@pytest.mark.parametrize(("provenance", "rows", "unit", "named"), [
    ("data-dependent", None, "subject", True), ("dp-fitted", None, "subject", True), ("dp-fitted", 2, "subject", False),
    ("dp-fitted", None, "record", False)])
def test_labels_are_known_where_the_unit_was_paid_for(tmp_path, provenance, rows, unit, named):
    """A subject with k rows can have a class, and a label, of its own: noise in cuts hides rows, and subjects only if asked."""
    table = people(60).append_column("town", pa.array(["[a, b]", "c"] * 30))
    release, asked = open_release(write_release(tmp_path, table)), policy({"town": FREE}, unit=unit, records=60)
    quasi = asked.columns["town"].model_copy(update={"role": "quasi"})
    asked = asked.model_copy(update={"columns": asked.columns | {"town": quasi}})
    spend = Spend(purpose="cuts", epsilon=0.5, delta=1e-6, mechanism="noise") if provenance == "dp-fitted" else None
    recoded = Anonymity.model_construct(provenance=provenance, suppressed_rows=0, spend=spend, spend_rows=rows)
    release = VerifiedRelease(release.path, release.receipt.model_copy(update={"anonymity": recoded}))
    chosen = choose_columns(asked, release)
    assert (chosen.to_name == ("town",)) == named
    assert ("town" in {column.column for column in chosen.known}) != named


def test_what_the_policy_lists_and_cannot_be_learned_is_refused(tmp_path):
    table = people(60).append_column("id", pa.array([f"{n}" for n in range(60)])).append_column("tags", pa.array([["a"]] * 60))
    release, more = open_release(write_release(tmp_path, table)), {"id": FREE, "tags": FREE}
    chosen = choose_columns(policy(more, columns=["age", "id"]), release)
    with pytest.raises(PolicyError, match="too few units share any of its values"):
        chosen.learned({"id": ()})
    with pytest.raises(PolicyError, match=f"more than {MOST_VALUES}"):
        chosen.learned({"id": tuple(map(str, range(MOST_VALUES + 1)))})
    with pytest.raises(PolicyError, match="lists, structs and bytes"):
        choose_columns(policy(more, columns=["tags"]), release)
    with pytest.raises(PolicyError, match="cannot be learned"):
        choose_columns(policy(more, columns=["age", "person"]), release)
    nothing = choose_columns(policy(more, columns=["id"]), release)
    with pytest.raises(PolicyError):
        nothing.learned({"id": ()})


def test_too_little_to_name_values_with_is_refused_before_anything_is_drawn(tmp_path):
    table = people(60).append_column("town", pa.array(["a"] * 60))
    chosen = choose_columns(policy({"town": FREE}), open_release(write_release(tmp_path, table)))
    with pytest.raises(PolicyError, match="left to name the values"):
        budget_of(policy(epsilon=1e-7, delta=1e-12).synthesis, chosen.to_name)


def test_without_any_column_there_is_nothing_to_learn(tmp_path):
    release = open_release(write_release(tmp_path, pa.table({"token": ["a", "b"], "id": ["1", "2"]})))
    asked = policy({"id": FREE, **{name: {"role": "direct", "operator": "drop"} for name in ("age", "color", "weight", "ill")}})
    with pytest.raises(InputError, match="no column"):
        choose_columns(asked, release).learned({"id": ()})
