"""Rows that meet conditions, against all rows that there can be."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from deltalake import DeltaTable
from scipy.stats import chisquare

from engine.errors import InputError, PolicyError
from engine.synth.encoding import Bins, Categories, Codes, Encoding
from engine.synth.ghost import Tape
from engine.synth.given import given
from engine.synth.kept import KEPT
from engine.synth.sampler import Model, sample, write
from engine.synth.tabular import TabularGenerator
from schemas.receipt import SynthesisReceipt, TableVersion

pytestmark = pytest.mark.slow

FALSE_ALARM = 1e-6
SCHEMA = pa.schema([("color", pa.string()), ("age", pa.int64()), ("weight", pa.float64()), ("born", pa.date32())])
ENCODING = Encoding((
    Categories("color", ("blue", "green", "red"), public=True), Bins("age", 0.0, 12.0, 3, whole=True),
    Bins("weight", 0.0, 10.0, 2, whole=False), Bins("born", 0.0, 40.0, 2, whole=True)))


def model() -> Model:
    """A generator with random weights: columns depend on one another."""
    generator = TabularGenerator(ENCODING.sizes)
    generator.state = {name: torch.randn(value.shape) * 0.4 for name, value in generator.state.items()}
    return Model(generator, ENCODING, SCHEMA)


def joint(generator: TabularGenerator) -> dict[tuple[int, ...], float]:
    """The probability of each combination of codes, by the loss that training minimizes."""
    cells = list(itertools.product(*map(range, generator.sizes)))
    losses = generator.loss(Tape(generator.state, recording=False), torch.tensor(cells)[:, None])
    return dict(zip(cells, (-losses[:, 0]).exp().tolist(), strict=True))


@pytest.mark.parametrize("allowed", [{}, {0: [1, 3]}, {2: [0, 1]}, {0: [2], 3: [1]}, {1: [1, 2], 2: [2], 3: [0, 2]}])
def test_rows_that_meet_conditions_are_as_likely_as_the_model_says(allowed):
    generator = model().generator
    masks = {place: np.isin(np.arange(generator.sizes[place]), codes) for place, codes in allowed.items()}
    drawn = generator.sample(60_000, masks)
    meeting = {cell: p for cell, p in joint(generator).items() if all(cell[place] in codes for place, codes in allowed.items())}
    assert_drawn(drawn, meeting)


def assert_drawn(drawn: Codes, meeting: Mapping[tuple[int, ...], float]) -> None:
    """Asserts that rows are as likely as said, and that there are no others."""
    counts = np.array([int((drawn == cell).all(1).sum()) for cell in meeting])
    assert counts.sum() == len(drawn), "no other row"
    chances = np.array(list(meeting.values())) / sum(meeting.values())
    often = chances * len(drawn) > 8
    tail = chances[~often].sum()
    found, expected = [*counts[often], counts[~often].sum()], [*chances[often], tail + 1e-12]
    assert chisquare(found, np.array(expected) / sum(expected) * sum(found)).pvalue > FALSE_ALARM


@pytest.mark.parametrize("allowed", [{}, {1: [1]}, {0: [1, 3], 2: [1]}])
def test_rows_of_columns_that_are_never_missing_are_drawn_from_their_values(allowed):
    generator = model().generator
    masks = {place: np.isin(np.arange(generator.sizes[place]), codes) for place, codes in allowed.items()}
    drawn = generator.sample(60_000, masks, replace(ENCODING, columns=never(0, 2)).possible)
    cells = without_missing(generator, (0, 2))
    meeting = {cell: p for cell, p in cells.items() if all(cell[place] in codes for place, codes in allowed.items())}
    assert_drawn(drawn, meeting)
    if not allowed:
        assert len(drawn) == 60_000, "none is left out"


def never(*places: int) -> tuple[Bins | Categories, ...]:
    return tuple(replace(column, missing=place not in places) for place, column in enumerate(ENCODING.columns))


def without_missing(generator: TabularGenerator, places: tuple[int, ...]) -> dict[tuple[int, ...], float]:
    """The probability of each row where code 0 of some columns has no chance, given what is before: from sums of the joint."""
    whole = joint(generator)
    begins: Counter[tuple[int, ...]] = Counter()
    for cell, p in whole.items():
        begins.update({cell[:length]: p for length in range(len(cell) + 1)})
    found = {}
    for cell in whole:
        p = 1.0
        for place, code in enumerate(cell):
            missing = begins[(*cell[:place], 0)] if place in places else 0.0
            p *= 0.0 if missing and not code else begins[cell[:place + 1]] / (begins[cell[:place]] - missing)
        found[cell] = p
    return {cell: p for cell, p in found.items() if p}


def test_an_empty_text_and_a_missing_value_are_told_apart():
    two = Encoding((Categories("u", ("", "a"), public=True), Categories("v", ('""', "a"), public=True)))
    kinds = pa.schema([("u", pa.string()), ("v", pa.string())])
    codes = {said: np.flatnonzero(given([said], two, kinds).allowed["uv".index(said[0])]).tolist()
             for said in ("u=", 'u=""', "u=a", "v=", 'v=""')}
    assert codes == {"u=": [0], 'u=""': [1], "u=a": [2], "v=": [0], 'v=""': [1]}
    with pytest.raises(PolicyError, match="no such value"):
        given(['color=""'], ENCODING, SCHEMA)


def test_a_value_may_be_written_in_another_way_than_the_column_s():
    encoding = Encoding((Categories("x", ("0.50", "2.00"), public=True),))
    found = given(["x=2"], encoding, pa.schema([("x", pa.decimal128(9, 2))]))
    assert found.allowed[0].tolist() == [False, False, True]


@pytest.mark.parametrize(("condition", "meets"), [
    ("cost=2.5", lambda x: x == Decimal("2.50")), ("cost=2.53", lambda x: x == Decimal("2.53")),
    ("cost=4.35..4.37", lambda x: Decimal("4.35") <= x <= Decimal("4.37")), ("cost=2.531..2.54", lambda x: x == Decimal("2.54")),
    ("cost=10", lambda x: x == 10), ("cost=9.99..inf", lambda x: x >= Decimal("9.99")),
    ("cost=0..0.01", lambda x: x in {Decimal("0.00"), Decimal("0.01")}),
])
def test_decimals_are_met_to_their_last_digit(condition, meets):
    encoding, schema = Encoding((Bins("cost", 0.0, 10.0, 4, whole=False),)), pa.schema([("cost", pa.decimal128(10, 2))])
    made = Model(TabularGenerator(encoding.sizes), encoding, schema)
    drawn = [row["cost"] for batch in made.batches(150, given([condition], encoding, schema)) for row in batch.to_pylist()]
    assert len(drawn) == 150
    assert all(map(meets, drawn))
    allowed = {Decimal(cents) / 100 for cents in range(1001) if meets(Decimal(cents) / 100)}
    assert set(drawn) == allowed, "each of them comes"


@pytest.mark.parametrize("said", ["2.531", "2.531..2.539", "10.01", "10.01..inf", "x", "nan", "nan..nan", "inf", "3..2", "1..x"])
def test_decimals_that_the_column_cannot_hold_are_refused(said):
    encoding, schema = Encoding((Bins("cost", 0.0, 10.0, 4, whole=False),)), pa.schema([("cost", pa.decimal128(10, 2))])
    with pytest.raises(PolicyError, match=r"no part|never comes"):
        given([f"cost={said}"], encoding, schema)


@pytest.mark.parametrize("condition", ["color=", "age="])
def test_a_value_that_is_never_missing_cannot_be_asked_for(condition):
    with pytest.raises(PolicyError, match="ever missing"):
        given([condition], Encoding(never(0, 1)), SCHEMA)


def test_no_row_of_a_column_that_is_never_missing_has_a_null():
    made = replace(model(), encoding=Encoding(never(0, 1)))
    table = pa.Table.from_batches(made.batches(20_000))
    assert [table[name].null_count > 0 for name in SCHEMA.names] == [False, False, True, True]
    assert len(table) == 20_000


def test_few_rows_are_left_out_where_the_first_column_is_given():
    drawn = model().generator.sample(500, {0: np.array([False, False, True, False])})
    assert (len(drawn), set(drawn[:, 0])) == (500, {2})


@pytest.mark.parametrize(("conditions", "meets"), [
    (["color=red"], lambda row: row["color"] == "red"),
    (["color=red", "color=blue"], lambda row: row["color"] in {"red", "blue"}),
    (["age=5"], lambda row: row["age"] == 5),
    (["age=2..9", "color=green"], lambda row: row["color"] == "green" and 2 <= row["age"] <= 9),
    (["age=", "age=3..3"], lambda row: row["age"] in {None, 3}),
    (["weight=2.5..5.5"], lambda row: 2.5 <= row["weight"] <= 5.5),
    (["born=1970-01-05..1970-01-24"], lambda row: "1970-01-05" <= str(row["born"]) <= "1970-01-24"),
])
def test_conditions_are_met_to_the_value(conditions, meets):
    made = model()
    rows = [row for batch in made.batches(300, given(conditions, ENCODING, SCHEMA)) for row in batch.to_pylist()]
    assert len(rows) == 300
    assert all(map(meets, rows))


@pytest.mark.parametrize("condition", [
    "color", "colour=red", "color=RED", "age=13", "age=x", "age=5..3", "age=3..x", "weight=5", "weight=nan..nan", "born=12",
    "born=1980-01-01", "=", "age=..", "age=-5..-1",
])
def test_a_condition_that_is_none_is_refused(condition):
    with pytest.raises(PolicyError) as refusal:
        given([condition], ENCODING, SCHEMA)
    assert "--given" in refusal.value.where
    assert "RED" not in str(refusal.value)


def test_conditions_that_never_hold_together_end(monkeypatch):
    monkeypatch.setattr("engine.synth.sampler._PATIENCE", 100_000)
    made = model()
    made.generator.state["0.out.bias"] = torch.tensor([0.0, -1e4, 0.0, 0.0])
    with pytest.raises(InputError, match="hardly ever"):
        list(made.batches(1, given(["color=blue"], ENCODING, SCHEMA)))


def test_conditions_that_never_hold_together_are_told_as_such_where_a_table_is_written(table, tmp_path, monkeypatch):
    monkeypatch.setattr("engine.synth.sampler._PATIENCE", 100_000)
    with pytest.raises(InputError, match="hardly ever"):
        sample(table, 5, ["weight=9.999999999..10", "age="], str(tmp_path / "more"))
    assert not list(tmp_path.glob("*more*")), "nothing is left of it"
    monkeypatch.setattr(Model, "batches", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sample(table, 5, [], str(tmp_path / "more"))


def interrupted(*_: object) -> Iterator[pa.RecordBatch]:
    yield from ()
    raise KeyboardInterrupt


@pytest.fixture
def table(tmp_path) -> str:
    """A synthetic table as ``synthesize`` leaves it, less what sampling does not read."""
    made, path = model(), str(tmp_path / "synthetic")
    write(made, path, 50, {})
    receipt = SynthesisReceipt(
        synthesis_id="5" * 32, lakeveil="test", created="2026-01-01", release_id="r", release=TableVersion(table="r", rows=1),
        output=TableVersion(table=path, rows=50), generator="tabular", generator_sha256=made.keep(Path(path)), unit="subject",
        max_rows_per_subject=1, rows_cut=0, epsilon=1, delta=1e-6, accountant="pld", epsilon_by_accountant={}, spends=(),
        noise_multiplier=1, clip=1, sample_rate=0.1, steps=1, workers=1, holdout=0, covers=(), excludes=(), seconds=0, columns=())
    Path(path + ".receipt.json").write_text(receipt.model_dump_json())
    return path


def test_rows_come_from_the_generator_that_lies_in_the_table(table, tmp_path):
    out = str(tmp_path / "more")
    receipt = sample(table, 120, ["color=red"], out)
    drawn = DeltaTable(out)
    assert drawn.to_pyarrow_table().schema.equals(SCHEMA)
    assert set(drawn.to_pyarrow_table()["color"].to_pylist()) == {"red"}
    assert json.loads(drawn.history()[0]["userMetadata"]) == {"sample_id": receipt.sample_id, "synthesis_id": "5" * 32}
    assert (receipt.given, receipt.output.rows, receipt.synthesis_id) == (("color=red",), 120, "5" * 32)
    assert len(DeltaTable(table).to_pyarrow_table()) == 50, "Delta passes over the generator"
    with pytest.raises(InputError, match="the path is taken") as refusal:
        sample(table, 1, [], out)
    assert "--out" in refusal.value.next
    assert "release's" not in refusal.value.what


def test_a_generator_that_is_altered_or_missing_is_refused(table, tmp_path):
    place = Path(table) / KEPT
    content = bytearray(place.read_bytes())
    content[-1] ^= 1
    place.write_bytes(bytes(content))
    with pytest.raises(InputError, match="not the one that was trained"):
        sample(table, 1, [], str(tmp_path / "more"))
    place.unlink()
    with pytest.raises(InputError, match="keeps no generator"):
        sample(table, 1, [], str(tmp_path / "more"))
    assert not (tmp_path / "more").exists()


@pytest.mark.parametrize("rows", [0, -1])
def test_no_row_is_none(table, rows, tmp_path):
    with pytest.raises(PolicyError, match="no row"):
        sample(table, rows, [], str(tmp_path / "more"))
