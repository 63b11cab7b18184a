"""The state of a release that grows, as a file: written whole, and refused if altered, foreign or of another version."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import ValidationError

from engine.errors import InputError
from engine.plan.fingerprint import fingerprint
from schemas.versions import Cohort, VersionState


def digest(state: VersionState) -> str:
    """Returns the SHA-256 of a state, hexadecimal. It covers the state before, and so all of them."""
    return fingerprint(state.model_dump(mode="json"))


def following(
    state: VersionState, *, entered: Mapping[int, int], left: Mapping[tuple[int, int], int], waiting: int, withdrawn: int,
) -> VersionState:
    """Returns the state of the version after.

    Args:
        state: Of the version before.
        entered: Rows that entered, by leaf.
        left: Rows that left, those withdrawn included, by the version in which they entered, and leaf.
        waiting: Rows that wait.
        withdrawn: Rows that left with others in this version.

    Raises:
        InputError: If rows leave a cohort that is not there, or more than it has.
    """
    had = {(cohort.entered, cohort.leaf): cohort.rows for cohort in state.cohorts}
    if any(not 0 <= rows <= had.get(place, 0) for place, rows in left.items()):
        raise _refused("more rows left than the state knows of")
    cohorts = [Cohort(entered=place[0], leaf=place[1], rows=rows - left.get(place, 0)) for place, rows in had.items()]
    cohorts += [Cohort(entered=state.version + 1, leaf=leaf, rows=rows) for leaf, rows in sorted(entered.items())]
    return VersionState(version=state.version + 1, policy=state.policy, recoding=state.recoding, cohorts=tuple(cohorts),
                        waiting=waiting, withdrawn=state.withdrawn + withdrawn, before=digest(state))


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
