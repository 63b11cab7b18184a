"""How results look on a screen: tables of aggregates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

if TYPE_CHECKING:
    from engine.doctor import Check
    from engine.release.report import PlantedScore
    from engine.road import Walk
    from engine.showcase import Shown
    from schemas.findings import ScanReport
    from schemas.receipt import Evaluation, Receipt, SynthesisReceipt


def findings(found: ScanReport) -> Table:
    """Returns one line a column: what was found in it and the role that is proposed."""
    table = _table(f"{found.table}: {found.rows:,} rows, {len(found.columns)} columns, {found.seconds:.1f} s",
                   "column", "type", "role", "category", "found", "cells", "score")
    for column in found.columns:
        entities = column.entities[:3]
        table.add_row(
            column.path, column.type, column.role, column.category,
            "\n".join(e.entity_type for e in entities) or "-", "\n".join(f"{e.share:.0%}" for e in entities),
            "\n".join(f"{e.score_mean:.2f}" for e in entities))
    return table


def receipt(done: Receipt) -> Table:
    """Returns one line a promise: what was promised and what was measured on the written table."""
    table = _table(f"{done.output.table}: {done.output.rows:,} rows, {done.standing}, release {done.release_id}",
                   "guarantee", "promised", "measured", "holds")
    for verdict in done.verdicts:
        table.add_row(verdict.guarantee, f"{verdict.promised:g}", f"{verdict.measured:g}", "yes" if verdict.holds else "NO")
    return table


def synthesis(done: SynthesisReceipt) -> Table:
    """Returns the claim of a synthetic table, and what it does not cover."""
    table = _table(f"{done.output.table}: {done.output.rows:,} synthetic rows", "claim", "")
    for name, said in (
        ("epsilon, delta", f"{done.epsilon:.3f}, {done.delta:g}, per {done.unit} ({done.accountant})"),
        ("covers", "\n".join(done.covers)), ("does not cover", "\n".join(done.excludes)),
        ("training", f"{done.steps} steps on {done.workers} workers, {done.seconds:.0f} s"),
    ):
        table.add_row(name, said)
    return table


def evaluation(found: Evaluation) -> Table:
    """Returns how close the synthetic table is to the release."""
    table = _table("synthetic against real", "measure", "synthetic", "beside")
    table.add_row("k-marginal score, of 1000", str(found.k_marginal), f"{found.k_marginal_holdout} for held-out rows")
    if found.prediction is not None:
        score = found.prediction
        table.add_row(f"{score.metric} of predicting {score.target}", f"{score.train_synthetic:.3f}",
                      f"{score.train_real:.3f} trained on real, {score.majority:.3f} by guessing")
    table.add_row("closer to a training row than to a held-out one", f"{found.closest_record.share_synthetic_closer:.1%}",
                  "50% is ideal")
    return table


def checks(found: Iterable[Check]) -> Table:
    """Returns one line a check, with the fix for what is off."""
    table = _table("this machine", "", "check", "found", "fix")
    for check in found:
        mark = "ok" if check.ok else "OFF" if check.required else "optional"
        table.add_row(mark, check.name, check.found, "" if check.ok else check.fix)
    return table


def walk_record(walked: Walk) -> dict[str, Any]:
    """Returns the record of a walk for ``--json``."""
    return {
        "policy": walked.policy.name, "release": walked.artifacts.release, "report": walked.artifacts.report,
        "seconds": {step: round(took, 2) for step, took in walked.seconds.items()},
        "receipt": walked.receipt.model_dump(mode="json"),
        "synthesis": walked.synthesis.model_dump(mode="json") if walked.synthesis else None,
        "evaluation": walked.evaluation.model_dump(mode="json") if walked.evaluation else None,
    }


def walk(walked: Walk) -> list[Table | str]:
    """Returns the steps' results, where the time went, and where the report lies."""
    parts: list[Table | str] = [receipt(walked.receipt)]
    parts += [synthesis(walked.synthesis)] if walked.synthesis else []
    parts += [evaluation(walked.evaluation)] if walked.evaluation else []
    return [*parts, times(walked.seconds), f"report: {walked.artifacts.report}"]


def times(seconds: dict[str, float]) -> Table:
    """Returns where the time went."""
    table = _table(f"{sum(seconds.values()):.0f} seconds", "step", "seconds")
    for step, took in seconds.items():
        table.add_row(step, f"{took:.1f}")
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def demo_record(shown: Shown) -> dict[str, Any]:
    """Returns the record of a demo for ``--json``."""
    return {
        "folder": str(shown.folder), "report": str(shown.report), "found": asdict(shown.found),
        "seconds": {step: round(took, 2) for step, took in shown.seconds.items()},
        "walks": [walk_record(walked) for walked in shown.walks],
    }


def demo(shown: Shown) -> list[Table | str]:
    """Returns each release, what was found against what was planted, where the time went, where the report lies."""
    parts: list[Table | str] = [receipt(walked.receipt) for walked in shown.walks]
    parts += [synthesis(walked.synthesis) for walked in shown.walks if walked.synthesis]
    parts += [evaluation(walked.evaluation) for walked in shown.walks if walked.evaluation]
    leaked = sum(shown.found.leaked.values())
    return [
        *parts, planted("the scan found", "found", shown.found.scan),
        planted("gone from the released notes", "gone", shown.found.notes),
        f"planted values that still stand in {shown.found.files:,} files: {leaked} of {sum(shown.found.searched.values()):,}",
        times(shown.seconds), f"report: {shown.report}",
    ]


def planted(title: str, word: str, scores: Iterable[PlantedScore]) -> Table:
    """Returns what was planted beside what was found of it, one line an entity type."""
    scores = tuple(scores)
    kinds = dict.fromkeys(score.entity_type for score in scores)
    total, hits = sum(s.planted for s in scores), sum(s.found for s in scores)
    table = _table(f"{title}: {hits:,} of {total:,} planted ({hits / max(total, 1):.1%})", "entity", "planted", word, "share")
    for kind in kinds:
        of_kind = [score for score in scores if score.entity_type == kind]
        planted_here, found_here = sum(s.planted for s in of_kind), sum(s.found for s in of_kind)
        table.add_row(kind, f"{planted_here:,}", f"{found_here:,}", f"{found_here / max(planted_here, 1):.1%}")
    return table
