"""Destroys the keys of subjects in every table of keys that some policies name, purges them, and writes down what remains."""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from deltalake.exceptions import DeltaError

from engine.backends.bytescan import search, told
from engine.backends.keys import resolve
from engine.backends.subject_keys import PLAIN, KeyTable
from engine.backends.tables import open_table
from engine.errors import GuaranteeNotMet, InputError, PolicyError, SetupError, nearest
from engine.forgetting.remains import remainders
from engine.plan import Policy
from engine.plan.types import normalized_type
from engine.release.files import write_text
from engine.version import lakeveil_version
from schemas.certificate import Certificate, KeysGone
from schemas.policy.v1 import Lookup, Source

GRACE = timedelta(days=1)
"""How old a file that no version names has to be before it counts as left over by a job that died."""

NOT_SEEN = ("backups and snapshots of the table of keys", "versions that an object store keeps of removed files",
            "copies that somebody made of the table of keys while it held the keys")


def forget(policies: Sequence[Policy], subjects: str, out: Path, column: str | None = None) -> Certificate:
    """Destroys the keys of the subjects in a table. Run again, it goes on where it was cut short.

    Args:
        policies: Whose tables of keys are meant; they may share some.
        subjects: Table that lists the subjects.
        out: Where the certificate goes: a new file.
        column: Column of their identifiers; called as the first policy's ``source.subject`` by default.

    Returns:
        What is gone and what remains.

    Raises:
        PolicyError: If a policy has no subjects' keys.
        InputError: If the subjects cannot be read, a table of keys does not open, or something is at ``out``.
        SetupError: If a key is missing, or a table of keys or the certificate cannot be written.
        GuaranteeNotMet: If bytes of what was destroyed are still there; the certificate says where, and until when.
    """
    if out.exists():
        raise InputError("something is there already", where=str(out), next="name a new file for the certificate")
    for policy in policies:
        if policy.subject_keys is None:
            raise PolicyError("the policy has no subjects' keys: nothing that it released can be forgotten", where=policy.name,
                              allowed="subject_keys: {table: ..., key: ...}, and columns with key: subject",
                              next="release anew with such keys, and withdraw this release")
    asked = _listed(subjects, column or policies[0].source.subject or "")
    tables = {written.table: written.key for policy in policies if (written := policy.subject_keys)}
    roots = {handle: resolve(handle) for handle in tables.values()}
    certificate = Certificate(
        lakeveil=lakeveil_version(), at=datetime.now(UTC), user=getpass.getuser(), subjects=len(asked),
        keys=tuple(_destroyed(KeyTable(table, handle, roots[handle]), asked) for table, handle in tables.items()),
        columns=tuple(one for policy in policies for one in remainders(policy)),
        still_in_source={table.table: _still(table, column, asked) for policy in policies for table, column in _sources(policy)},
        not_seen=NOT_SEEN)
    write_text(out, certificate.model_dump_json(indent=2))
    if not certificate.proven:
        raise GuaranteeNotMet(
            "the keys are out of the tables, but their bytes are still in files that no version names", where=str(out),
            next=f"forget again after {max(one.until for one in certificate.keys if one.until):%Y-%m-%d %H:%M} UTC")
    return certificate


def _listed(subjects: str, column: str) -> pa.Array:
    table = open_table(Source(table=subjects))
    if column not in table.schema.names:
        raise InputError(f"the table of subjects has no column {column!r}", where=subjects,
                         next=nearest(column, table.schema.names) or "name it with --column")
    cells = pa.chunked_array([batch[column] for batch in table.batches([column])], table.schema.field(column).type)
    listed = cells.cast(normalized_type(cells.type)).unique().drop_null()
    if not len(listed):
        raise InputError("the table of subjects is empty", where=subjects, next="list the subjects to forget")
    return listed


def _destroyed(table: KeyTable, asked: pa.Array) -> KeysGone:
    """Destroys the keys of some subjects in one table, whose older versions go as well."""
    names = table.named(asked)
    rows = table.wrapped(names)
    needles = [name.encode() for name in names.to_pylist()] + rows["wrapped"].to_pylist()
    before, start = search(table.place, needles), table.table().version()
    try:
        removed = _purged(table, rows.select(["subject"]))
    except (DeltaError, OSError):
        raise SetupError("the table of subjects' keys cannot be rewritten", where=table.path,
                         next="check permissions and free space of its folder, and that no other job rewrites it; "
                              "forget again") from None
    after = search(table.place, needles)
    left = _left_over(table, after.holders)
    if left is None:
        after, left = search(table.place, needles), []
    return KeysGone(
        table=table.path, version_before=start, version_after=table.table().version(), destroyed=len(rows),
        without=len(asked) - len(rows), files_removed=len(removed), before=told(before), after=told(after),
        left_over=len(left), until=max((one + GRACE for one in left), default=None))


def _purged(table: KeyTable, subjects: pa.Table) -> list[str]:
    """Takes subjects out of the table, then removes the files that only older versions name."""
    if len(subjects):
        table.table().merge(
            subjects, "held.subject = gone.subject", source_alias="gone", target_alias="held", writer_properties=PLAIN,
        ).when_matched_delete().execute()
    # Not a full vacuum: that would remove what a job is just writing.
    return table.table().vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)


def _left_over(table: KeyTable, holders: Iterable[Path]) -> list[datetime] | None:
    """Removes old files that no version names; returns when the young ones were written, None if there are none."""
    now, young = datetime.now(UTC), []
    live = {Path(uri.removeprefix("file://")).resolve() for uri in table.table().file_uris()}
    for file in holders:
        written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        if file.resolve() in live or written > now - GRACE:
            young.append(written)
        else:
            file.unlink()
    return young or None


def _sources(policy: Policy) -> Iterator[tuple[Source | Lookup, str]]:
    """Yields the tables that a policy reads, and by what column they name their subjects."""
    yield policy.source, policy.source.subject or ""
    yield from ((lookup, lookup.subject) for lookup in policy.source.lookups.values())


def _still(table: Source | Lookup, name: str, asked: pa.Array) -> int:
    """Returns how many of the subjects a table still holds."""
    source = open_table(table)
    if name not in source.schema.names:
        return 0
    kind = normalized_type(source.schema.field(name).type)
    found = [pc.unique(batch[name].cast(kind)) for batch in source.batches([name])]
    held = pa.chunked_array(found, kind).unique().drop_null().cast(pa.string())
    return int(pc.sum(pc.is_in(asked.cast(pa.string()), held)).as_py() or 0)
