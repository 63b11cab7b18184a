"""Wraps the subjects' keys under another key: no token changes, and who has only the old key reads nothing any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

from engine.backends.bytescan import search, told
from engine.backends.keys import resolve
from engine.backends.purge import purge
from engine.backends.subject_keys import APP, NAMER, PLAIN, SUBJECT_KEYS, KeyTable, namer
from engine.ciphers.wrapped import attached, unwrap, wrap
from engine.errors import GuaranteeNotMet, InputError, PolicyError, SetupError
from engine.plan import Policy
from engine.principal import principal
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
        GuaranteeNotMet: If what the old key opens is still in a file that may belong to a job; the same call finishes later.
    """
    turns: dict[Path, tuple[KeyTable, KeyTable]] = {}
    for old, new in pairs:
        _require_alike(old, new)
        written = (old.subject_keys, new.subject_keys)
        roots = [resolve(keys.key) for keys in written if keys]
        if roots[0].key_id == roots[1].key_id:
            raise PolicyError("both handles hold one key: nothing would change", where=new.name, next="make another key")
        before, after = (KeyTable(keys.table, keys.key, root) for keys, root in zip(written, roots, strict=True) if keys)
        earlier = turns.setdefault(before.place.resolve(), (before, after))
        if earlier[1].key != after.key:
            raise PolicyError("a table of keys would be wrapped under two keys", where=before.path,
                              allowed="one new key for all policies that share a table", next="name one")
    return tuple(_rewrapped(before, after) for before, after in turns.values())


def _require_alike(old: Policy, new: Policy) -> None:
    written = [policy.model_dump(mode="json", exclude={"name": True, "subject_keys": {"key"}}) for policy in (old, new)]
    if old.subject_keys is None or new.subject_keys is None:
        raise PolicyError("the policy has no subjects' keys", where=old.name, allowed="subject_keys: {table: ..., key: ...}",
                          next="leave --subject-keys out to rotate tokens")
    if written[0] != written[1] or old.subject_keys.key == new.subject_keys.key:
        raise PolicyError("the policies differ in more than subject_keys.key, or in nothing", where=new.name,
                          next="wrap the subjects' keys first, then rotate tokens")


def _rewrapped(before: KeyTable, after: KeyTable) -> Rewrapped:
    start = before.table().version()
    rows = pa.Table.from_batches(list(before.batches()), SUBJECT_KEYS).combine_chunks()
    names, wrapped = (rows[name].combine_chunks() for name in SUBJECT_KEYS.names)
    done = _opens(names, wrapped, after)  # by a call that was cut short: what the old key opens may still be there
    everywhere = pc.unique(before.everywhere()["wrapped"])
    needles = (everywhere.filter(pc.invert(pc.is_in(everywhere, wrapped))) if done else everywhere).to_pylist()
    held = search(before.place, needles)
    try:
        if not done:
            keys = unwrap(attached(names, wrapped), before.key)
            write_deltalake(
                DeltaTable(str(before.place), version=start), mode="overwrite", writer_properties=PLAIN,
                data=pa.table([names, wrap(keys, names, after.key)], schema=SUBJECT_KEYS),
                commit_properties=CommitProperties(app_transactions=[Transaction(APP, start + 1)]))
        purged = purge(before, needles)
    except CommitFailedError:
        raise SetupError("a run added keys meanwhile; nothing was changed", where=before.path, next="try again") from None
    except (DeltaError, OSError):
        raise SetupError("the table of subjects' keys cannot be rewritten", where=before.path,
                         next="check permissions and free space of its folder; try again") from None
    if purged.young:
        raise GuaranteeNotMet(
            "the keys are wrapped anew, but what the old key opens is still in files that no version names",
            where=", ".join(map(str, purged.young)), next=f"the same command again after {purged.until:%Y-%m-%d %H:%M} UTC")
    return Rewrapped(lakeveil=lakeveil_version(), at=datetime.now(UTC), user=principal(), table=before.path,
                     keys=0 if done and not needles else len(names) - 1, before=told(held), after=told(purged.found))


def _opens(names: pa.Array, wrapped: pa.Array, table: KeyTable) -> bool:
    try:
        namer(wrapped.filter(pc.equal(names, NAMER)), table.key, table.path)
    except InputError:
        return False
    return True
