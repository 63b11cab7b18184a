"""Exchanges the tokens of releases together, proves on the staged tables that joins hold, then publishes one after the other."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import combinations_with_replacement
from pathlib import Path

from engine.artifacts import Artifacts, read
from engine.backends.base import Progress, silent
from engine.backends.keys import resolve
from engine.backends.population import beside_release
from engine.backends.rotation import Rotating, RotatingBackend, Side
from engine.errors import GuaranteeNotMet, InputError, PolicyError
from engine.plan import Policy, compile_plan
from engine.plan.stages import Read
from engine.principal import principal
from engine.release import Release
from engine.release.files import discard_staging, local_path, open_staging, publish_staging, require_free, write_text
from engine.release.verification import verify_published
from engine.rotation.turns import refuse_left_behind, turn_of, turned
from engine.version import lakeveil_version
from schemas.policy.key_handles import OF_SUBJECT
from schemas.policy.operators import Operator
from schemas.receipt import Receipt
from schemas.rotation import Exchanged, JoinProof, Rotation

BRIDGE, RECORD = ".bridge", ".rotation.json"
"""What a bridge's and a record's names add to their release's."""


@dataclass(frozen=True)
class _Side:
    """A new release beside the old one.

    Attributes:
        old: The policy that the release was made by.
        new: The one that it shall have.
        columns: Of the source: those whose tokens change.
        path: Where the new release lies now.
        bridge: Where the bridge lies now, if there is one.
        staged: What nobody sees yet; None if a call before this one published it.
    """

    old: Policy
    new: Policy
    columns: tuple[str, ...]
    path: str
    bridge: str | None
    staged: Release | None

    def publish(self, record: Rotation) -> None:
        """Makes bridge and release visible, the release last: what is killed before that is done anew by the same call."""
        write_text(_local(self.new.release.path + RECORD), record.model_dump_json(indent=2))
        if self.staged is None:
            return
        if self.bridge:
            publish_staging(self.bridge, _bridge_of(self.new))
        self.staged.publish()

    def discard(self) -> None:
        """Removes what nobody sees yet."""
        if self.staged is not None:
            self.staged.discard()
            if self.bridge:
                discard_staging(self.bridge)


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
    beside: Sequence[Policy] = (),
) -> Rotation:
    """Exchanges the tokens of releases.

    The old releases stay. Until nobody reads them any more, a bridge beside each new release tells which new token stands for an
    old one; ``finish`` removes it. A call that was killed is finished by the same call: what it published is taken as it is.

    Args:
        pairs: The policy of each release, and the one that it shall have.
        backend: What reads and writes.
        progress: Told what is under way.
        bridge: Whether old and new tokens stay joined for a while.
        beside: Policies of other releases, that shall join with the new ones afterwards.

    Returns:
        What was done and measured; it also stands beside each new release (``.rotation.json``).

    Raises:
        PolicyError: If two policies of a pair differ in more than keys, versions and forms, or one beside would be left behind.
        InputError: If an old release, or the source as it was released, is not there, or was altered.
        GuaranteeNotMet: If a join would give other rows than before; nothing is published.
    """
    refuse_left_behind(pairs, beside)
    sides: list[_Side] = []
    try:
        for old, new in pairs:
            sides.append(_turned(old, new, backend, progress, bridge=bridge))
        progress("prove joins", 0.9)
        proofs = _proved(sides, backend)
        for one in sides:
            if one.staged:
                one.staged.verify()
        done = Rotation(
            lakeveil=lakeveil_version(), at=datetime.now(UTC), user=principal(),
            releases={one.old.release.path: one.new.release.path for one in sides},
            columns=tuple(exchanged for one in sides for exchanged in _exchanged(one)), joins=proofs,
            bridges=tuple(_bridge_of(one.new) for one in sides if one.bridge))
        for one in sides:
            one.publish(done)
    except BaseException:
        for one in sides:
            one.discard()
        raise
    return done


def _turned(old: Policy, new: Policy, backend: RotatingBackend, progress: Progress, *, bridge: bool) -> _Side:
    columns, place = turned(old, new), _bridge_of(new)
    _require_change(old, new, columns)
    receipt = _kept(old, backend)
    if _rotated(new):
        _kept(new, backend)
        if not bridge:
            _remove(place)
        return _Side(old, new, columns, new.release.path, place if _local(place).is_dir() else None, None)
    if new.recoding.noisy:
        raise PolicyError("noisy cuts would be drawn anew, and paid for again", where=f"{new.name}: recoding.cuts",
                          allowed="a release whose cuts follow from its source", next="release the source anew under the new key")
    require_free(new.release.path)
    _remove(place)
    plan = compile_plan(new, backend.measure(new.of_versions(receipt), progress))
    if plan.rows != receipt.source.rows:
        raise InputError("the source has other rows than when it was released", where=new.source.table,
                         allowed=f"{receipt.source.rows:,} rows", next="restore it, or release it anew")
    turns = tuple(turn_of(old, new, column, plan.schema, plan.stage(Read)) for column in columns)
    staging = open_staging(place, uuid.uuid4().hex) if bridge else None
    try:
        staged = backend.turn(plan, old.release.path, turns, staging, progress)
    except BaseException:
        if staging:
            discard_staging(staging)
        raise
    return _Side(old, new, columns, staged.store.path, staging, staged)


def _kept(policy: Policy, backend: RotatingBackend) -> Receipt:
    """Returns the receipt of a policy's release, which is as the receipt says."""
    receipt = read(Artifacts.of(policy).receipt, Receipt)
    if receipt.policy_fingerprint != policy.fingerprint:
        raise PolicyError("the release was not made by this policy", where=policy.release.path,
                          next="name the policy that it was released by")
    everybody = beside_release(policy, receipt, backend)
    if not all(verdict.holds for verdict in verify_published(receipt, backend.open(policy.release.path), everybody)):
        raise GuaranteeNotMet("the release does not keep what its receipt promises", where=policy.release.path,
                              next="lakeveil verify tells more; release the source anew")
    return receipt


def _rotated(new: Policy) -> bool:
    """Whether a call before this one published the new release."""
    place = _local(new.release.path)
    if not (os.path.lexists(place) and _local(new.release.path + RECORD).is_file()):
        return False
    return read(Artifacts.of(new).receipt, Receipt).policy_fingerprint == new.fingerprint


def _proved(sides: Sequence[_Side], backend: Rotating) -> tuple[JoinProof, ...]:
    proofs = tuple(_proofs(sides, backend))
    broken = [f"{one.left} with {one.right}: {one.rows_before:,} rows, {one.rows_after:,} now" for one in proofs if not one.holds]
    if broken:
        raise GuaranteeNotMet("columns would not join as they did; nothing was published", where="; ".join(broken),
                              next="rotate all releases of a domain together, to one key, version and form; tokens of those who "
                                   "were forgotten stay as they are, and so must their form")
    return proofs


def _proofs(sides: Sequence[_Side], backend: Rotating) -> Iterator[JoinProof]:
    """Yields how each two columns of a domain join, before and after; first each with itself."""
    found: dict[str, list[tuple[_Side, str]]] = {}
    for one in sides:
        for name, column in one.new.columns.items():
            domain = getattr(column.operator.spec, "domain", None) if column.operator else None
            if domain is not None:
                found.setdefault(domain, []).append((one, one.new.released_name(name)))
    for domain, columns in found.items():
        for (one, left), (other, right) in combinations_with_replacement(columns, 2):
            old = Side(one.old.release.path, left)
            before = backend.joined(old, Side(other.old.release.path, right))
            new = Side(other.path, right)
            after = backend.joined(Side(one.path, left), new)
            between = backend.joined(replace(old, bridge=one.bridge), new).rows if one.bridge else None
            yield JoinProof(
                domain=domain, left=f"{one.new.name}: {left}", right=f"{other.new.name}: {right}", tokens_before=before.tokens,
                tokens_after=after.tokens, rows_before=before.rows, rows_after=after.rows, rows_between=between)


def _exchanged(side: _Side) -> Iterator[Exchanged]:
    for name in side.columns:
        before, after = (policy.columns[name].operator for policy in (side.old, side.new))
        if before and after:
            yield Exchanged(policy=side.new.name, column=side.new.released_name(name), domain=after.spec.domain,
                            before=_named(before), after=_named(after))


def _named(operator: Operator) -> str:
    """Returns a version of which key: its handle, and its identifier, by which handles of one key are told."""
    handle = operator.spec.key
    return f"version {operator.spec.version} of {handle}" + ("" if handle == OF_SUBJECT else f" ({resolve(handle).key_id})")


def _require_change(old: Policy, new: Policy, columns: Sequence[str]) -> None:
    """Refuses columns whose policies differ in the handle alone, if one key is behind both."""
    for name in columns:
        before, after = (policy.columns[name].operator for policy in (old, new))
        if before and after and _named(before).replace(before.spec.key, "") == _named(after).replace(after.spec.key, "") and (
                getattr(before.spec, "form", None) == getattr(after.spec, "form", None)):
            raise PolicyError("both handles hold one key: tokens would stay as they are", where=f"column {name!r}",
                              allowed="another key, version or form", next="make another key, or name another version")


def _bridge_of(new: Policy) -> str:
    return new.release.path.rstrip("/") + BRIDGE


def _local(path: str) -> Path:
    place = local_path(path)
    if place is None:
        raise InputError("not on a mounted file system", where=path, next="mount it")
    return place


def _remove(bridge: str) -> None:
    """Removes the bridge of a killed call: its release never came, or no bridge is wanted any more."""
    shutil.rmtree(_local(bridge), ignore_errors=True)
