"""``lakeveil scan LAKE`` and ``lakeveil inventory``, as people type them."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from tests.engine.lake.lakes import BROKEN, PLANTED, SOUND, build, rows
from tests.jobs.command import here, lakeveil

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with the mixed lake, scanned once from the command line, and what the command said."""
    folder = tmp_path_factory.mktemp("work")
    build(folder / "lake")
    return folder, lakeveil("scan", "lake", "--backend", "local", cwd=folder)


def test_scan_shows_levels_failures_and_what_to_look_at(work):
    folder, done = work
    assert done.returncode == 7, done.stderr
    assert f"{SOUND + len(BROKEN)} tables, {SOUND} scanned, {len(BROKEN)} failed" in done.stdout
    for words in ("restricted", "confidential", "could not be scanned", "faults/zero.parquet", "to look at", "US_SSN 100%"):
        assert words in done.stdout
    assert f"inventory: {folder}/lake.inventory" in done.stdout
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"{SOUND + len(BROKEN)} of {SOUND + len(BROKEN)} tables, {len(BROKEN)} failed")
    assert not [value for value in PLANTED if value in done.stdout + done.stderr]


def test_again_nothing_is_scanned_and_json_is_one_document(work):
    folder, _ = work
    done = lakeveil("scan", "lake", "--json", "--workers", "1", cwd=folder)
    assert done.returncode == 7
    found = json.loads(done.stdout)
    assert (found["scanned"], found["skipped"], len(found["failures"])) == (0, SOUND, len(BROKEN))
    assert " of " not in done.stderr
    assert not [value for value in PLANTED if value in done.stdout + done.stderr]


def test_inventory_in_words_and_as_json(work):
    folder, _ = work
    for target in ("lake", "lake.inventory"):
        done = here("inventory", target, cwd=folder)
        assert done.returncode == 0, done.stderr
        assert f"lake: {SOUND + len(BROKEN)} tables" in done.stdout
    found = json.loads(here("inventory", "lake", "--json", cwd=folder).stdout)
    assert sum(found["levels"].values()) == SOUND
    assert len([one for one in found["tables"] if one["status"] == "failed"]) == len(BROKEN)


def test_what_changed_is_shown(tmp_path):
    table = rows().select(["code"])
    write_deltalake(tmp_path / "lake" / "a", table)
    write_deltalake(tmp_path / "lake" / "b", table)
    assert here("scan", "lake", "--workers", "1", cwd=tmp_path).returncode == 0
    write_deltalake(tmp_path / "lake" / "a", table.append_column("ssn", pa.array(["478-13-2906"] * len(table))),
                    mode="overwrite", schema_mode="overwrite")
    done = here("scan", "lake", "--workers", "1", cwd=tmp_path)
    assert done.returncode == 0
    assert "1 scanned, 1 unchanged" in done.stdout
    assert "new column" in done.stdout
    assert "restricted" in done.stdout


def test_what_is_looked_for_comes_from_a_file_and_a_change_of_it_is_noticed(tmp_path):
    for name in ("a", "b"):
        write_deltalake(tmp_path / "lake" / name, pa.table({"note": [f"badge B-{number:04d}" for number in range(30)]}))
    (tmp_path / "badge.yaml").write_text(
        "version: 1\npatterns: [{name: badge, type: BADGE, regex: '\\bB-\\d{4}\\b', score: 0.9}]\n")
    (tmp_path / "list.yaml").write_text("version: 1\nplugins: [badge.yaml]\n")

    def scan(target, *more):
        done = here("scan", target, "--json", "--backend", "local", "--recognizers", "list.yaml", *more, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    assert {entity["entity_type"]: entity["cells"] for entity in scan("lake/a")["columns"][0]["entities"]}["BADGE"] == 30
    assert (scan("lake", "--workers", "2")["scanned"], scan("lake")["skipped"]) == (2, 2)
    (tmp_path / "badge.yaml").write_text((tmp_path / "badge.yaml").read_text().replace("0.9", "0.8"))
    assert scan("lake", "--workers", "1")["scanned"] == 2
    done = here("init", "lake/a", "--purpose", "tests", "--recognizers", "list.yaml", "--out", "p.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "BADGE in 100% of cells" in (tmp_path / "p.yaml").read_text()
    assert '\nrecognizers: "list.yaml"\n' in (tmp_path / "p.yaml").read_text()


def test_a_single_table_shows_its_levels_and_leaves_nothing(tmp_path):
    write_deltalake(tmp_path / "lake" / "a", rows())
    done = here("scan", "lake/a", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "sensitivity" in done.stdout
    assert "restricted" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["lake"]
    found = json.loads(here("scan", "lake/a", "--json", cwd=tmp_path).stdout)
    assert found["sensitivity"] == "restricted"


@pytest.mark.parametrize(("arguments", "code", "words"), [
    (["scan", "nothing"], 3, "no table here"), (["scan", "lake", "--include", "x"], 3, "wanted"),
    (["scan", "lake", "--out", "f.json"], 2, "inventory"), (["inventory", "nothing"], 3, "no inventory"),
    (["scan", "lake", "--sensitivity", "nothing.yaml"], 3, "sensitivity"), (["scan", "lake", "--workers", "0"], 2, "workers"),
    (["scan", "lake", "--inventory", "other"], 3, "not an inventory"),
    (["scan", "lake", "--inventory", "lake/a"], 2, "in the lake"),
])
def test_what_cannot_be_done_ends_with_its_code(arguments, code, words, tmp_path):
    write_deltalake(tmp_path / "lake" / "a", rows())
    write_deltalake(tmp_path / "lake" / "b", rows())
    write_deltalake(tmp_path / "other", rows())
    done = here(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert words in done.stderr
