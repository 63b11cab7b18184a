"""The state of a release that grows, as a file: written whole, and refused if altered, foreign or of another version."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from engine.errors import InputError
from engine.plan.fingerprint import fingerprint
from schemas.versions import Cohort, Gone, Made, Version, VersionState


def digest(state: VersionState) -> str:
    """Returns the SHA-256 of a state, hexadecimal. It covers the state before, and so all of them."""
    return fingerprint(state.model_dump(mode="json"))


def following(
    state: VersionState, made: Made, *, release_id: str, entered: Mapping[int, int], left: Mapping[tuple[int, int], int],
    tables: Mapping[str, int], source: int | None = None, batch: int | None = None,
) -> VersionState:
    """Returns the state of the version after.

    Args:
        state: Of the version before.
        made: How the version comes about.
        release_id: Its id.
        entered: Rows that entered, by leaf.
        left: Rows that left, those withdrawn included, by the version in which they entered, and leaf.
        tables: Delta version of each table of the state.
        source: Delta version of the source, if it was read and has any.
        batch: Number of the batch that was read, if one was.

    Raises:
        InputError: If rows leave a cohort that is not there, or more than it has.
    """
    had = {(cohort.entered, cohort.leaf): cohort for cohort in state.cohorts}
    if any(not 0 <= rows <= (had[place].rows if place in had else 0) for place, rows in left.items()):
        raise _refused("more rows left than the state knows of")
    cohorts = [_after(cohort, left.get(place, 0), state.version + 1) for place, cohort in had.items()]
    cohorts += [Cohort(entered=state.version + 1, leaf=leaf, rows=rows) for leaf, rows in sorted(entered.items())]
    return VersionState(
        version=state.version + 1, release_id=release_id, policy=state.policy, recoding=state.recoding, cohorts=tuple(cohorts),
        made=made, before=digest(state), source=state.source if source is None else source,
        batch=state.batch if batch is None else batch, tables=dict(tables))


def refined(
    state: VersionState, made: Made, *, release_id: str, recoding: dict[str, Any], rows: Mapping[tuple[int, int], int],
    tables: Mapping[str, int],
) -> VersionState:
    """Returns the state of a version whose leaves were cut further; nobody came or left.

    Args:
        state: Of the version before.
        made: How the version comes about.
        release_id: Its id.
        recoding: The one that is followed from now on.
        rows: By the version in which they entered, and leaf.
        tables: Delta version of each table of the state.

    Raises:
        InputError: If these are not the rows that there were.
    """
    before = Counter[int]()
    for cohort in state.cohorts:
        before[cohort.entered] += cohort.rows
    after = Counter[int]()
    for (entered, _), number in rows.items():
        after[entered] += number
    if +before != +after:
        raise _refused("other rows are there than the state knows of")
    gone = {(cohort.entered, cohort.leaf): cohort.gone for cohort in state.cohorts}
    cohorts = tuple(Cohort(entered=entered, leaf=leaf, rows=rows.get((entered, leaf), 0), gone=gone.get((entered, leaf), ()))
                    for entered, leaf in sorted({*gone, *rows}))
    return VersionState.model_validate({
        **dict(state), "version": state.version + 1, "release_id": release_id, "recoding": recoding, "cohorts": cohorts,
        "made": made, "before": digest(state), "tables": dict(tables)})


def version_of(state: VersionState) -> Version:
    """Returns what a receipt tells of a version."""
    return Version(version=state.version, state=digest(state), **dict(state.made))


def _after(cohort: Cohort, left: int, version: int) -> Cohort:
    if not left:
        return cohort
    return Cohort(entered=cohort.entered, leaf=cohort.leaf, rows=cohort.rows - left,
                  gone=(*cohort.gone, Gone(version=version, rows=left)))


def written(state: VersionState) -> str:
    """Returns a state as text, with its digest."""
    return json.dumps({"state": state.model_dump(mode="json"), "digest": digest(state)}, sort_keys=True)


def opened(text: str, *, policy: str, sealed: str | None = None) -> VersionState:
    """Returns the state that ``written`` wrote.

    Args:
        text: The file.
        policy: Fingerprint of the policy that asks.
        sealed: The expected digest, from a place that whoever can write the file cannot write; without it only damage shows.

    Raises:
        InputError: If the text is no such state, its digest is another, or another policy's release is meant.
    """
    try:
        found = json.loads(text)
        state, said = VersionState.model_validate(found["state"]), found["digest"]
    except (ValueError, KeyError, TypeError, ValidationError):
        raise _refused("this is not the state of a release") from None
    if digest(state) != said or (sealed is not None and sealed != said):
        raise _refused("the state was altered, or is of another version")
    if state.policy != policy:
        raise _refused("the state belongs to the release of another policy")
    return state


def _refused(what: str) -> InputError:
    return InputError(what, where="the release's versions", allowed="the file that the last version left, as it was",
                      next="restore it from a copy, or publish a release from the beginning")
