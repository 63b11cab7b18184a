"""Exchanges the tokens of releases together, proves on the staged tables that joins hold, then publishes one after the other."""

from __future__ import annotations

import getpass
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import combinations_with_replacement
from pathlib import Path

from engine.artifacts import Artifacts, read
from engine.backends.base import Progress, silent
from engine.backends.rotation import Rotating, RotatingBackend, Side, Turn
from engine.errors import GuaranteeNotMet, InputError, PolicyError
from engine.plan import Policy, compile_plan
from engine.plan.stages import Read
from engine.release import Release
from engine.release.files import local_path, write_text
from engine.release.verification import verify_published
from engine.rotation.turns import turn_of, turned
from engine.version import lakeveil_version
from schemas.receipt import Receipt
from schemas.rotation import Exchanged, JoinProof, Rotation

BRIDGE, RECORD = ".bridge", ".rotation.json"
"""What a bridge's and a record's names add to their release's."""


@dataclass(frozen=True)
class _Staged:
    """A new release that nobody sees yet, beside the old one."""

    old: Policy
    new: Policy
    turns: tuple[Turn, ...]
    release: Release
    bridge: str | None


def pairs_of(policies: Sequence[Policy]) -> list[tuple[Policy, Policy]]:
    """Returns policies, as a person lists them, two by two.

    Raises:
        PolicyError: If one is left over.
    """
    if len(policies) % 2:
        raise PolicyError("a policy is left over", allowed="OLD NEW for each release", next="name the policy that it shall have")
    return list(zip(policies[::2], policies[1::2], strict=True))


def rotate(
    pairs: Sequence[tuple[Policy, Policy]], backend: RotatingBackend, progress: Progress = silent, *, bridge: bool = True,
) -> Rotation:
    """Exchanges the tokens of releases.

    The old releases stay. Until nobody reads them any more, a bridge beside each new release tells which new token stands for an
    old one; ``finish`` removes it.

    Args:
        pairs: The policy of each release, and the one that it shall have.
        backend: What reads and writes.
        progress: Told what is under way.
        bridge: Whether old and new tokens stay joined for a while.

    Returns:
        What was done and measured; it also stands beside each new release (``.rotation.json``).

    Raises:
        PolicyError: If two policies of a pair differ in more than keys, versions and forms.
        InputError: If an old release, or the source as it was released, is not there, or was altered.
        GuaranteeNotMet: If a join would give other rows than before; nothing is published.
    """
    staged: list[_Staged] = []
    try:
        for old, new in pairs:
            staged.append(_turned(old, new, backend, progress, bridge=bridge))
        progress("prove joins", 0.9)
        proofs = _proved(staged, backend)
        for one in staged:
            one.release.verify()
    except BaseException:
        for one in staged:
            one.release.discard()
            _remove(one.bridge)
        raise
    done = Rotation(
        lakeveil=lakeveil_version(), at=datetime.now(UTC), user=getpass.getuser(),
        releases={one.old.release.path: one.new.release.path for one in staged},
        columns=tuple(exchanged for one in staged for exchanged in _exchanged(one)), joins=proofs,
        bridges=tuple(one.bridge for one in staged if one.bridge))
    for one in staged:
        one.release.publish()
        write_text(_local(one.new.release.path + RECORD), done.model_dump_json(indent=2))
    return done


def _turned(old: Policy, new: Policy, backend: RotatingBackend, progress: Progress, *, bridge: bool) -> _Staged:
    columns = turned(old, new)
    receipt = read(Artifacts.of(old).receipt, Receipt)
    if receipt.policy_fingerprint != old.fingerprint:
        raise PolicyError("the release was not made by this policy", where=old.release.path,
                          next="name the policy that it was released by")
    if not all(verdict.holds for verdict in verify_published(receipt, backend.open(old.release.path))):
        raise GuaranteeNotMet("the old release does not keep what its receipt promises", where=old.release.path,
                              next="lakeveil verify tells more; release the source anew")
    pinned = new.model_copy(update={"source": new.source.model_copy(update={"version": receipt.source.version})})
    plan = compile_plan(new, backend.measure(pinned, progress))
    if plan.rows != receipt.source.rows:
        raise InputError("the source has other rows than when it was released", where=new.source.table,
                         allowed=f"{receipt.source.rows:,} rows", next="restore it, or release it anew")
    turns = tuple(turn_of(old, new, column, plan.schema, plan.stage(Read)) for column in columns)
    place = new.release.path.rstrip("/") + BRIDGE if bridge else None
    if place is not None and _local(place).exists():
        raise InputError("something is there already", where=place, next="finish the rotation that left it, or name another path")
    try:
        return _Staged(old, new, turns, backend.turn(plan, old.release.path, turns, place, progress), place)
    except BaseException:
        _remove(place)
        raise


def _proved(staged: Sequence[_Staged], backend: Rotating) -> tuple[JoinProof, ...]:
    proofs = tuple(_proofs(staged, backend))
    broken = [f"{one.left} with {one.right}: {one.rows_before:,} rows, {one.rows_after:,} now" for one in proofs if not one.holds]
    if broken:
        raise GuaranteeNotMet("columns would not join as they did; nothing was published", where="; ".join(broken),
                              next="rotate all releases of a domain together, to one key, version and form")
    return proofs


def _proofs(staged: Sequence[_Staged], backend: Rotating) -> Iterator[JoinProof]:
    """Yields how each two columns of a domain join, before and after; first each with itself."""
    found: dict[str, list[tuple[_Staged, str]]] = {}
    for one in staged:
        for name, column in one.new.columns.items():
            domain = getattr(column.operator.spec, "domain", None) if column.operator else None
            if domain is not None:
                found.setdefault(domain, []).append((one, one.new.released_name(name)))
    for domain, columns in found.items():
        for (one, left), (other, right) in combinations_with_replacement(columns, 2):
            old = Side(one.old.release.path, left)
            before = backend.joined(old, Side(other.old.release.path, right))
            new = Side(other.release.store.path, right)
            after = backend.joined(Side(one.release.store.path, left), new)
            between = backend.joined(replace(old, bridge=one.bridge), new).rows if one.bridge else None
            yield JoinProof(
                domain=domain, left=f"{one.new.name}: {left}", right=f"{other.new.name}: {right}", tokens_before=before.tokens,
                tokens_after=after.tokens, rows_before=before.rows, rows_after=after.rows, rows_between=between)


def _exchanged(staged: _Staged) -> Iterator[Exchanged]:
    for turn in staged.turns:
        before, after = (policy.columns[turn.column].operator for policy in (staged.old, staged.new))
        if before and after:
            yield Exchanged(policy=staged.new.name, column=turn.released, domain=after.spec.domain,
                            before=f"version {before.spec.version} of {before.spec.key}",
                            after=f"version {after.spec.version} of {after.spec.key}")


def _local(path: str) -> Path:
    place = local_path(path)
    if place is None:
        raise InputError("not on a mounted file system", where=path, next="mount it")
    return place


def _remove(bridge: str | None) -> None:
    if bridge is not None:
        shutil.rmtree(_local(bridge), ignore_errors=True)
