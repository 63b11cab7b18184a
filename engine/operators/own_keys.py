"""Operators under the keys of subjects: what their kernels are given."""

from __future__ import annotations

from engine.errors import PolicyError
from engine.operators.base import Context, KeyRef
from schemas.policy.key_handles import OF_SUBJECT
from schemas.reserved import SUBJECT_KEY

WRAP = "lakeveil/v1/subject-keys/wrap"
"""What the key is derived for that wraps subjects' keys; its second half has ``/second`` after it."""


def is_own(handle: str) -> bool:
    """Whether a policy says that each subject's own key is meant."""
    return handle == OF_SUBJECT


def inputs(context: Context) -> tuple[str, str]:
    """Returns the columns that a kernel under subjects' keys reads."""
    return context.column, SUBJECT_KEY


def wrapping(handle: str) -> tuple[KeyRef, KeyRef]:
    """Returns the two halves of the key that wraps subjects' keys: AES-256-SIV takes 64 bytes."""
    return KeyRef(handle, WRAP), KeyRef(handle, f"{WRAP}/second")


def wrapping_of(context: Context) -> tuple[KeyRef, KeyRef]:
    """Returns the same, by what an operator knows of its surroundings.

    Raises:
        PolicyError: If the policy has no subjects' keys.
    """
    if context.subject_keys is None:
        raise PolicyError("each subject's own key is meant, and there are none", where=f"column {context.column!r}",
                          next="give subject_keys: {table: ..., key: ...}")
    return wrapping(context.subject_keys)
