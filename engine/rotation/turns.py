"""Which columns of a release get other tokens: those whose policies, old and new, differ in key, version or form alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from engine.backends.rotation import NEW, OLD, Turn
from engine.errors import PolicyError
from engine.plan import Policy
from engine.plan.rules import applications, attach_keys
from engine.plan.stages import Apply, Read
from schemas.policy.key_handles import OF_SUBJECT
from schemas.reserved import SUBJECT_KEY

_TURNED = ("token", "encrypt", "encrypt_format")
_MAY_DIFFER = ("key", "version", "form")


def turned(old: Policy, new: Policy) -> tuple[str, ...]:
    """Returns the source columns whose tokens change.

    Raises:
        PolicyError: If the policies differ in anything else but the release's path and their names, or in nothing.
    """
    if old.release.path.rstrip("/") == new.release.path.rstrip("/"):
        raise PolicyError("the new policy releases to the place of the old one", where="release.path",
                          allowed="another path: a release is never overwritten", next="name one")
    if old.release.versions is not None:
        raise PolicyError("a release with versions cannot be rotated: its state knows rows under the old policy", where=old.name,
                          allowed="releases of one version", next="publish a release under the new keys from the beginning")
    before, after = (_without(policy) for policy in (old, new))
    if before != after:
        other = sorted(key for key in before | after if before.get(key) != after.get(key))
        raise PolicyError(f"the policies differ in more than keys: {', '.join(other)}", where=new.name,
                          allowed="key, version and form of token, encrypt and encrypt_format; release.path; name",
                          next="rotate first, then release anew with what else has to change")
    if _inside(old.release.path, new.release.path) or _inside(new.release.path, old.release.path):
        raise PolicyError("one release would lie within the other", where=new.release.path, next="name another place")
    columns = tuple(name for name, column in old.columns.items() if column.operator != new.columns[name].operator)
    for name in columns:
        keys = [one.columns[name].operator.spec.key for one in (old, new)]  # type: ignore[union-attr]  # the three that turn
        if OF_SUBJECT in keys and keys[0] != keys[1]:
            raise PolicyError("tokens are under subjects' keys in one policy alone", where=f"column {name!r}",
                              next="release anew: a rotation cannot give or take keys of subjects")
    if not columns:
        raise PolicyError("the policies have the same keys, versions and forms", where=new.name, next="give the new one others")
    return columns


def refuse_left_behind(pairs: Sequence[tuple[Policy, Policy]], beside: Sequence[Policy]) -> None:
    """Checks that no other release keeps tokens that some get rid of: it would join with them no more.

    Args:
        pairs: The policies, old and new, of releases that are rotated together.
        beside: Those of other releases.

    Raises:
        PolicyError: If one would be left behind.
    """
    left = {group for old, new in pairs for name, group in _groups(old) if name in turned(old, new)}
    for other in beside:
        for name, group in _groups(other):
            if group in left:
                raise PolicyError(f"{other.name} would be left behind: its tokens are of the key that others give up",
                                  where=f"columns.{name}, domain {group[1]!r}", allowed="releases of a domain rotate together",
                                  next="name its policy, and the one that it shall have, in the same call")


def turn_of(old: Policy, new: Policy, column: str, schema: pa.Schema, read: Read) -> Turn:
    """Returns how one column's tokens change.

    Args:
        old: The policy that it was released by.
        new: The one that it will be released by.
        column: Its name in the source.
        schema: The source's.
        read: How the new plan reads the source.
    """
    calls = [next(one.call for one in applications(policy, schema) if one.column == column) for policy in (old, new)]
    attached = attach_keys(new) if any(SUBJECT_KEY in call.inputs for call in calls) else None
    keys = replace(attached, new=False) if attached else None
    needed = {name for call in calls for name in call.inputs} | ({keys.subject} if keys else set())
    columns = tuple(name for name in schema.names if name in needed)
    return Turn(column, new.released_name(column), Apply(OLD, calls[0]), Apply(NEW, calls[1]), keys,
                Read(read.table, read.format, read.version, columns))


def _inside(outer: str, inner: str) -> bool:
    return inner.rstrip("/").startswith(outer.rstrip("/") + "/")


def _groups(policy: Policy) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yields columns with what makes equal values equal tokens."""
    for name, column in policy.columns.items():
        for kind in _TURNED if column.operator else ():
            spec = getattr(column.operator, kind)
            if spec is not None:
                key = policy.subject_keys.table if policy.subject_keys and spec.key == OF_SUBJECT else spec.key
                yield name, (kind, spec.domain, key, str(spec.version), getattr(spec, "form", ""))


def _without(policy: Policy) -> dict[str, Any]:
    """Returns what two policies of one rotation have in common, by place."""
    written = policy.model_dump(mode="json", by_alias=True, exclude={"name", "release", "detokenize"})
    for column in written["columns"].values():
        for name in _TURNED:
            for key in _MAY_DIFFER:
                ((column["operator"] or {}).get(name) or {}).pop(key, None)
    return written | {f"columns.{name}": column for name, column in written.pop("columns").items()}
