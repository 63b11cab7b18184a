"""All that is decided before anything is trained: what is learned, the constants, and whether an earlier call is gone on with."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InputError, PolicyError
from engine.ledger import Charge, charge_of
from engine.plan import Policy
from engine.privacy.budget import Budget, Schedule, schedule, split
from engine.privacy.events import within
from engine.privacy.mechanisms import noisy_count
from engine.release.files import require_free, require_writable
from engine.synth.attempts import every
from engine.synth.columns import Chosen, Learned, choose_columns
from engine.synth.encoding import Encoding, as_text
from engine.synth.journal import Journal
from engine.synth.naming import named_values
from engine.synth.shards import VerifiedRelease, open_release
from engine.synth.statement import require_end_to_end
from schemas.dp_events import Event
from schemas.policy import PolicyV1, Synthesis
from schemas.training import Begun

ON = ".training"
"""Ends the name of the folder in which a training is recorded, beside the synthetic table."""

_FREE = {"workers", "attempts", "path", "rows", "device", "precision", "metrics"}
"""What of ``synthesis`` another call may say otherwise and go on: no claim depends on it."""


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
        begun: What an earlier call has drawn for this plan, if one was made.
    """

    release: VerifiedRelease
    synthesis: Synthesis
    path: str
    subject: str | None
    chosen: Chosen
    budget: Budget
    plan: str
    begun: Begun | None


@dataclass(frozen=True)
class Prepared:
    """What is trained, and how.

    Attributes:
        outline: What was known before.
        learned: Columns.
        units: Their public or privately estimated number.
        schedule: Constants of DP-SGD.
        charge: What is reserved for it.
    """

    outline: Outline
    learned: Learned
    units: int
    schedule: Schedule
    charge: Charge

    @property
    def release(self) -> VerifiedRelease:
        """What is learned from."""
        return self.outline.release

    @property
    def synthesis(self) -> Synthesis:
        """The policy's section."""
        return self.outline.synthesis

    @property
    def journal(self) -> Journal:
        """Where attempts are recorded."""
        return journal_of(self.outline.path)

    def events(self, steps: int) -> tuple[Event, ...]:
        """Returns what runs, or ran, if so many steps are taken."""
        return (*self.schedule.events(steps), *self.outline.budget.beside())


def prepare(policy: Policy, release_path: str) -> Prepared:
    """Decides everything that can be before training, and writes it down.

    The number of units and names of values are drawn once, where they have to be: a call that goes on with an earlier one's
    training takes what that has drawn, also where no step was taken for it yet.

    Args:
        policy: With a ``synthesis`` section.
        release_path: Of a verified release.

    Raises:
        PolicyError, InputError, GuaranteeNotMet: As ``outlined``; if delta is no promise for so many units; if the path is taken.
        BudgetExceeded: If epsilon cannot be met, or a cap would be passed.
        SetupError: If nothing can be written where the table shall be.
    """
    out = outlined(policy, release_path)
    require_free(out.path)
    require_writable(out.path)
    charge, begun = charge_of(policy, purpose="training", unit=out.synthesis.unit), out.begun
    if begun and begun.reservation:
        charge.resume(begun.reservation)
    else:  # what was drawn before there was a ledger is charged, too
        charge.reserve(out.budget.beside())
    drawn = (begun or _drawn(out)).model_copy(update={"reservation": charge.reservation})
    journal = journal_of(out.path)
    if drawn != begun:
        journal.begin(drawn)
    learned, constants = out.chosen.learned(drawn.vocabularies), schedule(out.synthesis, drawn.units, out.budget)
    if not within(constants.events(constants.steps), charge.events):
        charge.extend(constants.events(constants.steps))
    if not drawn.steps:
        journal.begin(drawn.model_copy(update={"steps": constants.steps, "every": every(constants.steps)}))
    return Prepared(out, learned, drawn.units, constants, charge)


def outlined(policy: Policy, release_path: str) -> Outline:
    """Checks everything, and draws and charges nothing.

    Args:
        policy: With a ``synthesis`` section.
        release_path: Of a verified release.

    Raises:
        PolicyError: If the policy has no usable ``synthesis`` section, or leaves too little to name values with.
        InputError: If the release is missing, altered or without receipt, or another training was begun there.
        GuaranteeNotMet: If the release is not verified, or tells more than the policy demands.
    """
    synthesis, release, path, subject = opened(policy, release_path)
    chosen = choose_columns(policy, release)
    budget = budget_of(synthesis, chosen)
    require_end_to_end(synthesis, release.receipt, chosen.unpaid)
    journal = journal_of(path)
    begun, plan = journal.begun(), _digest(synthesis, release, chosen)
    if begun is not None and begun.plan != plan and not begun.steps:
        begun = None  # it has drawn, and taken no step: what it has spent stays spent
    _require_resumable(journal, begun, plan, ledger=policy.budget is not None)
    return Outline(release, synthesis, path, subject, chosen, budget, plan, begun)


def journal_of(path: str) -> Journal:
    """Returns where the attempts at a synthetic table are recorded."""
    return Journal(Path(path + ON).absolute())


def budget_of(synthesis: Synthesis, chosen: Chosen) -> Budget:
    """Returns how epsilon is split, names of values of so many columns included.

    Raises:
        PolicyError: If too little of it is left to name values with.
    """
    try:
        budget = split(synthesis, len(chosen.to_name))
        _ = budget.naming and budget.naming.chances()
    except ValueError:
        raise PolicyError(
            "too little epsilon or delta is left to name the values of columns without a domain",
            where=f"columns: {', '.join(chosen.to_name[:8])}", allowed="a tenth of synthesis.epsilon and delta, for all of them",
            next="give columns a domain in the policy, or name fewer in synthesis.columns") from None
    return budget


def _require_resumable(journal: Journal, begun: Begun | None, plan: str, *, ledger: bool) -> None:
    """Refuses what cannot be gone on with, before anything starts.

    Raises:
        InputError: If another training was begun there, or its records are not as attempts left them.
        PolicyError: If it is charged to a ledger, and the policy names none any more.
    """
    if begun is None:
        return
    if begun.reservation and not ledger:
        raise PolicyError("the training that was begun here is charged to a ledger, and the policy names none", where="budget",
                          allowed="the ledger that it was begun with", next="name it again, or remove the training's folder: "
                          f"{journal.folder}; what was spent stays spent")
    if begun.plan != plan:
        raise InputError("a training of another plan was begun here", where=str(journal.folder),
                         allowed="the policy and the release that it was begun with",
                         next="go on with those, or remove the folder: what was spent stays spent")
    journal.latest()


def _drawn(out: Outline) -> Begun:
    """Draws what has to be drawn before a training; it is charged for."""
    units = out.synthesis.records or noisy_count(_count_units(out.release, out.subject), out.budget.counting)
    naming = out.budget.naming
    values = named_values(out.release, out.subject, out.chosen.to_name, naming) if naming else {}
    return Begun(plan=out.plan, units=units, vocabularies=values)


def opened(policy: PolicyV1, release_path: str) -> tuple[Synthesis, VerifiedRelease, str, str | None]:
    """Returns what a policy says of the synthesis, the release, the synthetic table's path and the subject's column.

    Raises:
        PolicyError, InputError, GuaranteeNotMet: As ``outlined``.
    """
    synthesis = policy.synthesis
    if synthesis is None:
        raise PolicyError("the policy does not say how to synthesize", where="synthesis",
                          next="add synthesis: {epsilon: 1.0, delta: 1e-6, unit: subject}")
    release = open_release(release_path)
    path = synthesis.path or release_path.rstrip("/") + ".synthetic"
    subject = release.receipt.subject if synthesis.unit == "subject" else None
    if synthesis.unit == "subject" and (subject is None or subject not in release.schema().names):
        raise InputError("the release has no column that says which subject a row is about", where=release_path,
                         allowed="a release whose policy keeps source.subject as a token",
                         next="anonymize again with a token, or say synthesis.unit: record")
    return synthesis, release, path, subject


def _digest(synthesis: Synthesis, release: VerifiedRelease, chosen: Chosen) -> str:
    said = {"synthesis": synthesis.model_dump(mode="json", exclude=_FREE), "release": release.receipt.release_id,
            "commit": release.receipt.commit_sha256, "known": Encoding(chosen.known).as_dict(), "to_name": chosen.to_name}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _count_units(release: VerifiedRelease, subject: str | None) -> int:
    if subject is None:
        return sum(len(table) for _, table in release.read(release.receipt.files, release.schema().names[:1]))
    seen: set[str] = set()
    for _, table in release.read(release.receipt.files, [subject]):
        seen.update(as_text(table[subject]).unique().drop_null().to_pylist())
    return len(seen)
