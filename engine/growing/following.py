"""The next version of a release: what is new in the source enters, what is gone leaves, and all claims hold over all versions."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from engine.anonymity.recoding import recoding_from_json
from engine.artifacts import Artifacts, read
from engine.backends.base import Progress, silent
from engine.backends.growing import Book, GrowingBackend, commit_info, last_commit
from engine.backends.keys import identifiers
from engine.errors import GuaranteeNotMet, InputError, SetupError
from engine.growing.deciding import decide
from engine.growing.folder import Folder
from engine.growing.maintained import require_recorded, taken_back
from engine.growing.proof import verdicts_over_versions
from engine.plan import Plan, Policy
from engine.plan.growing import frozen_plan, of_versions
from engine.release.commits import change_after
from engine.release.files import write_receipt
from engine.release.verification import certify
from engine.release.versions import following, version_of
from schemas.receipt import GuaranteeVerdict, Receipt
from schemas.versions import VersionState


def append(
    policy: Policy, backend: GrowingBackend, progress: Progress = silent, *,
    whole: bool = False, batch: Any = None, number: int | None = None, anew: bool = False,  # noqa: ANN401 - the backend's own kind
) -> Receipt:
    """Makes the next version of a release, in one commit of its table; none, if nothing is new.

    A call that was killed is finished by the next one: what it published is proved and gets its receipt, what it did not publish
    is done anew.

    Args:
        policy: The policy that published the first version.
        backend: What reads and writes.
        progress: Told what is under way.
        whole: Read all of the source, though what changed can be told.
        batch: Rows of a stream, or changes of it, that are read in place of the source.
        number: The batch's number. The last one may come again; one before it is of a stream that started anew.
        anew: Whether that is known, and what such a stream does not tell, the deletes in between, was appended.

    Returns:
        The receipt of the newest version.

    Raises:
        PolicyError: If the release has one version only.
        InputError: If there is no release, or it or the state was altered, or the source is not what it was, or the stream.
        SetupError: If another call makes a version, or something cannot be written.
        GuaranteeNotMet: If a promise does not hold; the release is as before then.
    """
    of_versions(policy)
    folder = Folder(policy)
    require_versions(policy)
    with folder.alone():
        finish(policy, backend, folder)
        receipt = read(Artifacts.of(policy).receipt, Receipt)
        state = folder.state(sealed(receipt))
        require_same_keys(policy, receipt)
        again = number is not None and state.batch is not None and number <= state.batch and not anew
        if again and number != state.batch:
            raise started_anew(policy, number, state.batch)
        book = backend.book(policy, state, whole=whole, batch=batch)
        require_recorded(policy, state, backend, book, since=receipt.output.version)
        progress("read what is new", 0.1)
        plan = following_plan(policy, book, state)
        seen = book.read(plan)
        if not seen.arrived and not seen.outdated:
            progress("nothing is new in the source: the release stays as it is", 1.0)
            return receipt
        if again:
            raise started_anew(policy, number, state.batch)
        progress("decide who enters", 0.4)
        decided = decide(book, policy, recoding_from_json(state.recoding), state.version + 1, seen)
        source, table = (seen.source, seen.table) if batch is None else (None, None)
        after = following(state, decided.made(seen), release_id=uuid.uuid4().hex, entered=decided.entered, left=decided.left,
                          tables=decided.settled.tables, source=source, table=table, batch=number)
        if not after.rows:
            raise InputError("nothing would be left of the release", where=policy.release.path, allowed="a release with rows",
                             next="remove it and the folder of its state: what the source has no more is still in it")
        folder.begin(after)
        if after.made.moved:
            progress("write", 0.6)
            publish(plan, book, after, receipt, whole=bool(after.made.left))
        progress("verify the written table", 0.8)
        return proved(plan, backend, book, folder, after, before=receipt.output.version)


def started_anew(policy: Policy, number: int | None, last: int | None) -> InputError:
    """Returns the refusal of a batch that is not the one that its number says."""
    return InputError(f"batch {number} comes after batch {last}, and is none that was read: the stream started anew",
                      where=policy.release.path, allowed="the checkpoint that the stream had",
                      next="lakeveil append reads what the stream missed, deletes with it; then each_batch(policy, anew=True)")


def publish(plan: Plan, book: Book, state: VersionState, before: Receipt, *, whole: bool) -> None:
    """Commits a version to the release.

    Raises:
        SetupError: If another call came first.
    """
    path, after = before.output.table, before.output.version or 0
    book.publish(plan, state.version, commit_info(plan, state.release_id, state.version), after=after, whole=whole)
    if last_commit(path)[1].get("release_id") != state.release_id:
        raise SetupError("another call made a version of this release", where=path, next="append again")


def require_versions(policy: Policy) -> None:
    """Checks that there is a release, and that it was published to get versions.

    Raises:
        InputError: If not.
    """
    last_commit(policy.release.path)
    if read(Artifacts.of(policy).receipt, Receipt).versions is None:
        raise InputError("the release was published without versions", where=policy.release.path,
                         next="publish one with release.versions")


def sealed(receipt: Receipt) -> str:
    """Returns the digest of the state that a receipt names; checks that the release is the one that it was written for.

    Commits after the receipt's that say they change no data (OPTIMIZE, VACUUM, properties) count for none here: if they came with
    other files, ``require_recorded`` holds the rows in these to the owner's tables.
    """
    path = receipt.output.table
    if change_after(path, receipt.output.version or 0) == "rows":
        at, _ = last_commit(path)
        raise InputError(f"the release is at version {at} where its receipt says {receipt.output.version}", where=path,
                         allowed="a table whose data nobody but lakeveil append changes",
                         next="put the folder back from a copy (a RESTORE makes a version more), or publish a release anew")
    return receipt.versions.state if receipt.versions else ""


def require_same_keys(policy: Policy, receipt: Receipt) -> None:
    """Checks that the keys are those of the version before: under others no row would be known again, nor who is to leave.

    Raises:
        InputError: If a handle leads to another key.
    """
    here = identifiers(policy.key_handles())
    changed = sorted(handle for handle, name in here.items() if receipt.keys.get(handle, name) != name)
    if changed:
        raise InputError("the key behind a handle is not the one that the release was made with", where=", ".join(changed),
                         allowed="the keys that the receipt names", next="put it back, or publish a release from the beginning")


def following_plan(policy: Policy, book: Book, state: VersionState) -> Plan:
    """Returns the plan of the version after a state, for the source as it is now."""
    return frozen_plan(policy, book.measure(), recoding_from_json(state.recoding))


def finish(policy: Policy, backend: GrowingBackend, folder: Folder) -> None:
    """Finishes what a killed call published, and forgets what it did not."""
    begun = folder.pending()
    if begun is None:
        return
    at, said = last_commit(policy.release.path)
    if begun.made.moved and said.get("release_id") != begun.release_id:
        folder.forget()
        return
    if not begun.version:
        folder.done(begun, read(Artifacts.of(policy).receipt, Receipt))
        return
    require_same_keys(policy, read(Artifacts.of(policy).receipt, Receipt))
    book = backend.book(policy, begun)
    require_recorded(policy, begun, backend, book, since=at)
    proved(following_plan(policy, book, begun), backend, book, folder, begun, before=at - 1 if begun.made.moved else at)


def proved(
    plan: Plan, backend: GrowingBackend, book: Book, folder: Folder, state: VersionState, *, before: int | None,
) -> Receipt:
    """Measures every promise on the published table and over all versions, and writes the receipt; or takes the version back."""
    policy = plan.policy
    try:
        receipt, verdicts = _measured(plan, backend, book, state)
    except InputError as error:  # what cannot be measured is not proved
        _take_back(policy, folder, state, before)
        raise InputError(f"the version cannot be measured, and was taken back: {error.what}", where=error.where,
                         next="this is a defect of the engine or of its storage: please report it") from None
    broken = [verdict for verdict in verdicts if not verdict.holds]
    if broken:
        _take_back(policy, folder, state, before)
        raise GuaranteeNotMet(
            "the written table does not keep what the policy promises; the version was taken back",
            where="; ".join(f"{v.guarantee}: promised {v.promised:g}, measured {v.measured:g}" for v in broken),
            next="this is a defect of the engine or of its storage, not of the policy: please report it")
    source = receipt.source.model_copy(update={"rows": plan.rows})
    receipt = receipt.model_copy(update={"versions": version_of(state), "verdicts": verdicts, "source": source})
    write_receipt(policy.release.path, receipt)
    folder.done(state, receipt)
    return receipt


def _measured(
    plan: Plan, backend: GrowingBackend, book: Book, state: VersionState,
) -> tuple[Receipt, tuple[GuaranteeVerdict, ...]]:
    """Returns the receipt of the table as it is written, and all verdicts on it."""
    receipt = certify(replace(plan, rows=state.rows), backend.open(plan.policy.release.path), backend=backend.name,
                      release_id=state.release_id, keys=identifiers(plan.policy.key_handles()))
    rows = receipt.output.rows
    return receipt, (GuaranteeVerdict(guarantee="rows", promised=state.rows, measured=rows, holds=rows == state.rows),
                     *receipt.verdicts, *verdicts_over_versions(plan.policy, state, book))


def _take_back(policy: Policy, folder: Folder, state: VersionState, before: int | None) -> None:
    """Makes the release what it was before a version, and forgets this."""
    if state.made.moved and before is not None:
        last = read(Artifacts.of(policy).receipt, Receipt)
        output = last.output.model_copy(update={"version": taken_back(policy.release.path, before)})
        write_receipt(policy.release.path, last.model_copy(update={"output": output}))
    folder.forget()
