"""The state of a release that grows, as a file: written whole, and refused if altered, foreign or of another version."""

from __future__ import annotations

import json

from pydantic import ValidationError

from engine.errors import InputError
from engine.plan.fingerprint import fingerprint
from schemas.versions import VersionState


def digest(state: VersionState) -> str:
    """Returns the SHA-256 of a state, hexadecimal. It covers the state before, and so all of them."""
    return fingerprint(state.model_dump(mode="json"))


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
