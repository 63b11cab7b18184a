"""Checks that span several parts of one policy."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from schemas.policy.growing import unkept
from schemas.policy.noise_in_cuts import unpaid
from schemas.policy.statistics import unanswerable

if TYPE_CHECKING:
    from schemas.policy.v1 import PolicyV1


def disagreements(policy: PolicyV1) -> list[str]:
    """Returns one sentence for each place where parts of ``policy`` contradict each other."""
    return [*_places(policy), *_guarantees(policy), *_population(policy), *_items(policy), *_subject(policy), *_own_keys(policy),
            *_per(policy), *_known(policy), *_names(policy), *_recoding(policy), *unpaid(policy), *unkept(policy),
            *_synthesis(policy), *_budget(policy), *unanswerable(policy)]


def _places(policy: PolicyV1) -> Iterator[str]:
    source, release = (posixpath.normpath(path) for path in (policy.source.table, policy.release.path))
    if release == source or release.startswith(f"{source}/"):
        yield "release.path lies in the source table, whose clean-up would remove it: name a folder beside it"
    elif source.startswith(f"{release}/"):
        yield "release.path is a folder that holds the source table: name one of its own"
    keys = posixpath.normpath(policy.subject_keys.table) if policy.subject_keys else ""
    if keys and any(_within(keys, table) or _within(table, keys) for table in (source, release)):
        yield "subject_keys.table lies in the source or the release, or holds one of them: name a folder of its own"


def _within(path: str, folder: str) -> bool:
    return f"{path}/".startswith(f"{folder}/")


def _guarantees(policy: PolicyV1) -> Iterator[str]:
    promised = policy.guarantees
    if promised.k and not policy.quasi_identifiers():
        yield "guarantees.k needs at least one column of role quasi" + (" beside those of guarantees.km" if promised.km else "")
    if promised.on_columns and not promised.on_classes:
        yield "claims on sensitive columns are checked within equivalence classes: give guarantees.k as well"
    if promised.subjects is not None:
        column = policy.columns.get(promised.subjects.column)
        written = column.effective_operator if column else None
        if promised.subjects.column != policy.source.subject:
            yield "guarantees.subjects counts the people that rows are about: name the column of source.subject"
        elif column is None or column.role == "quasi" or written is None or written.name not in _TELLING_APART:
            yield f"guarantees.subjects counts {promised.subjects.column!r} in the release: keep it apart, as a token, say"
    for letter, claims in (("l", promised.l), ("t", promised.t), ("beta", promised.beta), ("delta", promised.delta)):
        for claim in claims:
            column = policy.columns.get(claim.column)
            if column is None or column.role != "sensitive" or column.dropped:
                yield f"guarantees.{letter} names column {claim.column!r}, which is not a released column of role sensitive"
    if policy.quasi_identifiers() and not promised.on_classes:
        yield "columns of role quasi need guarantees.k, or guarantees.km where they hold sets of items"


def _population(policy: PolicyV1) -> Iterator[str]:
    promised, quasi = policy.guarantees, policy.quasi_identifiers()
    if promised.on_population and promised.population is None:
        yield "k_map and presence compare with everybody: name the table in guarantees.population"
    if promised.population is None:
        return
    if not promised.on_population:
        yield "guarantees.population is compared with by nothing: give k_map or presence, or leave it out"
    elif not quasi:
        yield "guarantees.k_map and presence need at least one column of role quasi"
    yield from (f"guarantees.population.columns names column {name!r}, which is not a quasi-identifier"
                for name in promised.population.columns if name not in quasi)
    there = Counter(promised.population.columns.get(name, name) for name in quasi)
    yield from (f"guarantees.population.columns names {name!r} for {times} quasi-identifiers" for name, times in there.items()
                if times > 1)
    if promised.presence and promised.presence.min:
        yield from (f"columns.{name}: coarsest leaves people in classes of which no row is there, and guarantees.presence.min "
                    "forbids it: leave one of them out" for name in quasi if policy.columns[name].coarsest is not None)
    release, table = (posixpath.normpath(path) for path in (policy.release.path, promised.population.table))
    if _within(release, table) or _within(table, release):
        yield "guarantees.population.table lies in the release, or holds it: name a folder of its own"


def _items(policy: PolicyV1) -> Iterator[str]:
    times = Counter(claim.column for claim in policy.guarantees.km)
    yield from (f"guarantees.km names column {name!r} twice" for name, count in times.items() if count > 1)
    for name in times:
        column = policy.columns.get(name)
        if column is None or column.role != "quasi" or column.dropped:
            yield f"guarantees.km names column {name!r}, which is not a released column of role quasi"
        elif column.operator is not None:
            yield f"columns.{name}: a set of items is generalized by its hierarchy alone: leave the operator out"
        elif column.aggregate:
            yield f"columns.{name}: a set of items has no {column.aggregate}: leave aggregate out"
        elif "weight" in column.model_fields_set:
            yield f"columns.{name}: a set of items is not weighed against other columns: leave weight out"


_TELLING_APART = ("keep", "token", "encrypt", "encrypt_format")
"""Operators after which two subjects are still two."""


def _subject(policy: PolicyV1) -> Iterator[str]:
    subject = policy.source.subject
    if subject is not None and subject not in policy.columns:
        yield f"source.subject names column {subject!r}, which columns does not list"
    for name, column in policy.columns.items():
        if column.operator and column.operator.date_shift and subject is None:
            yield f"columns.{name}: date_shift moves all dates of one subject alike: give source.subject"
        if column.operator and column.operator.redact and column.operator.redact.scope == "subject" and subject is None:
            yield f"columns.{name}: redact with scope: subject keeps subjects apart: give source.subject"


def _own_keys(policy: PolicyV1) -> Iterator[str]:
    own = policy.under_own_keys()
    if policy.subject_keys is not None and not own:
        yield "subject_keys are used by no column: say key: subject in a token or encrypt operator, or leave them out"
    claimed = policy.guarantees.claimed
    for name in own:
        if policy.source.subject is None or policy.subject_keys is None:
            yield f"columns.{name}: key: subject is a key for each subject: give source.subject and subject_keys"
        if policy.columns[name].role == "quasi" or name in claimed:
            yield f"columns.{name}: equal values differ from subject to subject under key: subject, so that none can be counted"


def _per(policy: PolicyV1) -> Iterator[str]:
    """Noise that depends on other columns depends on them as they are in the source."""
    for name, column in policy.columns.items():
        for other in column.operator.noise.per if column.operator and column.operator.noise else ():
            beside = policy.columns.get(other)
            if beside is None:
                yield f"columns.{name}: per names column {other!r}, which columns does not list"
            elif other == name or beside.role == "text" or (beside.operator and beside.operator.noise):
                yield f"columns.{name}: per names {other!r}, which is text or itself blurred: name a column that tells rows apart"


def _known(policy: PolicyV1) -> Iterator[str]:
    for name, column in policy.columns.items():
        operator = column.effective_operator
        if operator is None or operator.redact is None:
            continue
        for reference in operator.redact.known:
            table, dot, _ = reference.partition(".")
            if reference in policy.columns:
                continue
            if not dot or table not in policy.source.lookups:
                yield f"columns.{name}: known names {reference!r}, neither a column nor 'table.column' of source.lookups"
            elif policy.source.subject is None:
                yield f"columns.{name}: known looks {reference!r} up by subject: give source.subject"


def _names(policy: PolicyV1) -> Iterator[str]:
    folded = Counter(name.casefold() for name in policy.columns)
    yield from (f"columns {name!r} differ only in case" for name, times in folded.items() if times > 1)
    released = Counter(policy.released_name(n).casefold() for n, c in policy.columns.items() if not c.dropped)
    yield from (f"two released columns are called {name!r}" for name, times in released.items() if times > 1)


def _recoding(policy: PolicyV1) -> Iterator[str]:
    limited = [name for name, column in policy.columns.items() if column.coarsest is not None]
    yield from (f"columns.{name}: a set of items is generalized by its hierarchy alone: leave coarsest out"
                for name in limited if name in policy.item_columns())
    if policy.guarantees.suppress == "cells" and (limited or policy.recoding.model != "tree"):
        yield "guarantees.suppress: cells become '*' in a second tree: leave it out" + (
            f", or columns.{limited[0]}.coarsest" if limited else ", or recoding.model")
    if policy.guarantees.suppress == "values":
        yield from _values(policy)
    told = [name for name, column in policy.columns.items() if column.aggregate]
    yield from (f"columns.{name}: coarsest keeps its values, and aggregate puts a number in their place: leave one of them out"
                for name in told if policy.columns[name].coarsest is not None and policy.recoding.model == "full-domain")
    target = policy.recoding.target
    if target is None:
        return
    column = policy.columns.get(target)
    if column is None or column.dropped or column.role not in {"quasi", "sensitive", "insensitive"}:
        yield f"recoding.optimize.accuracy names {target!r}, which is no released column of role quasi, sensitive or insensitive"
    elif target in policy.item_columns():
        yield f"recoding.optimize.accuracy names {target!r}, which holds sets: name a column of single values"


def _values(policy: PolicyV1) -> Iterator[str]:
    if policy.recoding.model != "full-domain":
        yield ("guarantees.suppress: values goes with recoding.model: full-domain; a tree merges rare values with others, which "
               "loses less")
    elif all(policy.columns[name].hierarchy for name in policy.quasi_identifiers()):
        yield "guarantees.suppress: values is about columns without a hierarchy, and there is none: leave it out"


def _budget(policy: PolicyV1) -> Iterator[str]:
    """A mechanism that publishes one unit in full has a delta of one over their number."""
    told = policy.statistics.subjects if policy.statistics else None, policy.synthesis.records if policy.synthesis else None
    units = max(number or 1 for number in told)
    if policy.budget is not None and policy.budget.cap.delta > 1 / units:
        yield f"budget.cap.delta is no promise above 1/{units}, one over the number of units; a tenth of that is usual"


def _synthesis(policy: PolicyV1) -> Iterator[str]:
    target = policy.evaluation.target
    if target is not None and (target not in policy.columns or policy.columns[target].dropped):
        yield f"evaluation.target names {target!r}, which is not released"
    elif target in policy.item_columns():
        yield f"evaluation.target names {target!r}, which holds sets: name a column of single values"
    if policy.synthesis is None:
        return
    subject = policy.source.subject
    unknown = subject is not None and subject not in policy.columns  # told by _subject
    if policy.synthesis.unit == "subject" and not unknown and (subject is None or policy.columns[subject].dropped):
        yield ("synthesis.unit subject needs source.subject, released as a token, to bound what one person contributes; "
               "or say unit: record")
    for name in policy.synthesis.columns or ():
        if name not in policy.columns or policy.columns[name].dropped:
            yield f"synthesis.columns names {name!r}, which is not released"
