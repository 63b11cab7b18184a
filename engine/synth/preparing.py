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
from engine.privacy.mechanisms import noisy_count
from engine.release.files import require_free
from engine.synth.attempts import every
from engine.synth.columns import Learned, learn_columns
from engine.synth.encoding import as_text
from engine.synth.journal import Journal
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
class Prepared:
    """What is trained, and how.

    Attributes:
        release: It.
        synthesis: The policy's section.
        path: Of the synthetic table.
        subject: Released name of the subject's column, or None where each row is a unit.
        learned: Columns.
        budget: How epsilon is split.
        units: Their public or privately estimated number.
        schedule: Constants of DP-SGD.
        charge: What is reserved for it.
    """

    release: VerifiedRelease
    synthesis: Synthesis
    path: str
    subject: str | None
    learned: Learned
    budget: Budget
    units: int
    schedule: Schedule
    charge: Charge

    @property
    def journal(self) -> Journal:
        """Where attempts are recorded."""
        return Journal(Path(self.path + ON).absolute())

    def events(self, steps: int) -> tuple[Event, ...]:
        """Returns what runs, or ran, if so many steps are taken."""
        return (*self.schedule.events(steps), *self.budget.count())


def prepare(policy: Policy, release_path: str) -> Prepared:
    """Checks everything and decides everything that can be before training, and writes it down.

    The number of units is drawn once, where it has to be: a call that goes on with an earlier one's training takes its number.

    Args:
        policy: With a ``synthesis`` section.
        release_path: Of a verified release.

    Raises:
        PolicyError: If the policy has no usable ``synthesis`` section, or delta is no promise for so many units.
        InputError: If the release is missing, altered or without receipt, the path is taken, or another training was begun there.
        GuaranteeNotMet: If the release is not verified.
        BudgetExceeded: If epsilon cannot be met.
    """
    synthesis, release, path, subject = opened(policy, release_path)
    require_free(path)
    learned, budget = learn_columns(policy, release), split(synthesis)
    require_end_to_end(synthesis, release.receipt, learned.unpaid)
    journal, plan = Journal(Path(path + ON).absolute()), _digest(synthesis, release, learned)
    begun = journal.begun()
    if begun is not None and begun.plan != plan:
        raise InputError("a training of another plan was begun here", where=str(journal.folder),
                         allowed="the policy and the release that it was begun with",
                         next="go on with those, or remove the folder: what was spent stays spent")
    if begun is not None:
        journal.latest()  # what cannot be gone on with is refused before anything starts
    charge = charge_of(policy, purpose="training", unit=synthesis.unit)
    if begun and begun.reservation:
        charge.resume(begun.reservation)
    else:  # a count that was drawn before there was a ledger is charged, too
        charge.reserve(budget.count())
    units = begun.units if begun else synthesis.records or noisy_count(_count_units(release, subject), budget.counting)
    constants = schedule(synthesis, units, budget)
    prepared = Prepared(release, synthesis, path, subject, learned, budget, units, constants, charge)
    if begun is None or charge.reservation != begun.reservation:
        charge.extend(constants.events(constants.steps))
        journal.begin(Begun(plan=plan, units=units, steps=constants.steps, every=every(constants.steps),
                            reservation=charge.reservation))
    return prepared


def opened(policy: PolicyV1, release_path: str) -> tuple[Synthesis, VerifiedRelease, str, str | None]:
    """Returns what a policy says of the synthesis, the release, the synthetic table's path and the subject's column.

    Raises:
        PolicyError, InputError, GuaranteeNotMet: As ``prepare``.
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


def _digest(synthesis: Synthesis, release: VerifiedRelease, learned: Learned) -> str:
    said = {"synthesis": synthesis.model_dump(mode="json", exclude=_FREE), "release": release.receipt.release_id,
            "commit": release.receipt.commit_sha256, "encoding": learned.encoding.as_dict()}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _count_units(release: VerifiedRelease, subject: str | None) -> int:
    if subject is None:
        return sum(len(table) for _, table in release.read(release.receipt.files, release.schema().names[:1]))
    seen: set[str] = set()
    for _, table in release.read(release.receipt.files, [subject]):
        seen.update(as_text(table[subject]).unique().drop_null().to_pylist())
    return len(seen)
