"""The demo: an invented hospital walks the whole road, and is held against what was planted in it."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import yaml

from engine import road
from engine.artifacts import leave
from engine.backends.base import Progress, silent
from engine.backends.growing import GrowingBackend
from engine.backends.jars import fetch
from engine.backends.keys import new_key, subkey
from engine.backends.rows import read_columns
from engine.backends.tables import open_table
from engine.clock import Clock
from engine.conf import conf_path
from engine.demo import Planted, generate
from engine.demo.leaks import leaks
from engine.demo.score import kept_words, score_notes, score_scan
from engine.errors import InputError
from engine.plan import Policy
from engine.plan.rules import applications
from engine.plan.types import normalized
from engine.release.report import Demo, render
from schemas.policy.v1 import Source
from udfs import kernel

POLICIES = ("demo-patients.yaml", "demo-encounters.yaml", "demo-notes.yaml")
KEY = "LAKEVEIL_KEY"
MARK = ".lakeveil-demo"
"""Lies in every folder that a demo made; only such a folder is ever cleared."""

MADE = ("lake", "truth", "policies", "releases", "events", "report.html", MARK)
"""Everything that a demo makes in its folder, and all that it ever removes from one."""


@dataclass(frozen=True)
class Shown:
    """What a demo did.

    Attributes:
        folder: Where everything lies.
        report: The HTML report.
        walks: One for each policy.
        found: What was found, and what is gone, of what was planted.
        seconds: Step → seconds, over all policies.
    """

    folder: Path
    report: Path
    walks: tuple[road.Walk, ...]
    found: Demo
    seconds: dict[str, float] = field(default_factory=dict)


def run(
    folder: Path, *, keep: bool = False, seed: int = 7, patients: int = 8000, backend: str = "spark", progress: Progress = silent,
) -> Shown:
    """Generates the lake, walks the road for each of its policies, scores against the truth, writes one report.

    Keys tokens with ``LAKEVEIL_KEY``, or with a fresh random key that ends with the process.

    Args:
        folder: Where the lake, the releases and the report go.
        keep: Refuse to start over where an earlier demo lies.
        seed: Of the lake.
        patients: Size of the lake.
        backend: Name of the backend.
        progress: Told what is under way.

    Raises:
        InputError: If the folder holds something that no demo made, or an earlier demo with ``keep``.
    """
    folder = folder.resolve()
    _make_room(folder, keep=keep)
    os.environ.setdefault(KEY, new_key())
    clock = Clock(progress)
    clock.step("generate", lambda _: generate(folder, seed=seed, patients=patients))
    engine = clock.step("start", lambda _: _backend(backend, folder / "events"))
    policies = [write_policy(name, folder) for name in POLICIES]
    walks = tuple(road.walk(policy, engine, _within(policy.name, progress)) for policy in policies)
    for walked in walks:
        for step, took in walked.seconds.items():
            clock.seconds[step] = clock.seconds.get(step, 0.0) + took
    found = clock.step("score", lambda say: _score(folder, walks, Planted.read(folder), clock.seconds, say))
    report = folder / "report.html"
    clock.step("report", lambda _: _report(report, policies, found))
    return Shown(folder, report, walks, found, clock.seconds)


def write_policy(name: str, folder: Path) -> Policy:
    """Copies a policy of ``conf/policies`` to ``<folder>/policies``, its paths made absolute, and returns it."""
    written = yaml.safe_load(conf_path(f"policies/{name}").read_text(encoding="utf-8"))
    tables = [written["source"], *written["source"].get("lookups", {}).values()]
    for place, key in [*((table, "table") for table in tables), (written["release"], "path")]:
        place[key] = str(folder / place[key])
    path = folder / "policies" / name
    leave(str(path), f"# conf/policies/{name}, with the paths of this demo\n" + yaml.safe_dump(written, sort_keys=False))
    return Policy.load(path)


def _make_room(folder: Path, *, keep: bool) -> None:
    there = {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()
    foreign = there - set(MADE) if MARK in there else there
    if foreign:
        raise InputError(f"the folder holds {len(foreign)} thing(s) that no demo made", where=str(folder),
                         next="name an empty folder with --folder")
    if there and keep:
        raise InputError("an earlier demo lies here", where=str(folder), next="name another folder, or leave out --keep")
    for name in there:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    leave(str(folder / MARK), "Made by lakeveil demo, which clears this folder when it runs here again.")


def _backend(name: str, event_log: Path) -> GrowingBackend:
    """Returns the backend; a Spark session that starts here keeps its event log, to be searched as well.

    After the installation of a wheel, Delta's jars are fetched on the way.
    """
    if name != "spark" or road.backend_around("") == "spark":
        return road.open_backend(name)
    from engine.backends.spark.backend import SparkBackend  # noqa: PLC0415 - loads pyspark
    from engine.backends.spark.session import spark_session  # noqa: PLC0415 - loads pyspark

    fetch()
    return SparkBackend(spark_session(event_log=event_log))


def _within(name: str, progress: Progress) -> Progress:
    table = name.removeprefix("demo-")
    return lambda what, share: progress(f"{table}: {what}", share)


def _score(folder: Path, walks: tuple[road.Walk, ...], planted: Planted, seconds: dict[str, float], say: Progress) -> Demo:
    """Holds scans, released notes and every file that was written against the truth."""
    say("scan", 0.1)
    scans = score_scan({Path(walked.policy.source.table).name: walked.findings for walked in walks}, planted)
    say("notes", 0.3)
    notes = next(walked.policy for walked in walks if Path(walked.policy.source.table).name == "notes")
    raw, released = (_table(path) for path in (notes.source.table, notes.release.path))
    ids = dict(zip(raw["note_id"].to_pylist(), _tokens(notes, raw["note_id"].combine_chunks()), strict=True))
    gone = score_notes(released, planted, ids)
    say("search every file", 0.5)
    searched = leaks([place for place in (folder / "releases", folder / "events") if place.exists()], planted)
    return Demo(scan=scans, notes=gone, searched=searched.searched, leaked=searched.found, files=searched.files,
                bytes=searched.bytes, kept_words=kept_words(raw["text"].to_pylist(), released["text"].to_pylist()),
                seconds={step: round(took, 1) for step, took in seconds.items()})


def _tokens(policy: Policy, ids: pa.Array) -> list[str]:
    """Returns the tokens of note ids: what the release calls them."""
    schema = _table(policy.source.table).schema
    calls = (apply.call for apply in applications(policy, schema) if apply.column == "note_id")
    call, key = next((call, call.key) for call in calls if call.key is not None)
    tokens = kernel(call.kernel)(ids, **dict(call.params), subkey=subkey(key, {}))
    return list(tokens.to_pylist())


def _table(path: str) -> pa.Table:
    table = open_table(Source.model_validate({"table": path, "format": "delta"}))
    schema = normalized(table.schema)
    return read_columns(table, schema, schema.names)


def _report(path: Path, policies: list[Policy], found: Demo) -> None:
    leave(str(path), render([road.section(policy) for policy in policies], demo=found, title="Lakeveil demo"))
