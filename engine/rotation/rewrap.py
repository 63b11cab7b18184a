"""Wraps the subjects' keys under another key: no token changes, and who has only the old key reads nothing any more."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import UTC, datetime

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

from engine.backends.bytescan import search, told
from engine.backends.keys import resolve
from engine.backends.subject_keys import APP, PLAIN, SUBJECT_KEYS, KeyTable
from engine.ciphers.wrapped import attached, unwrap, wrap
from engine.errors import GuaranteeNotMet, PolicyError, SetupError
from engine.plan import Policy
from engine.version import lakeveil_version
from schemas.rotation import Rewrapped


def rewrap(pairs: Sequence[tuple[Policy, Policy]]) -> tuple[Rewrapped, ...]:
    """Wraps the keys of subjects anew; older versions of their tables go, and are looked for byte by byte.

    Args:
        pairs: A policy with the key that wraps now, and the same with the one that shall.

    Raises:
        PolicyError: If a pair differs in anything but ``subject_keys.key``.
        InputError: If a table does not open under the old key.
        SetupError: If a key is missing, or a table cannot be written.
        GuaranteeNotMet: If what the old key opens is still in a file; a later call finds it gone.
    """
    for old, new in pairs:
        _require_alike(old, new)
    return tuple(_rewrapped(old, new) for old, new in pairs)


def _require_alike(old: Policy, new: Policy) -> None:
    written = [policy.model_dump(mode="json", exclude={"name": True, "subject_keys": {"key"}}) for policy in (old, new)]
    if old.subject_keys is None or new.subject_keys is None:
        raise PolicyError("the policy has no subjects' keys", where=old.name, allowed="subject_keys: {table: ..., key: ...}",
                          next="leave --subject-keys out to rotate tokens")
    if written[0] != written[1] or old.subject_keys.key == new.subject_keys.key:
        raise PolicyError("the policies differ in more than subject_keys.key, or in nothing", where=new.name,
                          next="wrap the subjects' keys first, then rotate tokens")


def _rewrapped(old: Policy, new: Policy) -> Rewrapped:
    before, after = (KeyTable(keys.table, keys.key, resolve(keys.key)) for keys in (old.subject_keys, new.subject_keys) if keys)
    start = before.table()
    rows = pa.Table.from_batches(list(before.batches()), SUBJECT_KEYS).combine_chunks()
    names, wrapped = (rows[name].combine_chunks() for name in SUBJECT_KEYS.names)
    keys = unwrap(attached(names, wrapped), before.key)
    needles = wrapped.to_pylist()
    held = search(before.place, needles)
    try:
        write_deltalake(
            DeltaTable(str(before.place), version=start.version()), mode="overwrite", writer_properties=PLAIN,
            data=pa.table([names, wrap(keys, names, after.key)], schema=SUBJECT_KEYS),
            commit_properties=CommitProperties(app_transactions=[Transaction(APP, start.version() + 1)]))
        before.table().vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    except CommitFailedError:
        raise SetupError("a run added keys meanwhile; nothing was changed", where=before.path, next="try again") from None
    except (DeltaError, OSError):
        raise SetupError("the table of subjects' keys cannot be rewritten", where=before.path,
                         next="check permissions and free space of its folder; try again") from None
    left = search(before.place, needles)
    if left.needles:
        raise GuaranteeNotMet("keys that the old key opens are still in files that no version names", where=before.path,
                              next=f"remove them when no job is running: {len(left.holders)} files of its folder")
    return Rewrapped(lakeveil=lakeveil_version(), at=datetime.now(UTC), user=getpass.getuser(), table=before.path,
                     keys=len(needles) - 1, before=told(held), after=told(left))
