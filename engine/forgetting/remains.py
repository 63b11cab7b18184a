"""What the columns of a release hold of subjects whose keys are destroyed."""

from __future__ import annotations

from collections.abc import Iterator

from engine.plan import Policy
from schemas.certificate import Remainder
from schemas.policy.key_handles import OF_SUBJECT

_KEYED = {
    "token": "whoever holds the policy's key can compute whose token it is",
    "encrypt": "whoever holds the policy's key can open it",
    "encrypt_format": "whoever holds the policy's key can open it",
    "date_shift": "whoever holds the policy's key can move it back",
    "noise": "whoever holds the policy's key can take the noise away",
}


def remainders(policy: Policy, destroyed: int | None, held: int | None) -> Iterator[Remainder]:
    """Yields the state of each released column.

    Args:
        policy: What was released, and how.
        destroyed: Keys that were destroyed in the policy's own table of them; None if that is still to come.
        held: How many of the subjects are in the policy's source, now or as it was released; None if it cannot be read.
    """
    for name, column in policy.columns.items():
        operator = column.effective_operator
        if column.dropped:
            continue
        state, why = "remains", f"its role is {column.role}, and it is not under the subjects' own keys"
        if operator is not None and getattr(operator.spec, "key", None) == OF_SUBJECT:
            state, why = ("unreadable", "its key is destroyed") if operator.encrypt else (
                "unlinkable", "its key is destroyed: nobody can compute whose token it is, by guessing either")
            if destroyed is None:
                state, why = "remains", "its keys are not destroyed yet: run the same call again"
            elif destroyed == 0:
                state, why = "no key", "none of the subjects has a key: they were forgotten before, or are spelt otherwise here"
            elif held == 0:
                state, why = "not known", (
                    f"none of the subjects is in the source's column {policy.source.subject!r}: the keys of whoever is called so "
                    "there are destroyed, but its subjects may be called otherwise")
        elif operator is not None and operator.name in _KEYED:
            why = _KEYED[operator.name]
        yield Remainder(policy=policy.name, release=policy.release.path, column=policy.released_name(name), state=state, why=why)
