"""What is known of a training before anything is drawn for it: columns, the budget, constants, what an earlier call has begun."""

from __future__ import annotations

import hashlib
import json
import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.artifacts import file_of
from engine.errors import InputError, LakeveilError, PolicyError
from engine.plan import Policy
from engine.privacy.budget import Budget, Schedule, schedule, split
from engine.synth.claim import so_far
from engine.synth.columns import Chosen, choose_columns
from engine.synth.encoding import Encoding
from engine.synth.journal import Journal
from engine.synth.shards import VerifiedRelease, open_release
from engine.synth.statement import paid_cuts, require_end_to_end
from schemas.policy import PolicyV1, Synthesis
from schemas.training import Begun

ON = ".training"
"""Ends the name of the folder in which a training is recorded, beside the synthetic table."""

_FREE = {"workers", "attempts", "path", "rows", "device", "precision", "metrics"}
"""What of ``synthesis`` another call may say otherwise and go on: no claim depends on it. A path counts as it comes to stand."""

_ROUNDING = 1e-6
"""Relative: so far above the policy's epsilon an accountant's may be, for floating point."""


@dataclass(frozen=True)
class Outline:
    """What is known of a training before anything is drawn for it.

    Attributes:
        release: It.
        synthesis: The policy's section.
        path: Of the synthetic table.
        subject: Released name of the subject's column, or None where each row is a unit.
        chosen: Columns.
        budget: How epsilon is split.
        plan: Digest of all that the claim depends on.
    """

    release: VerifiedRelease
    synthesis: Synthesis
    path: str
    subject: str | None
    chosen: Chosen
    budget: Budget
    plan: str

    @property
    def journal(self) -> Journal:
        """Where attempts are recorded."""
        return Journal(Path(self.path + ON).absolute())


def outlined(policy: Policy, release_path: str) -> Outline:
    """Checks everything, and draws and charges nothing.

    Args:
        policy: With a ``synthesis`` section.
        release_path: Of a verified release.

    Raises:
        PolicyError: If the policy has no usable ``synthesis`` section, or leaves too little to name values with.
        InputError: If the release is missing, altered or without receipt, or another training was begun there.
        GuaranteeNotMet: If the release is not verified, or tells more than the policy demands.
        SetupError: If the release, or the synthetic table's path, is on another store than a mounted file system.
    """
    synthesis, release, path, subject = opened(policy, release_path)
    chosen = choose_columns(policy, release)
    budget = budget_of(synthesis, chosen.to_name)
    require_end_to_end(synthesis, release.receipt)
    return Outline(release, synthesis, path, subject, chosen, budget, _digest(synthesis, release, chosen, budget, path))


def section(policy: PolicyV1) -> Synthesis:
    """Returns the policy's section ``synthesis``.

    Raises:
        PolicyError: If it has none.
    """
    if policy.synthesis is None:
        raise PolicyError("the policy does not say how to synthesize", where="synthesis",
                          next="add synthesis: {epsilon: 1.0, delta: 1e-6, unit: subject}")
    return policy.synthesis


def opened(policy: PolicyV1, release_path: str) -> tuple[Synthesis, VerifiedRelease, str, str | None]:
    """Returns what a policy says of the synthesis, the release, the synthetic table's path and the subject's column.

    Raises:
        PolicyError, InputError, GuaranteeNotMet, SetupError: As ``outlined``.
    """
    synthesis, release = section(policy), open_release(release_path)
    path = str(file_of(synthesis.path or release_path.rstrip("/") + ".synthetic"))  # plain: its journal lies beside it
    subject = release.receipt.subject if synthesis.unit == "subject" else None
    if synthesis.unit == "subject" and (subject is None or subject not in release.schema().names):
        raise InputError("the release has no column that says which subject a row is about", where=release_path,
                         allowed="a release whose policy keeps source.subject as a token",
                         next="anonymize again with a token, or say synthesis.unit: record")
    return synthesis, release, path, subject


def budget_of(synthesis: Synthesis, to_name: tuple[str, ...]) -> Budget:
    """Returns how epsilon is split, names of the values of columns included.

    Raises:
        PolicyError: If too little of it is left to name values with.
    """
    try:
        budget = split(synthesis, len(to_name))
        _ = budget.naming and budget.naming.chances()
    except ValueError:
        raise PolicyError(
            "too little epsilon or delta is left to name the values of columns without a domain",
            where=f"columns: {', '.join(to_name[:8])}", allowed="a tenth of synthesis.epsilon and delta, for all of them",
            next="give columns a domain in the policy, or name fewer in synthesis.columns") from None
    return budget


def expected_units(synthesis: Synthesis, rows: int) -> int:
    """Returns how many units there are, as far as is publicly known: as many as rows, at most, or as delta is a promise for."""
    return synthesis.records or max(1, min(rows, math.floor(1 / synthesis.delta)))


def constants_of(out: Outline, units: int, begun: Begun | None = None) -> Schedule:
    """Returns the constants of a training, whose epsilon the accountant that decides finds to be what the policy says, or less.

    Args:
        out: What is trained.
        units: How many there are.
        begun: What an earlier call has fixed: its steps ran with the constants that it wrote down, and the others do, too.

    Raises:
        PolicyError: If it finds more: delta is too small for its grid. Or as ``schedule``.
        InputError: If it finds more of what was begun, which an earlier version has accounted for otherwise.
        BudgetExceeded: As ``schedule``.
    """
    kept, cuts = begun and begun.constants, paid_cuts(out.synthesis, out.release.receipt)
    try:
        plan = Schedule(steps=begun.steps, **dict(kept)) if begun and kept else schedule(out.synthesis, units, out.budget)
    except LakeveilError as error:
        if begun and not out.synthesis.records:
            error.add_note("the number of units was drawn, and is drawn once: "
                           f"remove {out.journal.folder} to draw another, which costs as much again")
        raise
    found = so_far(out.synthesis, out.release.receipt, plan, out.budget, plan.steps)
    if found > (out.synthesis.epsilon + (cuts.epsilon if cuts else 0.0)) * (1 + _ROUNDING):
        if kept:
            raise InputError("the training that was begun here spends more than the policy says, as this version accounts for it",
                             where=str(out.journal.folder), allowed="the version of Lakeveil that it was begun with",
                             next="go on with that, or remove the folder: what was spent stays spent")
        raise PolicyError("no accountant tells epsilon at so small a delta", where=f"synthesis.delta: {out.synthesis.delta:g}",
                          allowed=f"a delta at which {plan.steps:,} steps can be accounted for; 1e-11 is enough for most",
                          next="give a larger delta")
    return plan


def begun_of(out: Outline, *, ledger: bool) -> Begun | None:
    """Returns what an earlier call has drawn for this plan; None if there is none, or it has drawn for another and taken no step.

    Raises:
        InputError: If another training was begun there, or its records are not as attempts left them.
        PolicyError: If it is charged to a ledger, and the policy names none any more.
    """
    begun, journal = out.journal.begun(), out.journal
    if begun is None or (begun.plan != out.plan and not begun.steps):  # what that has spent stays spent
        return None
    if begun.reservation and not ledger:
        raise PolicyError("the training that was begun here is charged to a ledger, and the policy names none", where="budget",
                          allowed="the ledger that it was begun with", next="name it again, or remove the training's folder: "
                          f"{journal.folder}; what was spent stays spent")
    if begun.plan != out.plan:
        raise InputError("a training of another plan was begun here", where=str(journal.folder),
                         allowed="the policy, the release and the path that it was begun with",
                         next="go on with those, or remove the folder: what was spent stays spent")
    journal.latest()
    return begun


def _digest(synthesis: Synthesis, release: VerifiedRelease, chosen: Chosen, budget: Budget, path: str) -> str:
    said = {"synthesis": synthesis.model_dump(mode="json", exclude=_FREE), "path": os.path.realpath(path),
            "budget": asdict(budget), "release": release.receipt.release_id,
            "commit": release.receipt.commit_sha256, "known": Encoding(chosen.known).as_dict(), "to_name": chosen.to_name}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
