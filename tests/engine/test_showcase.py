"""The demo: what it may remove, where it points its policies, and the whole of it as people run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine import showcase
from engine.demo import Planted
from engine.demo.leaks import leaks
from engine.errors import InputError

ROOT = Path(__file__).parents[2]


def test_a_folder_with_anything_else_in_it_is_left_alone(tmp_path):
    (tmp_path / "lake").mkdir()
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="no demo made"):
        showcase.run(tmp_path, backend="local")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["lake", "thesis.tex"]


def test_an_earlier_demo_is_kept_when_asked(tmp_path):
    (tmp_path / "truth").mkdir()
    with pytest.raises(InputError, match="earlier demo"):
        showcase.run(tmp_path, keep=True, backend="local")
    assert (tmp_path / "truth").is_dir()


@pytest.mark.parametrize("name", showcase.POLICIES)
def test_policies_point_into_the_folder(name, tmp_path):
    policy = showcase.write_policy(name, tmp_path)
    places = [policy.source.table, policy.release.path, *(lookup.table for lookup in policy.source.lookups.values())]
    assert all(Path(place).is_relative_to(tmp_path) for place in places)
    assert (tmp_path / "policies" / name).is_file()


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """`lakeveil demo`, as `make demo` runs it, on Spark and Ray, in a process of its own."""
    folder = tmp_path_factory.mktemp("demo")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("LAKEVEIL_KEY", None)
    done = subprocess.run([sys.executable, "-m", "jobs.cli", "demo", "--folder", str(folder), "--json"], cwd=folder,
                          env=environment, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder, json.loads(done.stdout), done.stderr


@pytest.mark.spark
@pytest.mark.ray
@pytest.mark.slow
class TestWholeDemo:
    def test_three_releases_hold_what_they_promise(self, shown):
        _, document, _ = shown
        assert [walk["policy"] for walk in document["walks"]] == ["demo-patients", "demo-encounters", "demo-notes"]
        for walk in document["walks"]:
            assert walk["receipt"]["verdicts"]
            assert all(verdict["holds"] for verdict in walk["receipt"]["verdicts"])
            assert walk["receipt"]["backend"] == "spark"

    def test_the_lake_is_large_enough_to_mean_something(self, shown):
        _, document, _ = shown
        assert sum(walk["receipt"]["source"]["rows"] for walk in document["walks"]) >= 20_000

    def test_patients_get_a_synthetic_table_with_its_evaluation(self, shown):
        folder, document, _ = shown
        patients = document["walks"][0]
        assert 0 < patients["synthesis"]["epsilon"] <= 3.0
        assert patients["evaluation"]["rows_synthetic"] > 0
        assert (folder / "releases" / "patients.synthetic" / "_delta_log").is_dir()

    def test_what_is_planted_in_columns_is_gone_everywhere(self, shown):
        folder, _, said = shown
        planted = Planted.read(folder)
        (folder / "stderr.txt").write_text(said)
        places = [path for path in (folder / "releases").iterdir() if path.name != "notes"]
        found = leaks([*places, folder / "events", folder / "report.html", folder / "stderr.txt"], planted)
        assert found.found == {}
        assert found.files > 10
        assert sum(found.searched.values()) > 10_000

    def test_what_is_planted_in_notes_is_gone(self, shown):
        _, document, _ = shown
        notes = document["found"]["notes"]
        assert sum(s["found"] for s in notes) / sum(s["planted"] for s in notes) >= 0.95

    def test_the_search_would_find_a_leak(self, shown):
        folder, _, _ = shown
        assert leaks([folder / "lake"], Planted.read(folder)).total > 10_000

    def test_it_says_where_the_time_went_and_where_the_report_lies(self, shown):
        folder, document, _ = shown
        assert {"generate", "scan", "anonymize", "synthesize", "evaluate", "report", "score"} <= set(document["seconds"])
        assert Path(document["report"]) == folder / "report.html"
        assert "<html" in (folder / "report.html").read_text()
