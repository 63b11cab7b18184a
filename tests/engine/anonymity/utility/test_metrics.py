"""Every figure against loops over rows, by the definitions of the papers and of ARX 3.9."""

from __future__ import annotations

import csv
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import given, settings

from engine.anonymity.cube import Cube
from engine.anonymity.utility import summarize
from schemas.policy import Guarantees, Hierarchy
from schemas.receipt import Anonymity
from schemas.reserved import COUNT
from tests.engine.anonymity.cubes import cube_of
from tests.engine.anonymity.utility.rows import ABOVE, GROUPS, Case, case, cases

ADULT = Path(__file__).parents[5] / "shared" / "data" / "adult"


def measured(found: Case) -> Anonymity:
    return summarize(found.tree, found.released, found.cube, Guarantees(k=found.k))


def close(value):
    return pytest.approx(value, rel=1e-9, abs=1e-9)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(cases())
def test_rows_give_the_same_figures(found: Case) -> None:
    record = measured(found)
    metrics, n = record.metrics, len(found.rows)
    classes = Counter(labels for labels in found.labels if labels is not None)
    gone = n - sum(classes.values())
    assert metrics.discernibility_star == sum(f * f for f in classes.values())
    assert metrics.discernibility == metrics.discernibility_star + gone * n
    assert metrics.classes == len(classes)
    assert metrics.average_class_size == close((n - gone) / max(len(classes), 1))
    assert metrics.c_avg == close((n - gone) / max(len(classes), 1) / found.k)
    before = Counter(found.rows)
    least = sum(f * f for f in before.values())
    if n * n > least:
        assert metrics.discernibility_share == close((metrics.discernibility - least) / (n * n - least))
    if len(before) > 1 and classes:
        first = n / len(before)
        assert metrics.average_class_share == close(max(((n - gone) / len(classes) - first) / (n - first), 0))
    sizes = [[found.domain(j) if labels is None else found.size(j, labels[j]) for j in range(len(found.names))]
             for labels in found.labels]
    domains = [found.domain(j) for j in range(len(found.names))]
    products = [math.prod(row) for row in sizes]
    assert metrics.ambiguity == close(math.log10(sum(products) / n))
    assert metrics.ambiguity_mean_log == close(sum(map(math.log10, products)) / n)
    if math.prod(domains) > 1:
        assert metrics.ambiguity_share == close((sum(products) / n - 1) / (math.prod(domains) - 1))
    heights = [[1.0 if labels is None else height(found, j, labels[j]) for labels in found.labels] for j in range(len(domains))]
    for j, column in enumerate(record.utility):
        assert column.loss == close(sum((1 if labels is None else (row[j] - 1) / max(domains[j] - 1, 1))
                                        for labels, row in zip(found.labels, sizes, strict=True)) / n)
        assert column.precision == close(1 - sum(heights[j]) / n)
        assert column.ambiguity == close(sum(math.log10(row[j]) for row in sizes) / n)
    assert metrics.precision == close(1 - sum(map(sum, heights)) / n / len(heights))


def height(found: Case, column: int, label: str) -> float:
    if found.names[column] == "h":
        return {True: 1.0, False: 0.5 if label in GROUPS else 0.0}[label == "*"]
    domain = found.domain(column)
    return math.log(found.size(column, label)) / math.log(domain) if domain > 1 else 0.0


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(cases())
def test_entropy_is_what_gionis_and_tassa_define(found: Case) -> None:
    record = measured(found)
    total, most = 0.0, 0.0
    for j, column in enumerate(record.utility):
        counts = found.counts[j]
        bits = sum(-math.log2(counts[row[j]] / sum(counts[v] for v in found.admits(j, "*" if labels is None else labels[j])))
                   for row, labels in zip(found.rows, found.labels, strict=True))
        top = sum(-math.log2(counts[row[j]] / len(found.rows)) for row in found.rows)
        assert column.entropy_bits == close(bits)
        assert column.entropy == close(bits / top if top else 0)
        total, most = total + bits, most + top
        if found.names[j] == "h":
            assert column.entropy_by_level == close(by_level(found, j) / top if top else 0)
        else:
            assert column.entropy_by_level is None
    assert record.metrics.entropy_bits == close(total)
    assert record.metrics.entropy == close(total / most if most else 0)


def by_level(found: Case, column: int) -> float:
    """ARX 3.9's ``QualityModelColumnOrientedNonUniformEntropy``, row by row."""
    def at(value, level):
        return "*" if level == 2 else value if level == 0 or value is None else ABOVE[value]

    values = [row[column] for row in found.rows]
    reached = [2 if labels is None or labels[column] == "*" else int(labels[column] in GROUPS) for labels in found.labels]
    bits, levels = 0.0, sorted(set(reached))
    for place, level in enumerate(levels):
        before = levels[place - 1] if place else 0
        still = [value for value, level_ in zip(values, reached, strict=True) if level_ >= level]
        fine, coarse = Counter(at(v, before) for v in still), Counter(at(v, level) for v in still)
        bits -= sum(math.log2(fine[at(v, before)] / coarse[at(v, level)]) for v in still)
    return bits


def test_one_level_for_all_rows_is_one_figure_for_both_entropies() -> None:
    table = pa.table({"h": ["a", "b", "c", "d"] * 3 + ["a"], "out": ["x"] * 13})
    found = case(table, k=6)
    assert set(found.tree.labels(0)[:-1]) == {"x", "y"}
    (column,) = measured(found).utility
    assert column.entropy_by_level == close(column.entropy)
    assert 0 < column.entropy < 1


def test_everything_suppressed_is_nothing_left() -> None:
    found = case(pa.table({"n": [1, 2, 3, 4], "h": list("abcd"), "out": ["x"] * 4}), k=4)
    empty = Cube(pa.table({"n": pa.array([], pa.string()), "h": pa.array([], pa.string()), COUNT: pa.array([], pa.int64())}),
                 ("n", "h"))
    record = summarize(found.tree, empty, found.cube, Guarantees(k=4))
    metrics = record.metrics
    assert record.loss == 1
    assert (metrics.discernibility, metrics.discernibility_share, metrics.discernibility_star) == (16, 1, 0)
    assert (metrics.classes, metrics.average_class_size, metrics.average_class_share, metrics.c_avg) == (0, 0, 1, 0)
    assert metrics.precision == 0
    assert metrics.ambiguity == close(math.log10(4 * 6))
    assert metrics.ambiguity_share == close(1)


def test_nothing_recoded_is_the_source() -> None:
    """A class of one tuple holds it alone; between cuts of one column there is room for all values of another."""
    found = case(pa.table({"n": [1, 1, 2, 2], "s": ["u", "u", "v", "v"], "out": ["x"] * 4}), cells="tight")
    metrics = measured(found).metrics
    assert metrics.discernibility_share == metrics.average_class_share == metrics.entropy == metrics.ambiguity_share == 0
    assert metrics.precision == 1


@pytest.mark.parametrize("values", [[None] * 4, [7] * 4, [float("nan")] * 4], ids=["null", "one value", "NaN"])
def test_a_column_of_one_value_can_lose_nothing(values) -> None:
    type_ = pa.string() if values[0] is None else None
    record = measured(case(pa.table({"n": pa.array(values, type_), "out": ["x"] * 4})))
    assert record.loss == record.metrics.entropy == record.metrics.entropy_bits == record.metrics.discernibility_share == 0
    assert record.metrics.precision == 1


def test_without_the_source_what_needs_it_is_left_out() -> None:
    found = case(pa.table({"n": [1, 1, 2, 5], "out": ["x"] * 4}))
    metrics = summarize(found.tree, found.released, 4, Guarantees(k=2)).metrics
    assert metrics.entropy is metrics.entropy_bits is metrics.discernibility_share is metrics.average_class_share is None
    assert metrics == measured(found).metrics.model_copy(update=dict.fromkeys(
        ("entropy", "entropy_bits", "discernibility_share", "average_class_share")))


@pytest.mark.slow
def test_many_columns_leave_no_double() -> None:
    rng = np.random.default_rng(0)
    columns = {f"c{i}": rng.permutation(200) for i in range(140)}
    found = case(pa.table({**columns, "out": ["x"] * 200}), k=200)
    metrics = measured(found).metrics
    assert metrics.ambiguity == close(140 * math.log10(200))
    assert metrics.ambiguity_share is None
    assert metrics.discernibility == 40_000


def test_receipts_without_these_figures_are_read() -> None:
    record = measured(case(pa.table({"n": [1, 1, 2, 5], "out": ["x"] * 4})))
    written = record.model_dump(mode="json")
    del written["metrics"]
    for column in written["utility"]:
        for name in ("precision", "ambiguity", "entropy", "entropy_bits", "entropy_by_level"):
            del column[name]
    assert Anonymity.model_validate(written).metrics is None
    assert Anonymity.model_validate_json(record.model_dump_json()) == record


@pytest.mark.slow
def test_adult_by_pandas() -> None:
    """Figures of the whole table, each in a line of pandas."""
    if not ADULT.is_dir():
        pytest.skip("the Adult table is not on this machine: ../shared/data/adult")
    table = pyarrow.csv.read_csv(ADULT / "adult.csv", parse_options=pyarrow.csv.ParseOptions(delimiter=";"))
    paths = {}
    for name in table.column_names[:-1]:
        with (ADULT / f"adult_hierarchy_{name}.csv").open(newline="") as lines:
            paths[name] = [row for row in csv.reader(lines, delimiter=";") if row]
    found = case(table.rename_columns([*table.column_names[:-1], "out"]), 10, 0.02,
                 **{name: Hierarchy(table=rows) for name, rows in paths.items()})
    record = measured(found)
    frame = found.table.to_pandas().astype(str)
    labels = frame[[]].assign(**{name: [row[i] if row else "*" for row in found.labels] for i, name in enumerate(found.names)})
    gone = np.array([labels is None for labels in found.labels])
    n, sizes = len(frame), labels[~gone].groupby(list(found.names)).size()
    assert record.metrics.discernibility == (sizes**2).sum() + gone.sum() * n
    assert record.metrics.classes == len(sizes)
    product = np.ones(n)
    for i, name in enumerate(found.names):
        below = {}  # label → the values below it
        for path in paths[name]:
            for label in set(path) | {"*"}:
                below.setdefault(label, set()).add(path[0])
        size = labels[name].map(lambda label: len(below[label]))  # noqa: B023 - used at once
        assert record.utility[i].loss == close(((size - 1) / (len(paths[name]) - 1)).mean())
        product *= size
        counts = frame[name].value_counts()
        admitted = {label: counts.reindex(list(values)).sum() for label, values in below.items()}
        assert record.utility[i].entropy_bits == close(-np.log2(frame[name].map(counts) / labels[name].map(admitted)).sum())
    assert record.metrics.ambiguity == close(np.log10(product.mean()))
    assert cube_of(labels[~gone].pipe(pa.Table.from_pandas, preserve_index=False)).rows == found.released.rows
