"""Destroys the keys of subjects in every table of keys that some policies name, purges them, and writes down what remains."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from deltalake.exceptions import DeltaError

from engine.artifacts import Artifacts, read
from engine.backends.bytescan import search, told
from engine.backends.keys import resolve
from engine.backends.purge import purge
from engine.backends.subject_keys import PLAIN, KeyTable
from engine.backends.tables import open_table
from engine.errors import GuaranteeNotMet, InputError, PolicyError, SetupError, nearest
from engine.forgetting.paper import Paper
from engine.forgetting.remains import remainders
from engine.operators.canonical import notation_of
from engine.operators.columns import is_scalar
from engine.plan import Policy
from engine.plan.types import normalized_type
from engine.principal import principal
from engine.release.files import local_path
from engine.version import lakeveil_version
from schemas.certificate import Certificate, KeysGone, Remainder
from schemas.policy.v1 import Lookup, Source
from schemas.receipt import Receipt

NOT_SEEN = ("backups and snapshots of the table of keys", "versions that an object store keeps of removed files",
            "copies that somebody made of the table of keys while it held the keys, archives among them",
            "values that were brought back before, and where they went",
            "bridges of rotations, which link old tokens to new ones until lakeveil rotate --finish")


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
    for policy in policies:
        if policy.subject_keys is None:
            raise PolicyError("the policy has no subjects' keys: nothing that it released can be forgotten", where=policy.name,
                              allowed="subject_keys: {table: ..., key: ...}, and columns with key: subject",
                              next="release anew with such keys, and withdraw this release")
    asked = _listed(subjects, column or policies[0].source.subject or "")
    call = _Call.of(policies, asked)
    opened = [(table, table.named(asked)) for table in _tables(policies)]
    with Paper.at(out) as paper:  # from here on nothing but the tables of keys can stop it
        gone: dict[Path, KeysGone] = {}
        for table, names in opened:
            planned, needles = _planned(table, names, paper.earlier)
            paper.write(call.certificate(gone, planned))
            gone[table.place.resolve()] = _destroyed(table, names, planned, needles)
        certificate = call.certificate(gone)
        paper.write(certificate)
    if not certificate.proven:
        until = max((one.until for one in certificate.keys if one.until), default=None)
        raise GuaranteeNotMet(
            "the keys are out of the tables, but their bytes are still in files that no version names", where=str(out),
            next="the same call again" + (f" after {until:%Y-%m-%d %H:%M} UTC" if until else ""))
    return certificate


@dataclass(frozen=True)
class _Call:
    """What does not change from the first certificate to the last.

    Attributes:
        policies: Whose releases are certified.
        asked: The subjects.
        still: How many of them each source and lookup table holds.
        held: For each policy how many its source holds, or held.
    """

    policies: Sequence[Policy]
    asked: pa.Array
    still: dict[str, int | None]
    held: Sequence[int | None]

    @classmethod
    def of(cls, policies: Sequence[Policy], asked: pa.Array) -> _Call:
        counts = {(table.table, name): _still(table, name, asked) for policy in policies for table, name in _sources(policy)}
        several = Counter(table for table, _ in counts)
        still = {f"{table} ({name})" if several[table] > 1 else table: count for (table, name), count in counts.items()}
        held = [_held(policy, asked, counts[policy.source.table, policy.source.subject or ""]) for policy in policies]
        return cls(policies, asked, still, held)

    def certificate(self, gone: Mapping[Path, KeysGone], planned: KeysGone | None = None) -> Certificate:
        """Returns what is to be said now.

        Args:
            gone: Place of a table of keys → what became of it.
            planned: What is about to be destroyed; None at the end.
        """
        keys = [*gone.values(), *([planned] if planned else ())]
        finished = planned is None and all(one.proven for one in keys)
        if finished:
            keys = [one.model_copy(update={"names_sha256": ""}) for one in keys]
        columns: list[Remainder] = []
        for policy, held in zip(self.policies, self.held, strict=True):
            place = policy.subject_keys and local_path(policy.subject_keys.table)
            columns += remainders(policy, gone.get(place.resolve()) if place else None, held)
        return Certificate(
            finished=finished, lakeveil=lakeveil_version(), at=datetime.now(UTC), user=principal(),
            subjects=len(self.asked), keys=tuple(keys), columns=tuple(columns), still_in_source=self.still, not_seen=NOT_SEEN)


def _tables(policies: Sequence[Policy]) -> list[KeyTable]:
    """Returns each table of keys once, however it is spelt."""
    found: dict[Path, KeyTable] = {}
    for policy in policies:
        if policy.subject_keys is not None:
            table = KeyTable(policy.subject_keys.table, policy.subject_keys.key, resolve(policy.subject_keys.key))
            found.setdefault(table.place.resolve(), table)
    return list(found.values())


def _listed(subjects: str, column: str) -> pa.Array:
    table = open_table(Source(table=subjects))
    if column not in table.schema.names:
        raise InputError(f"the table of subjects has no column {column!r}", where=subjects,
                         next=nearest(column, table.schema.names) or "name it with --column")
    if not is_scalar(table.schema.field(column).type):
        raise InputError(f"column {column!r} cannot hold identifiers", where=subjects, allowed="strings, numbers, dates, bytes",
                         next="name another with --column")
    cells = pa.chunked_array([batch[column] for batch in table.batches([column])], table.schema.field(column).type)
    listed = cells.cast(normalized_type(cells.type)).unique().drop_null()
    if not len(listed):
        raise InputError("the table of subjects is empty", where=subjects, next="list the subjects to forget")
    return listed


def _planned(table: KeyTable, names: pa.Array, earlier: Certificate | None) -> tuple[KeysGone, list[bytes]]:
    """Returns what is about to be destroyed in one table, older versions included, and the bytes to look for.

    What a killed call planned for the same subjects is taken over: what it destroyed is not there to be counted any more.
    """
    rows = table.everywhere()
    rows = rows.filter(pc.is_in(rows["subject"], names))
    needles = [name.encode() for name in names.to_pylist()] + pc.unique(rows["wrapped"]).to_pylist()
    scan = told(search(table.place, needles))
    digest = hashlib.sha256("\n".join(sorted(names.to_pylist())).encode()).hexdigest()
    version, destroyed = table.table().version(), len(pc.unique(rows["subject"]))
    before = next((one for one in (earlier.keys if earlier else ()) if one.names_sha256 == digest), None)
    if before and before.destroyed > destroyed:
        return before.model_copy(update={"version_after": version, "cut_short": True}), needles
    return KeysGone(
        table=table.path, version_before=version, version_after=version, destroyed=destroyed, without=len(names) - destroyed,
        files_removed=0, before=scan, after=scan, names_sha256=digest), needles


def _destroyed(table: KeyTable, names: pa.Array, planned: KeysGone, needles: Sequence[bytes]) -> KeysGone:
    """Destroys the keys of some subjects in one table, its older versions included, and what a call left that was cut short."""
    try:
        live = table.wrapped(names).select(["subject"])
        if len(live):
            table.table().merge(
                live, "held.subject = gone.subject", source_alias="gone", target_alias="held", writer_properties=PLAIN,
            ).when_matched_delete().execute()
        done = purge(table, needles)
    except (DeltaError, OSError):
        raise SetupError("the table of subjects' keys cannot be rewritten", where=table.path,
                         next="check permissions and free space of its folder, and that no other job rewrites it; "
                              "forget again") from None
    return planned.model_copy(update={
        "version_after": table.table().version(), "files_removed": planned.files_removed + done.removed,
        "after": told(done.found), "left_over": len(done.young), "until": done.until})


def _sources(policy: Policy) -> Iterator[tuple[Source | Lookup, str]]:
    """Yields the tables that a policy reads, and by what column they name their subjects."""
    yield policy.source, policy.source.subject or ""
    yield from ((lookup, lookup.subject) for lookup in policy.source.lookups.values())


def _held(policy: Policy, asked: pa.Array, now: int | None) -> int | None:
    """Returns how many of the subjects are in a policy's source, or were in the version released; None if nobody can tell."""
    if now:
        return now
    try:
        version = read(Artifacts.of(policy).receipt, Receipt).source.version
    except InputError:
        return now
    released = _still(policy.source.model_copy(update={"version": version}), policy.source.subject or "", asked)
    return released if now is None or released else now


def _still(table: Source | Lookup, name: str, asked: pa.Array) -> int | None:
    """Returns how many of the subjects a table still holds; None if it cannot be read, for it may be gone for the same reason.

    Raises:
        InputError: If it writes its subjects otherwise than they are listed: none would be found.
    """
    try:
        source = open_table(table)
        kind = normalized_type(source.schema.field(name).type)
        found = [pc.unique(batch[name].cast(kind)) for batch in source.batches([name])]
    except (InputError, KeyError):
        return None
    here, there = notation_of(asked.type), notation_of(kind)
    if here != there:
        raise InputError(f"subjects are listed as {here}, and are {there} in the table", where=f"{table.table}, column {name!r}",
                         next="list them as they are in the table; nothing was destroyed")
    held = pa.chunked_array(found, kind).unique().drop_null().cast(pa.string())
    return int(pc.sum(pc.is_in(asked.cast(pa.string()), held)).as_py() or 0)
