"""Odd tables, from policy to written table: is any promise broken, by the verdicts or by a count in plain Python?"""

from __future__ import annotations

import math
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.backends.base import LakeBackend
from engine.errors import GuaranteeNotMet
from engine.plan import Policy, compile_plan
from engine.release.verification import verify_published
from tests.benchmarks.anonymity_adult import reread
from tests.benchmarks.figures import line

NUMBERS = {
    "negatives": st.integers(-5, 5), "one value": st.just(7), "skew": st.sampled_from([3] * 19 + [-4]),
    "all distinct": None, "many": st.integers(-2**40, 2**40)}
FLOATS = {"NaN": st.sampled_from([0.5, -1.5, math.nan]), "infinite": st.sampled_from([math.inf, -math.inf, 0.0, -0.0]),
          "any": st.floats(width=64)}
WORDS = {"few": st.sampled_from("abc"), "one value": st.just("x"), "skew": st.sampled_from(["y"] * 19 + ["rare"]),
         "odd": st.text('ab,{}*"[≤> ', max_size=3), "all distinct": None}
PLACES = {"groups": {"north": {"coast": ["a", "b"], "hills": ["c"]}, "south": ["d", "e", "f"]}}
KINDS = ("NaN", "null", "skew", "k above a partition's rows", "an empty partition", "negatives", "one value", "all distinct rows")


class Case(NamedTuple):
    """A table, how many of its rows each partition has, and what a policy asks for."""

    table: pa.Table
    files: list[int]
    asked: dict[str, Any]


@st.composite
def cases(draw: Callable[..., Any]) -> Case:
    """Returns any case."""
    rows = draw(st.integers(1, 60))
    columns = {
        "n": _cells(draw, NUMBERS, rows, pa.int64()), "f": _cells(draw, FLOATS, rows, pa.float64()),
        "w": _cells(draw, WORDS, rows, pa.string()), "p": _cells(draw, {"any": st.sampled_from("abcdef")}, rows, pa.string())}
    chosen = draw(st.lists(st.sampled_from(sorted(columns)), min_size=1, max_size=4, unique=True))
    secret = pa.array(draw(st.lists(st.sampled_from("xyz"), min_size=rows, max_size=rows)))
    ends = sorted(draw(st.lists(st.integers(0, rows), max_size=4)))
    model = draw(st.sampled_from(["tree", "tree", "full-domain"]))
    suppression = draw(st.sampled_from([0, 0.1, 0.5]))
    ways = ["rows"] + (["cells"] if model == "tree" else ["values"] if chosen != ["p"] else []) * bool(suppression)
    asked = {"k": draw(st.integers(2, 8)), "suppression": suppression, "suppress": draw(st.sampled_from(ways))}
    if draw(st.booleans()):
        asked["l"] = {"column": "secret", "distinct": 2}
    recoding = {"model": model, **({"cells": draw(st.sampled_from(["bounds", "tight"]))} if model == "tree" else {})}
    files = [end - begin for begin, end in zip([0, *ends], [*ends, rows], strict=True)]
    table = pa.table({**{name: columns[name] for name in chosen}, "secret": secret})
    return Case(table, files, {"guarantees": asked, "recoding": recoding})


def _cells(draw: Callable[..., Any], kinds: dict[str, Any], rows: int, type_: pa.DataType) -> pa.Array:
    cells = kinds[draw(st.sampled_from(sorted(kinds)))]
    found = list(range(-5, rows - 5)) if cells is None else draw(st.lists(cells, min_size=rows, max_size=rows))
    if cells is None and pa.types.is_string(type_):
        found = [f"w{number}" for number in found]
    for place in draw(st.sets(st.integers(1, rows - 1), max_size=3)) if rows > 1 and draw(st.booleans()) else ():
        found[place] = None  # never all of them: a column of nothing but nulls is refused
    return pa.array(found, type_, from_pandas=False)


def lines(backend: LakeBackend, examples: int) -> Iterator[dict[str, Any]]:
    """Yields how often a promise was broken in so many drawn cases, and how many had what."""
    kinds: Counter[str] = Counter()
    broken: list[str] = []
    began = time.monotonic()

    @settings(max_examples=examples, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(cases())
    def tried(case: Case) -> None:
        kinds.update(kinds_of(case))
        with tempfile.TemporaryDirectory() as folder:
            found = violations(backend, Path(folder), case)
        kinds["refused"] += found is None
        broken.extend(found or ())

    tried()
    name = f"odd tables, {backend.name}, {kinds['cases']:,} cases"
    there = ", ".join(f"{kind} {kinds[kind]:,}" for kind in (*KINDS, "refused"))
    yield line(f"{name}: broken promises", len(broken), "", 0, "; ".join(broken[:3]) or there)
    yield line(f"{name}: whole run", time.monotonic() - began, "s", None, there)


def kinds_of(case: Case) -> Iterator[str]:
    """Yields what a case has that is odd."""
    k, columns = case.asked["guarantees"]["k"], case.table.drop_columns(["secret"])
    yield "cases"
    for kind, there in zip(KINDS, (
            any(pa.types.is_floating(column.type) and any(map(_nan, column.to_pylist())) for column in columns.columns),
            any(column.null_count for column in columns.columns), any(map(_skewed, columns.columns)),
            any(0 < rows < k for rows in case.files), 0 in case.files,
            any(isinstance(cell, int | float) and cell < 0 for column in columns.columns for cell in column.to_pylist()),
            any(len(column.unique()) == 1 for column in columns.columns),
            columns.group_by(columns.column_names).aggregate([]).num_rows == case.table.num_rows > 1), strict=True):
        if there:
            yield kind


def _nan(cell: object) -> bool:
    return isinstance(cell, float) and math.isnan(cell)


def _skewed(column: pa.ChunkedArray) -> bool:
    counts = column.value_counts().field("counts").to_pylist()
    return len(counts) > 1 and max(counts) >= 0.8 * len(column)


def violations(backend: LakeBackend, folder: Path, case: Case) -> list[str] | None:
    """Returns what a release breaks: by its verdicts, again on the published table, and by counting; None if it is refused."""
    (folder / "table").mkdir()
    begin = 0
    for number, rows in enumerate(case.files):
        pq.write_table(case.table.slice(begin, rows), folder / "table" / f"part-{number}.parquet")
        begin += rows
    policy = Policy.parse(document(folder, case))
    try:
        release = backend.execute(compile_plan(policy, backend.measure(policy)))
        receipt = release.publish()
    except GuaranteeNotMet:
        return None
    promised, source = case.asked["guarantees"], case.table.num_rows
    again = verify_published(receipt, release.store)
    found = [f"{one.guarantee} says {one.measured}" for one in (*receipt.verdicts, *again) if not one.holds]
    written = reread(folder / "release")
    classes: dict[Any, list[str]] = {}
    for *labels, secret in written.astype(str).itertuples(index=False, name=None):
        classes.setdefault(tuple(labels), []).append(secret)
    found += [f"a class of {len(rows)}" for rows in classes.values() if len(rows) < promised["k"]]
    if "l" in promised:
        found += ["a class of one value" for rows in classes.values() if len(set(rows)) < promised["l"]["distinct"]]
    gone = source - len(written)
    return found + ([f"{gone} of {source} rows left out"] if gone > source * promised["suppression"] + _SLACK else [])


_SLACK = 1e-9


def document(folder: Path, case: Case) -> dict[str, Any]:
    """Returns the policy of a case."""
    columns: dict[str, Any] = {name: {"role": "quasi", "why": "benchmark"} for name in case.table.column_names}
    columns["secret"] = {"role": "sensitive", "why": "benchmark"}
    if "p" in columns:
        columns["p"]["hierarchy"] = PLACES
    return {"apiVersion": "lakeveil/v1", "name": "odd", "purpose": "benchmark", "legal_basis": "none", "retention": "none",
            "source": {"table": str(folder / "table"), "format": "parquet"}, "columns": columns,
            "release": {"path": str(folder / "release")}, **case.asked}
