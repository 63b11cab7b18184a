"""How results look on a screen: tables of aggregates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from schemas.findings import percent, printable

if TYPE_CHECKING:
    from engine.doctor import Check
    from engine.release.report import PlantedScore
    from engine.road import Walk
    from engine.showcase import Shown
    from schemas.certificate import Certificate
    from schemas.evaluation import Evaluation
    from schemas.findings import ColumnFindings, ScanReport
    from schemas.forecast import Forecast
    from schemas.receipt import Receipt, SynthesisReceipt
    from schemas.rotation import Rewrapped, Rotation
    from schemas.sample import SampleReceipt

MOSTLY_WITHIN = 0.9
"""Share of gradients within the clip from which on it is larger than it need be. One that cuts nearly all does no harm."""


def findings(found: ScanReport) -> Group:
    """Returns one line a column: what was found in it and the role that is proposed; and what was found beside the rows."""
    level = f", {found.sensitivity}" if found.sensitivity else ""
    bounded = any(column.missed_at_most is not None for column in found.columns)
    parts: list[Group | Text] = [_table(
        f"{found.table}: {found.rows:,} rows, {len(found.columns)} columns, {found.seconds:.1f} s{level}{_looked_at(found)}",
        ("column", "type", "role", "category", "sensitivity", "found", "cells", "score", *(("missed",) if bounded else ())),
        ((printable(column.path), column.type, column.role, column.category, column.sensitivity or "-",
          "\n".join(e.entity_type for e in column.entities[:3]) or "-", "\n".join(percent(e.share) for e in column.entities[:3]),
          "\n".join(f"{e.score_mean:.2f}" for e in column.entities[:3]), *((_missed(column),) if bounded else ()))
         for column in found.columns))]
    if found.unread_rows:
        parts.append(Text(f"left out: {found.unread_rows:,} lines that are no JSON, or in which a key stands twice\n", "yellow"))
    if bounded:
        parts.append(Text("missed: so many cells at most hold something all the same, with 95% confidence\n", "dim"))
    if any(column.masked for column in found.columns):
        parts.append(Text("* stands for what identifies somebody in a column's name, with the line where it does first\n", "dim"))
    if found.metadata:
        parts.append(_table("beside the rows", ("place", "found", "times"),
                            ((printable(one.place), one.entity_type, f"{one.count:,}") for one in found.metadata)))
    return Group(*parts)


def _missed(column: ColumnFindings) -> str:
    return "-" if column.missed_at_most is None else f"≤ {column.missed_at_most:.2%}"


def _looked_at(found: ScanReport) -> str:
    """Which rows were looked at, where it was not all of them."""
    if found.sampling is None or found.sampling.mode == "all":
        return ""
    if found.sampling.mode == "sample":
        return f"; {found.sampling.rows:,} random rows looked at"
    skipped = [column.missed_at_most or 0.0 for column in found.columns if column.skipped]
    if not skipped:
        return ""
    return f"; {len(skipped)} columns cleared by {found.sampling.rows:,} random rows: at most {max(skipped):.2%} of cells missed"


def receipt(done: Receipt) -> Group:
    """Returns one line a promise: what was promised and what was measured on the written table."""
    return _table(
        f"{done.output.table}: {done.output.rows:,} rows, {done.standing}, release {done.release_id}{_told(done)}",
        ("guarantee", "promised", "measured", "holds"),
        ((verdict.guarantee, f"{verdict.promised:g}", f"{verdict.measured:g}", "yes" if verdict.holds else "NO")
         for verdict in done.verdicts))


def _told(done: Receipt) -> str:
    """What the rows were compared with, where the files are not those that were released, and how a version came about."""
    compared = "".join(f"\n{verdict.detail}" for verdict in done.verdicts if verdict.guarantee == "rows" and verdict.detail)
    if done.versions is None:
        return compared
    made = done.versions
    changed = {"entered": made.entered, "left": made.left, "withdrawn with them": made.withdrawn, "waiting": made.waiting,
               "may not come back": made.barred}
    told = ", ".join(f"{rows:,} {what}" for what, rows in changed.items() if rows or what == "entered")
    return f"{compared}\nversion {made.version}: {told}"


def certificate(done: Certificate) -> Group:
    """Returns what forgetting destroyed in each table of keys, and what remains in the columns."""
    keys = _table(
        f"{done.subjects:,} subjects to forget", ("table of keys", "destroyed", "had none", "bytes found before", "after"),
        ((one.table, f"{one.destroyed:,}", f"{one.without:,}", f"{one.before.found:,} in {one.before.files:,} files",
          f"{one.after.found:,} in {one.after.files:,} files") for one in done.keys))
    columns = _table("what releases hold of them", ("release", "column", "", "why"),
                     ((one.release, one.column, one.state, one.why) for one in done.columns))
    held = [f"{table} cannot be read" if count is None else f"{table} still holds {count:,} of them"
            for table, count in done.still_in_source.items() if count != 0]
    if not any(one.destroyed for one in done.keys):
        held.insert(0, "nothing was destroyed: none of these subjects has a key")
    if any(one.cut_short for one in done.keys):
        held.insert(0, "an earlier call was killed: of what it destroyed the search after knew the names alone")
    return Group(keys, columns, *(Text(f"{line}\n", "yellow") for line in held),
                 Text(f"not seen from here: {'; '.join(done.not_seen)}\n", "dim"))


def rotation(done: Rotation) -> Group:
    """Returns which tokens were exchanged, and how columns join before and after."""
    between = ("-" if one.rows_between is None else f"{one.rows_between:,}" for one in done.joins)
    columns = _table("tokens exchanged", ("policy", "column", "domain", "before", "after"),
                     ((one.policy, one.column, one.domain, one.before, one.after) for one in done.columns))
    joins = _table("joins", ("domain", "left", "right", "rows before", "after", "through the bridge", "hold"),
                   ((one.domain, one.left, one.right, f"{one.rows_before:,}", f"{one.rows_after:,}", both,
                     "yes" if one.holds else "NO") for one, both in zip(done.joins, between, strict=True)))
    places = [f"{old} stays; {new} is published\n" for old, new in done.releases.items()]
    return Group(columns, joins, *(Text(line) for line in places))


def rewrapped(done: Rewrapped) -> str:
    """Returns what became of a table of keys, in a line."""
    return (f"{done.table}: {done.keys:,} keys wrapped anew; of {done.before.found:,} that the old key opens "
            f"{done.after.found:,} are still there")


def synthesis(done: SynthesisReceipt) -> Group:
    """Returns the claim of a synthetic table, and what it does not cover."""
    speed = f" ({done.units_per_second:,.0f} units/s)" if done.units_per_second else ""
    return _table(f"{done.output.table}: {done.output.rows:,} synthetic rows", ("claim", ""), (
        ("epsilon, delta", f"{done.epsilon:.3f}, {done.delta:g}, per {done.unit} ({done.accountant})"),
        *((("epsilon of one row of a subject that changes", f"{done.epsilon_record:.3f}"),)
          if done.unit == "subject" and done.epsilon_record is not None else ()),
        ("covers", "\n".join(done.covers)), ("does not cover", "\n".join(done.excludes)),
        ("training", f"{done.steps} steps on {done.workers} workers{speed}, {done.seconds:.0f} s"),
        *((("clip", _clip(done)),) if done.within_clip is not None else ()),
    ))


def _clip(done: SynthesisReceipt) -> str:
    if done.final_clip is not None:
        return f"{done.within_clip:.0%} of gradients were within {done.final_clip:.3g}, to which it moved from {done.clip:g}"
    smaller = "; a smaller synthesis.clip has less noise" if (done.within_clip or 0.0) > MOSTLY_WITHIN else ""
    return f"{done.within_clip:.0%} of gradients were within {done.clip:g}{smaller}"


def sample(drawn: SampleReceipt) -> Group:
    """Returns what was drawn."""
    return _table(f"{drawn.output.table}: {drawn.output.rows:,} synthetic rows", ("", ""), (
        *(("given", condition) for condition in drawn.given),
        ("epsilon", f"nothing more: it is that of synthesis {drawn.synthesis_id[:8]}…"),
    ))


def forecast(expected: Forecast) -> Group:
    """Returns what a training would be."""
    assumed = (", as many as rows, or as delta is a promise for; fewer need more noise. It is drawn when training begins"
               if expected.assumed else "")
    return _table("What training would take", ("", ""), (
        ("units", f"{expected.units:,}{assumed}"),
        ("noise multiplier, sample rate", f"{expected.noise_multiplier:.4g}, {expected.sample_rate:.4g}"
         + (": all units take part in every step" if expected.sample_rate == 1 else "")),
        ("steps", f"{expected.steps:,}"),
        *((f"epsilon by {name}", f"{value:.4g}") for name, value in expected.epsilon_by_accountant.items()),
        ("epsilon of one row of a subject that changes", f"{expected.epsilon_record:.4g}"),
        ("delta", f"{expected.delta:g}"),
        ("columns, weights", f"{len(expected.columns)}, {expected.parameters:,}"),
        *(("not public", f"{name}: values, or labels of cuts, are named; 32 are assumed") for name in expected.to_name),
        ("memory of a worker, about", f"{expected.bytes_per_worker / (1 << 20):,.0f} MiB beside torch's own and one file"),
        ("time of the steps, about", f"{expected.seconds:,.0f} s on {expected.workers} workers, beside starting Ray and reading"),
        *((("of GPUs", "nothing is told: memory and time are those of processors"),) if expected.device != "cpu" else ()),
    ))


def evaluation(found: Evaluation) -> Group:
    """Returns how close the synthetic table is to the release."""
    rows = [("k-marginal score, of 1000", str(found.k_marginal), f"{found.k_marginal_holdout} for held-out rows")]
    if found.prediction is not None:
        score = found.prediction
        rows.append((f"{score.metric} of predicting {score.target}", f"{score.train_synthetic:.3f}",
                     f"{score.train_real:.3f} trained on real, {score.majority:.3f} by guessing"))
    rows.append(("closer to a training row than to a held-out one", f"{found.closest_record.share_synthetic_closer:.1%}",
                 "50% is ideal"))
    return _table("synthetic against real", ("measure", "synthetic", "beside"), rows)


def checks(found: Iterable[Check]) -> Group:
    """Returns one line a check, with the fix for what is off."""
    marks = {(True, True): "ok", (True, False): "ok", (False, True): "OFF", (False, False): "optional"}
    return _table("this machine", ("", "check", "found", "fix"), (
        (marks[check.ok, check.required], check.name, check.found, "" if check.ok else check.fix) for check in found))


def walk_record(walked: Walk) -> dict[str, Any]:
    """Returns the record of a walk for ``--json``."""
    return {
        "policy": walked.policy.name, "release": walked.artifacts.release, "report": walked.artifacts.report,
        "seconds": {step: round(took, 2) for step, took in walked.seconds.items()},
        "receipt": walked.receipt.model_dump(mode="json"),
        "synthesis": walked.synthesis.model_dump(mode="json") if walked.synthesis else None,
        "evaluation": walked.evaluation.model_dump(mode="json") if walked.evaluation else None,
        "utility": walked.utility.model_dump(mode="json") if walked.utility else None,
    }


def walk(walked: Walk) -> list[Group | str]:
    """Returns the steps' results, where the time went, and where the report lies."""
    from jobs._views_utility import utility

    parts: list[Group | str] = [receipt(walked.receipt)]
    parts += [utility(walked.utility)] if walked.utility else []
    parts += [synthesis(walked.synthesis)] if walked.synthesis else []
    parts += [evaluation(walked.evaluation)] if walked.evaluation else []
    return [*parts, times(walked.seconds), f"report: {walked.artifacts.report}"]


def times(seconds: dict[str, float]) -> Group:
    """Returns where the time went."""
    return _table(f"{sum(seconds.values()):.0f} seconds", ("step", "seconds"), ((k, f"{v:.1f}") for k, v in seconds.items()))


def demo_record(shown: Shown) -> dict[str, Any]:
    """Returns the record of a demo for ``--json``."""
    return {
        "folder": str(shown.folder), "report": str(shown.report), "found": asdict(shown.found),
        "seconds": {step: round(took, 2) for step, took in shown.seconds.items()},
        "walks": [walk_record(walked) for walked in shown.walks],
    }


def demo(shown: Shown) -> list[Group | str]:
    """Returns each release, what was found against what was planted, where the time went, where the report lies."""
    parts: list[Group | str] = [receipt(walked.receipt) for walked in shown.walks]
    parts += [synthesis(walked.synthesis) for walked in shown.walks if walked.synthesis]
    parts += [evaluation(walked.evaluation) for walked in shown.walks if walked.evaluation]
    leaked = sum(shown.found.leaked.values())
    return [
        *parts, planted("the scan found, by cells of columns with the right category or findings,", "found", shown.found.scan),
        planted("gone from the released notes", "gone", shown.found.notes),
        f"planted values that still stand in {shown.found.files:,} files: {leaked} of {sum(shown.found.searched.values()):,}",
        times(shown.seconds), f"report: {shown.report}",
    ]


def planted(title: str, word: str, scores: Iterable[PlantedScore]) -> Group:
    """Returns what was planted beside what was found of it, one line an entity type."""
    scores = tuple(scores)
    total, hits = sum(s.planted for s in scores), sum(s.found for s in scores)
    rows = []
    for kind in dict.fromkeys(score.entity_type for score in scores):
        here = sum(score.planted for score in scores if score.entity_type == kind)
        hit = sum(score.found for score in scores if score.entity_type == kind)
        rows.append((kind, f"{here:,}", f"{hit:,}", f"{hit / max(here, 1):.1%}"))
    title = f"{title}: {hits:,} of {total:,} planted ({hits / max(total, 1):.1%})"
    return _table(title, ("entity", "planted", word, "share"), rows)


def _table(title: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Group:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return Group(Text(title, style="bold"), table)
