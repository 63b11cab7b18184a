"""Plans as text: what will run, in order, in words that a data protection officer can follow."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch
from typing import Any

from engine.anonymity.aggregate_coding import AggregateCoding
from engine.anonymity.guarantees import STARRED
from engine.anonymity.lattice import FullDomain
from engine.operators import operator
from engine.plan.joins import joining, told
from engine.plan.policy import Policy
from engine.plan.stages import Apply, AttachKeys, Check, Compare, Gather, Plan, Project, Read, Recode, RecodeItems, Write
from schemas.policy import Guarantees
from schemas.policy.recoding import Recoding


def explain(plan: Plan) -> str:
    """Returns ``plan`` as lines of text: promises, then each stage with what it does.

    Two plans with equal fingerprints have equal explanations. No line holds a data value or a key.
    """
    policy = plan.policy
    lines = [
        f"Plan {plan.fingerprint[:12]} for policy {policy.name} ({policy.fingerprint[:12]})",
        f"  purpose    {policy.purpose}",
        f"  promises   {'; '.join(promises(policy.guarantees)) or 'nothing beyond the operators'}",
        f"  dropped    {', '.join(name for name, c in policy.columns.items() if c.dropped) or 'nothing'}",
        *(f"  joins      {line}" for line in told(joining([(policy, plan.schema)]))),
        *(f"  versions   {line}" for line in _versions(policy)),
        "",
    ]
    for number, stage in enumerate(plan.stages, 1):
        first, *rest = _lines(stage, plan)
        lines.append(f"{number:>3}. {first}")
        lines += [f"       {line}" for line in rest]
    return "\n".join(lines)


def _versions(policy: Policy) -> Iterator[str]:
    """Yields what becomes of the release when its source changes."""
    versions = policy.release.versions
    if versions is not None:
        yield "lakeveil append publishes the next ones; who waits, enters and leaves is decided so that k holds over all of them"
        yield f"rows are named by {versions.row or policy.source.subject}, under key {versions.key}; state at {versions.state}"


def promises(guarantees: Guarantees) -> Iterator[str]:
    """Yields each guarantee as a short claim such as ``k = 10``."""
    if guarantees.k:
        yield f"k = {guarantees.k}"
    said = (*guarantees.on_population, *(claim.said for claim in guarantees.on_columns))
    yield from (f"{one.name} {one.sign} {one.promised:g}" for one in said)
    for claim in guarantees.km:
        yield f"{claim.said.name} ≥ {claim.k} for m = {claim.m}, at most {claim.items:.1%} of items left out"
    if guarantees.on_classes:
        yield f"at most {guarantees.suppression:.1%} of rows suppressed" + (
            f": left out, or {STARRED[guarantees.suppress]}" if guarantees.suppress in STARRED else "")


def treatment(policy: Policy, column: str) -> str:
    """Returns what is done to ``column``, in a clause."""
    written = policy.columns[column].effective_operator
    done = [] if written is None else [f"{written.name}: {operator(written.name).effect(written.spec).summary}"]
    if column in policy.quasi_identifiers():
        aggregate = policy.columns[column].aggregate
        done.append("generalized with the other quasi-identifiers" + (f", the {aggregate} of each class" if aggregate else ""))
    return ", then ".join(done)


@singledispatch
def _lines(stage: Any, plan: Plan) -> Iterator[str]:  # noqa: ANN401, ARG001 - dispatches on the stage's type
    raise TypeError(f"no explanation for stage {type(stage).__name__}")


@_lines.register
def _(stage: Read, plan: Plan) -> Iterator[str]:
    version = "" if stage.version is None else f", version {stage.version}"
    yield f"Read {stage.table}{version}: {plan.rows:,} rows, {len(stage.columns)} of {len(plan.schema)} columns"


@_lines.register
def _(stage: Gather, plan: Plan) -> Iterator[str]:  # noqa: ARG001 - the signature of the dispatch
    places = [f"{known.table or 'this table'}: {known.column}" for known in stage.known]
    yield f"Gather what each row{' and its subject are' if stage.subject else ' is'} known by"
    yield from places


@_lines.register
def _(stage: AttachKeys, plan: Plan) -> Iterator[str]:  # noqa: ARG001 - the signature of the dispatch
    yield f"Attach the key of each row's subject, from {stage.table}"
    yield "a subject without one gets one; lakeveil forget destroys them"
    yield f"reads {stage.subject}"
    yield f"wrapped under key {stage.key}"


@_lines.register
def _(stage: Apply, plan: Plan) -> Iterator[str]:
    yield f"{stage.column}: {treatment(plan.policy, stage.column)}"
    others = [name for name in stage.call.inputs[1:] if name in plan.policy.columns]
    if others:
        yield f"reads {', '.join(others)}"
    yield from (f"key {ref.handle}, derived for {ref.info}" for _, ref in stage.call.keys)


@_lines.register
def _(stage: RecodeItems, plan: Plan) -> Iterator[str]:  # noqa: ARG001 - the signature of the dispatch
    found = stage.recoding
    yield f"Generalize the items of {stage.column}: {len(found.items):,} items under {len(set(found.labels)):,} labels"
    yield f"whoever knows at most m = {found.m} items of a row finds {found.k} rows or more that hold them all"
    yield f"{found.left_out:,} items are left out, {found.suppressed:,} of {found.occurrences:,} occurrences"
    yield "apart from other columns: who knows of these, too, may find fewer"


@_lines.register
def _(stage: Recode, plan: Plan) -> Iterator[str]:
    yield f"Generalize {', '.join(stage.columns)} together: {len(stage.tree.leaves):,} classes"
    if isinstance(stage.tree, FullDomain):
        yield from _full_domain(stage.tree)
    else:
        yield from _cuts(plan.policy.recoding)
        yield CELLS[plan.policy.recoding.cells]
    yield from (f"{name}: the {how} of each class, not counting null and NaN" for name in stage.columns
                if (how := plan.policy.columns[name].aggregate))
    if stage.tree.beside:
        yield f"{stage.tree.beside:,} of the classes hold rows that the others gave up, '*' where they have nothing in common"
    yield "rows of suppressed classes are left out"


def _cuts(recoding: Recoding) -> Iterator[str]:
    noisy = recoding.noisy
    if noisy is None:
        on = {"all": "the data", "quasi": "the quasi-identifiers alone; classes that break another claim are left out"}
        yield f"strict Mondrian; the cuts depend on {on[str(recoding.cuts)]}"
        return
    of = f"a subject's rows, {noisy.rows} at most" if noisy.rows else "a row"
    yield f"cuts drawn with noise, on public domains: epsilon {noisy.epsilon:g}, delta {noisy.delta:g} for {of}"
    yield "each plan draws anew, and each that anybody sees has its price; whoever sees the generalized rows sees more"


CELLS = {"bounds": "a label says between which cuts a class lies", "tight": "a label says what a class holds"}
"""What labels of a tree say, in words."""


def _full_domain(recoding: FullDomain) -> Iterator[str]:
    yield "full-domain: every value of a column at the same level; the levels depend on the data"
    width = max(map(len, recoding.names))
    for coding, level, height in zip(recoding.columns, recoding.levels, recoding.heights, strict=True):
        at = f"level {level} of {height}" if 0 < level < height else "*" if level else "as it is"
        yield f"{coding.name:<{width}}  {'what each class has of it' if isinstance(coding, AggregateCoding) else at}"
    yield "no other levels that keep the promises lose less" if recoding.proven else (
        "other levels may lose less: there are too many combinations to look at all of them")


@_lines.register
def _(stage: Project, plan: Plan) -> Iterator[str]:
    yield f"Keep {len(stage.columns)} columns"
    width = max(len(name) for _, name in stage.columns)
    for name, released in stage.columns:
        renamed = f" (was {name})" if name != released else ""
        yield f"{released:<{width}}  {stage.schema.field(released).type}{renamed}: {plan.policy.columns[name].why}"


@_lines.register
def _(stage: Write, plan: Plan) -> Iterator[str]:  # noqa: ARG001 - the signature of the dispatch
    yield f"Write a staging table beside {stage.path}, without statistics"


@_lines.register
def _(stage: Check, plan: Plan) -> Iterator[str]:
    yield "Re-read the written table, measure every promise, and publish only if all hold"
    if stage.quasi:
        yield f"classes over {', '.join(stage.quasi)}"
        yield "k counts rows: of a subject with several rows in a class, each one counts"
    yield from promises(plan.policy.guarantees)


@_lines.register
def _(stage: Compare, plan: Plan) -> Iterator[str]:  # noqa: ARG001 - the signature of the dispatch
    table = stage.population.version
    version = "" if table.version is None else f", version {table.version}"
    yield f"Hold its classes against {table.table}{version}: {table.rows:,} people"
    yield from (f"{name} is {column} there" for name, column in stage.columns if name != column)
