"""What the demo must show: everything planted is found, and gone from everything that was written."""

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from engine.backends.local import LocalBackend
from engine.demo import Planted
from engine.demo.leaks import leaks
from engine.demo.truth import specific
from engine.release.verification import verify_published
from schemas.evaluation import Evaluation
from schemas.receipt import Receipt, SynthesisReceipt

pytestmark = [pytest.mark.spark, pytest.mark.ray, pytest.mark.slow]

SEEN_EVERYWHERE = 5
"""Shorter planted values, such as '91' or 'Li', occur in digests and prose by chance."""


def planted(folder):
    return pq.read_table(folder / "truth" / "planted.parquet").to_pylist()


def written(folder):
    """Every byte and every cell that the demo wrote outside of lake and truth, as one text per file."""
    for path in sorted(p for place in ("releases", "events", "report.html") for p in _files(folder / place)):
        if path.suffix == ".parquet":
            rows = pq.ParquetFile(path).read().to_pylist()
            yield path, json.dumps(rows, default=str, ensure_ascii=False)
        else:
            yield path, path.read_bytes().decode("utf-8", errors="replace")


def _files(place: Path):
    return [place] if place.is_file() else [p for p in place.rglob("*") if p.is_file()]


def test_lake_is_as_large_as_promised(demo_run):
    rows = [DeltaTable(str(demo_run.folder / "lake" / name)).to_pyarrow_dataset().count_rows()
            for name in ("patients", "encounters", "notes")]
    assert sum(rows) >= 20_000


def test_everything_planted_in_structured_columns_is_gone_from_everything_written(demo_run):
    values = {row["value"] for row in planted(demo_run.folder)
              if row["table"] != "notes" and specific(row["entity_type"], row["value"])}
    assert len(values) > 10_000
    files = list(written(demo_run.folder))
    assert {path.suffix for path, _ in files} >= {".parquet", ".json", ".html"}
    everything = "\n".join(text for _, text in files)
    assert not _standing(values, everything)


def _standing(values, text):
    """Values that stand in the text: found by their first signs, so that one pass over the text is enough."""
    words = set(re.findall(r"[\w@.+-]+", text))
    starts = {value: re.findall(r"[\w@.+-]+", value) for value in values}
    return [value for value, parts in starts.items() if parts and all(part in words for part in parts) and value in text]


def test_most_of_what_is_planted_in_notes_is_gone(demo_run):
    notes = [row for row in planted(demo_run.folder) if row["table"] == "notes"]
    released = DeltaTable(str(demo_run.folder / "releases" / "notes")).to_pyarrow_dataset().to_table()["text"].to_pylist()
    everything = "\n".join(text or "" for text in released)
    long_enough = [row["value"] for row in notes if len(row["value"]) >= SEEN_EVERYWHERE]
    gone = sum(value not in everything for value in long_enough)
    assert len(long_enough) > 1000
    assert gone / len(long_enough) >= 0.95


@pytest.mark.parametrize("name", ["patients", "encounters", "notes"])
def test_releases_verify_again_from_storage(demo_run, name):
    path = str(demo_run.folder / "releases" / name)
    receipt = Receipt.model_validate_json(Path(f"{path}.receipt.json").read_text())
    assert receipt.verified
    assert all(verdict.holds for verdict in verify_published(receipt, LocalBackend().open(path)))


def test_synthetic_table_has_a_receipt_and_was_evaluated(demo_run):
    place = demo_run.folder / "releases" / "patients.synthetic"
    receipt = SynthesisReceipt.model_validate_json(Path(f"{place}.receipt.json").read_text())
    assert 0 < receipt.epsilon <= 3.0
    assert {"prv", "rdp"} <= set(receipt.epsilon_by_accountant)
    assert receipt.workers >= 2
    assert receipt.excludes
    evaluation = Evaluation.model_validate_json(Path(f"{place}.evaluation.json").read_text())
    assert evaluation.prediction.train_synthetic > evaluation.prediction.majority
    assert evaluation.k_marginal > 600
    assert DeltaTable(str(place)).to_pyarrow_dataset().count_rows() == receipt.output.rows


def test_releases_come_from_spark_and_hold_what_they_promise(demo_run):
    walks = demo_run.printed["walks"]
    assert [walk["policy"] for walk in walks] == ["demo-patients", "demo-encounters", "demo-notes"]
    assert {walk["receipt"]["backend"] for walk in walks} == {"spark"}
    assert all(verdict["holds"] for walk in walks for verdict in walk["receipt"]["verdicts"])


def test_its_own_search_finds_nothing_in_what_was_written_and_would_find_a_leak(demo_run):
    values = Planted.read(demo_run.folder)
    (demo_run.folder / "releases" / "stderr.txt").write_text(demo_run.said)
    found = leaks([demo_run.folder / name for name in ("releases", "events", "report.html")], values)
    assert found.found == {}
    assert sum(found.searched.values()) > 10_000
    assert leaks([demo_run.folder / "lake"], values).total > 10_000


def test_it_says_what_was_found_and_where_the_time_went(demo_run):
    notes = demo_run.printed["found"]["notes"]
    assert sum(s["found"] for s in notes) / sum(s["planted"] for s in notes) >= 0.95
    assert {"generate", "scan", "anonymize", "synthesize", "evaluate", "report", "score"} <= set(demo_run.printed["seconds"])
    assert Path(demo_run.printed["report"]).read_text(encoding="utf-8").count("<html") == 1
