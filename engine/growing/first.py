"""The first version of a release that will get others."""

from __future__ import annotations

from dataclasses import replace

from engine.backends.base import Progress, silent
from engine.backends.growing import GrowingBackend
from engine.growing.deciding import decide
from engine.growing.folder import Folder
from engine.growing.proof import verdicts_over_versions
from engine.ledger.cuts import charged_cuts, drawn_plan
from engine.plan import Policy
from engine.plan.stages import Recode
from engine.release.files import require_free
from engine.release.versions import version_of
from schemas.receipt import Receipt
from schemas.versions import VersionState


def first(policy: Policy, backend: GrowingBackend, progress: Progress = silent) -> Receipt:
    """Plans, executes, verifies and publishes the first version, and writes the state that the next one is made from.

    Args:
        policy: A policy with ``release.versions``.
        backend: What reads and writes.
        progress: Told what is under way.

    Raises:
        InputError: If the release's path is taken, or the folder of the state.
        GuaranteeNotMet: If a promise does not hold; nothing is published then.
    """
    folder = Folder(policy)
    with folder.alone(new=True):
        require_free(policy.release.path)
        folder.require_new()
        with charged_cuts(policy, backend) as charge:
            plan = drawn_plan(policy, backend, charge, progress)
            charge.settle(charge.events)
        book = backend.book(policy, None)
        progress("name and route rows", 0.3)
        seen = book.read(plan)
        recoding = plan.stage(Recode).tree
        decided = decide(book, policy, recoding, 0, seen)
        progress("write", 0.6)
        release = book.staged(plan)
        state = VersionState(
            version=0, release_id=release.release_id, policy=policy.fingerprint, recoding=recoding.to_json(),
            cohorts=tuple((0, leaf, rows) for leaf, rows in sorted(decided.entered.items())),
            made=decided.made(seen), source=seen.source, table=seen.table, tables=decided.settled.tables)
        progress("verify the written table", 0.9)
        release = replace(release, versions=version_of(state), charge=charge.stated,
                          proved=verdicts_over_versions(policy, state, book))
        release.verify()
        folder.begin(state)
        receipt = release.publish()
        folder.done(state, receipt)
        return receipt
