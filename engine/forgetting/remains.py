"""What the columns of a release hold of subjects whose keys are destroyed."""

from __future__ import annotations

from collections.abc import Iterator

from engine.artifacts import Artifacts, read
from engine.errors import InputError
from engine.plan import Policy
from schemas.certificate import KeysGone, Remainder, State
from schemas.policy.key_handles import OF_SUBJECT
from schemas.receipt import Receipt

_KEYED = {
    "token": "whoever holds the policy's key can compute whose token it is",
    "encrypt": "whoever holds the policy's key can open it",
    "encrypt_format": "whoever holds the policy's key can open it",
    "date_shift": "whoever holds the policy's key can move it back",
    "noise": "whoever holds the policy's key can take the noise away",
}

UNREADABLE: tuple[State, str] = "unreadable", "its key is destroyed"
UNLINKABLE: tuple[State, str] = (
    "unlinkable", "its key is destroyed: whose token it is cannot be computed, by guessing either; the rest of the row may tell")


def remainders(policy: Policy, done: KeysGone | None, held: int | None) -> Iterator[Remainder]:
    """Yields the state of each released column, in policy order.

    Args:
        policy: What was released, and how.
        done: What became of the policy's own table of keys; None if that is still to come.
        held: How many of the subjects are in the policy's source, now or as it was released; None if it cannot be read.
    """
    doubt = _doubt(policy, done, held)
    for name, column in policy.columns.items():
        operator = column.effective_operator
        if column.dropped:
            continue
        state, why = "remains", f"its role is {column.role}, and it is not under the subjects' own keys"
        if operator is not None and getattr(operator.spec, "key", None) == OF_SUBJECT:
            state, why = doubt or (UNREADABLE if operator.encrypt else UNLINKABLE)
        elif operator is not None and operator.name in _KEYED:
            why = _KEYED[operator.name]
        yield Remainder(policy=policy.name, release=policy.release.path, column=policy.released_name(name), state=state, why=why)


def _doubt(policy: Policy, done: KeysGone | None, held: int | None) -> tuple[State, str] | None:
    """Returns why nothing can be claimed of a policy's columns, if nothing can."""
    if done is None:
        return "remains", "its keys are not destroyed yet: run the same call again"
    if not done.destroyed:
        return "no key", "none of the subjects has a key: they were forgotten before, or are spelt otherwise here"
    if not done.proven:
        return "remains", "bytes of its key are still in files: run the same call again when they may be removed"
    if not _released(policy):
        return "not known", "there is no release of this policy at its path, or it was made by another policy"
    if held == 0:
        return "not known", (
            f"none of the subjects is in the source's column {policy.source.subject!r}: the keys of whoever is called so there "
            "are destroyed, but its subjects may be called otherwise")
    return None


def _released(policy: Policy) -> bool:
    try:
        return read(Artifacts.of(policy).receipt, Receipt).policy_fingerprint == policy.fingerprint
    except InputError:
        return False
