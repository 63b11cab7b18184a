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


def remainders(policy: Policy, destroyed: int) -> Iterator[Remainder]:
    """Yields the state of each released column, in policy order; ``destroyed`` keys."""
    for name, column in policy.columns.items():
        operator = column.effective_operator
        if column.dropped:
            continue
        state, why = "remains", f"its role is {column.role}, and it is not under the subjects' own keys"
        if operator is not None and getattr(operator.spec, "key", None) == OF_SUBJECT:
            state, why = ("unreadable", "its key is destroyed") if operator.encrypt else (
                "unlinkable", "its key is destroyed: nobody can compute whose token it is, by guessing either")
            if not destroyed:
                state, why = "no key", "none of the subjects has a key: they were forgotten before, or are spelt otherwise here"
        elif operator is not None and operator.name in _KEYED:
            why = _KEYED[operator.name]
        yield Remainder(policy=policy.name, release=policy.release.path, column=policy.released_name(name), state=state, why=why)
