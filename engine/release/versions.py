"""The state of a release that grows, as a file: written whole, and refused if altered, foreign or of another version."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from engine.errors import InputError
from schemas.versions import Made, Version, VersionState


def digest(state: VersionState) -> str:
    """Returns the SHA-256 of a state, hexadecimal. It covers the state before, and so all of them."""
    return hashlib.sha256(_text(state).encode()).hexdigest()


def following(
    state: VersionState, made: Made, *, release_id: str, entered: Mapping[int, int], left: Mapping[tuple[int, int], int],
    tables: Mapping[str, int], source: int | None = None, table: str | None = None, batch: int | None = None,
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
        table: Delta's id of it, likewise.
        batch: Number of the batch that was read, if one was.

    Raises:
        InputError: If rows leave a cohort that is not there, or more than it has.
    """
    had = {(entered, leaf): rows for entered, leaf, rows in state.cohorts}
    if any(not 0 <= rows <= had.get(place, 0) for place, rows in left.items()):
        raise _refused("more rows left than the state knows of")
    cohorts = [(*place, rows - left.get(place, 0)) for place, rows in had.items()]
    cohorts += [(state.version + 1, leaf, rows) for leaf, rows in sorted(entered.items())]
    gone = [(*place, state.version + 1, rows) for place, rows in sorted(left.items()) if rows]
    return VersionState(
        version=state.version + 1, release_id=release_id, policy=state.policy, recoding=state.recoding, cohorts=tuple(cohorts),
        gone=(*state.gone, *gone), made=made, before=digest(state), source=state.source if source is None else source,
        table=state.table if table is None else table, batch=state.batch if batch is None else batch, tables=dict(tables))


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
    before, after = Counter[int](), Counter[int]()
    for entered, _, number in state.cohorts:
        before[entered] += number
    for (entered, _), number in rows.items():
        after[entered] += number
    if +before != +after:
        raise _refused("other rows are there than the state knows of")
    places = sorted({*(cohort[:2] for cohort in state.cohorts), *rows})
    return VersionState.model_validate({
        **dict(state), "version": state.version + 1, "release_id": release_id, "recoding": recoding,
        "cohorts": tuple((*place, rows.get(place, 0)) for place in places), "made": made, "before": digest(state),
        "tables": dict(tables)})


def version_of(state: VersionState) -> Version:
    """Returns what a receipt tells of a version."""
    return Version(version=state.version, state=digest(state), **dict(state.made))


def written(state: VersionState) -> str:
    """Returns a state as text, with its digest."""
    text = _text(state)
    return f'{{"digest": "{hashlib.sha256(text.encode()).hexdigest()}", "state": {text}}}'


def opened(text: str, *, where: str, policy: str, sealed: str | None = None) -> VersionState:
    """Returns the state that ``written`` wrote.

    Args:
        text: The file.
        where: Its path, for messages.
        policy: Fingerprint of the policy that asks.
        sealed: The expected digest, from a place that whoever can write the file cannot write; without it only damage shows.

    Raises:
        InputError: If the text is no such state, its digest is another, or another policy's release is meant.
    """
    try:
        found = json.loads(text)
        state, said = VersionState.model_validate(found["state"]), found["digest"]
    except (ValueError, KeyError, TypeError, ValidationError):
        raise _refused("this is not the state of a release", where) from None
    if digest(state) != said or (sealed is not None and sealed != said):
        raise _refused("the state was altered, or is of another version", where)
    if state.policy != policy:
        raise InputError("the state belongs to the release of another policy", where=where,
                         allowed="the policy that published the first version, as it was",
                         next="append with that policy, or publish a release of this one to another path")
    return state


def _text(state: VersionState) -> str:
    return json.dumps(state.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))


def _refused(what: str, where: str = "the state of the release") -> InputError:
    return InputError(what, where=where, allowed="the file that the last version left, as it was",
                      next="restore it from a copy, or publish a release from the beginning")
