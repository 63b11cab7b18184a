"""What the benchmark of anonymity calls met is met, what it calls missed is missed, and what it could not measure it says."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from engine.backends.local import LocalBackend
from tests.benchmarks import anonymity_cases, anonymity_mosaicrown, anonymity_versions, bench_anonymity
from tests.benchmarks.anonymity_adult import values_in
from tests.benchmarks.anonymity_cases import Case, kinds_of, violations
from tests.benchmarks.figures import line, missing, shown, summed_up


def case(files: list[int], guarantees: dict, **columns) -> Case:
    table = pa.table({**columns, "secret": pa.array(["x", "y"] * 50)[:sum(files)]})
    return Case(table, files, {"guarantees": {"suppression": 0, **guarantees}, "recoding": {"model": "tree"}})


@pytest.mark.parametrize(("found", "kinds"), [
    (case([2, 2], {"k": 2}, n=[1, 1, 2, 2]), set()),
    (case([1, 3], {"k": 2}, n=[1, 1, 2, 2]), {"k above a partition's rows"}),
    (case([0, 4], {"k": 2}, n=[1, -1, 2, 2]), {"an empty partition", "negatives"}),
    (case([4], {"k": 2}, f=pa.array([math.nan, math.nan, 0.5, 0.5])), {"NaN"}),
    (case([4], {"k": 2}, f=pa.array([None, None, 0.5, 0.5])), {"null"}),
    (case([3], {"k": 2}, w=["a", "a", "a"]), {"one value"}),
    (case([3], {"k": 2}, w=["a", "b", "c"]), {"all distinct rows"}),
    (case([10], {"k": 2}, w=["a"] * 8 + ["b"] * 2), {"skew"}),
    (case([1], {"k": 2}, w=["a"]), {"one value", "k above a partition's rows"})])
def test_what_is_odd_about_a_case(found, kinds) -> None:
    assert set(kinds_of(found)) == {"cases", *kinds}


@pytest.mark.slow
def test_a_broken_release_is_seen_and_a_refused_one_is_none(tmp_path, monkeypatch) -> None:
    """The policy asks for less than what is counted."""
    odd = case([6, 0, 4], {"k": 2}, n=[1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    (tmp_path / "kept").mkdir()
    assert violations(LocalBackend(), tmp_path / "kept", odd) == []
    (tmp_path / "refused").mkdir()
    assert violations(LocalBackend(), tmp_path / "refused", case([1], {"k": 2}, n=[1])) is None
    document = anonymity_cases.document

    def laxer(folder: Path, asked: Case) -> dict:
        return {**document(folder, asked), "guarantees": {"k": 2, "suppression": 0}}

    monkeypatch.setattr(anonymity_cases, "document", laxer)
    (tmp_path / "broken").mkdir()
    more = {"k": 3, "suppression": 0, "l": {"column": "secret", "distinct": 3}}
    stricter = odd._replace(asked={**odd.asked, "guarantees": more})
    found = violations(LocalBackend(), tmp_path / "broken", stricter)
    assert found.count("a class of 2") == found.count("a class of one value") == 5


@pytest.mark.slow
def test_few_cases_have_no_violation() -> None:
    broken, run = anonymity_cases.lines(LocalBackend(), 10)
    assert (broken["value"], broken["holds"], run["bar"]) == (0, True, None)
    assert "10 cases" in broken["measure"]


def test_labels_stand_for_values() -> None:
    numbers, words = np.array([1, 2, 3, 9]), np.array(["a", "b", "c, d", "zoo"])
    assert [values_in(label, numbers) for label in ("*", "[1, 2]", "≤ 3", "≥ 3", "9")] == [4, 2, 3, 2, 1]
    assert [values_in(label, words) for label in ("*", "a", '{a, "c, d"}', "[a, c]", "{[a, b], zoo}")] == [4, 1, 2, 2, 3]
    with pytest.raises(AssertionError, match="stands for no value"):
        values_in("nobody", words)


@pytest.mark.slow
def test_versions_leave_enough_candidates(monkeypatch) -> None:
    for name, number in (("HISTORIES", 3), ("RELEASES", 1), ("VERSIONS", 3)):
        monkeypatch.setattr(anonymity_versions, name, number)
    found = list(anonymity_versions.lines())
    assert [(one["value"], one["holds"]) for one in found if one["bar"] is not None] == [(0, True)] * 3
    monkeypatch.setattr(anonymity_versions, "attack", lambda _: {"alone": [1], "together": list(range(9))})
    monkeypatch.setattr(anonymity_versions, "lived", lambda *_: ([3, 7], 1))
    rows, values, _, decided = anonymity_versions.lines()
    assert [(one["value"], one["holds"]) for one in (rows, values, decided)] == [(3, False), (1, False), (3, False)]


def peer(folder: Path, script: str) -> Path:
    """A checkout whose Python is a shell that says what it is told to."""
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / "distributed").mkdir()
    (folder / "distributed" / "anonymize.py").write_text("")
    python = folder / ".venv" / "bin" / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    return python


def test_a_peer_that_is_not_there_is_absent(tmp_path) -> None:
    (found,) = anonymity_mosaicrown.lines(tmp_path, 1000)
    assert found["value"] is found["holds"] is None
    assert "make build/mosaicrown" in found["note"]


def test_what_a_peer_says_of_its_time(tmp_path, monkeypatch) -> None:
    (tmp_path / "job").mkdir()
    told = anonymity_mosaicrown._theirs(peer(tmp_path / "good", 'echo "--- 12.5 seconds ---"; cat "$2"'), tmp_path / "job")
    assert told == (12.5, "")
    seconds, why = anonymity_mosaicrown._theirs(peer(tmp_path / "bad", "echo no treelib >&2; exit 3"), tmp_path / "job")
    assert seconds is None
    assert "ended with 3" in why
    assert "no treelib" in why
    monkeypatch.setattr(anonymity_mosaicrown, "LONGEST", 0.05)
    slow = peer(tmp_path / "slow", "exec sleep 5")
    assert anonymity_mosaicrown._theirs(slow, tmp_path / "job") == (0.05, "not finished: it takes longer")


def test_bars_are_summed_up(capsys) -> None:
    lines = [line("loss", 0.5, "", 0.6, "a"), line("classes", 3, "", 0, "b"), line("seconds", 9, "s", None, "c"),
             missing("a peer", "not installed")]
    assert shown(lines[3]) is lines[3]
    assert "absent" in capsys.readouterr().out
    summed_up(lines)
    first, *rows = capsys.readouterr().out.strip().splitlines()
    assert first == "1 bars met, 1 missed, 1 not measured"
    assert [row.split()[0] for row in rows] == ["loss", "classes", "a"]
    assert [row.split()[-1] for row in rows[:2]] == ["met", "MISSED"]
    assert rows[2].endswith("absent: not installed")


def test_entries_are_run_as_asked(monkeypatch, capsys) -> None:
    written = []
    monkeypatch.setattr(bench_anonymity, "ended", lambda lines, name: written.append((lines, name)) or 0)
    for name in bench_anonymity.ENTRIES:
        entry = lambda given, name=name: iter([line(name, 1, "", 1, str(given.cases))])
        monkeypatch.setitem(bench_anonymity.ENTRIES, name, entry)
    monkeypatch.setattr(sys, "argv", ["bench", "--only", "adult", "peer", "--cases", "7"])
    assert bench_anonymity.main() == 0
    (lines, name), = written
    assert name == "anonymity"
    assert [(one["measure"], one["value"]) for one in lines] == [
        ("adult", 1), ("peer", 1), ("versions", None), ("scale", None), ("cases", None)]
    assert lines[0]["note"] == "7"
    assert "2 bars met, 0 missed, 3 not measured" in capsys.readouterr().out


def test_sizes_that_are_not_asked_for_are_absent(monkeypatch) -> None:
    made = []
    monkeypatch.setattr(bench_anonymity.bench_scale, "apart", lambda shape, rows: made.append((shape, rows)) or {
        "seconds": rows / 1e5, "steps": {"fit": 1.0}, "tuples": 5, "gib": 1.0, "classes": 2, "below": 0})
    given = bench_anonymity.argparse.Namespace(most_rows=10_000_000)
    found = list(bench_anonymity._scale(given))
    assert made == [("few", 1_000_000), ("few", 10_000_000), ("distinct", 2_000_000)]
    ratio, = (one for one in found if one["measure"] == "10,000,000 rows by a tenth of them")
    assert (ratio["value"], ratio["holds"]) == (10.0, True)
    assert found[-1]["value"] is None
    assert "--most-rows 100000000" in found[-1]["note"]
    assert {one["measure"]: one["holds"] for one in found}["10,000,000 rows, few"] is False, "100 s where the bar is 75"


@pytest.mark.slow
def test_help_says_what_takes_longer() -> None:
    done = subprocess.run([sys.executable, "-m", "tests.benchmarks.bench_anonymity", "--help"], check=True, capture_output=True,
                          text=True)
    assert "--most-rows 100000000" in done.stdout
