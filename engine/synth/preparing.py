"""What is decided before a training begins, drawn and charged, and whether an earlier call is gone on with."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from engine.errors import InputError
from engine.ledger import Charge, charge_of
from engine.plan import Policy
from engine.privacy.budget import Schedule
from engine.privacy.events import within
from engine.privacy.mechanisms import noisy_count
from engine.release.files import alone_in, require_free, require_writable
from engine.synth.attempts import every
from engine.synth.columns import Learned
from engine.synth.encoding import as_text
from engine.synth.journal import Journal
from engine.synth.naming import named_values
from engine.synth.outline import Outline, begun_of, constants_of, expected_units, outlined
from engine.synth.shards import VerifiedRelease
from schemas.dp_events import Event
from schemas.policy import Synthesis
from schemas.training import Begun, Constants


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
        return self.outline.journal

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
    with alone_in(Path(out.path).absolute().parent):  # of two calls at once the second goes on with what the first has begun
        begun = begun_of(out, ledger=policy.budget is not None)
        units = begun.units if begun else expected_units(out.synthesis, out.release.receipt.output.rows)
        constants = constants_of(out, units, begun)
        charge = _charge(policy, out, begun, constants)
        drawn = (begun or _drawn(out)).model_copy(update={"reservation": charge.reservation})
        if drawn != begun:
            out.journal.begin(drawn)
        constants = constants if drawn.units == units else constants_of(out, drawn.units, drawn)
        prepared = Prepared(out, out.chosen.learned(drawn.vocabularies), drawn.units, constants, charge)
        _require_not_put_back(prepared)
        if not within(constants.events(constants.steps), charge.events):
            charge.extend(constants.events(constants.steps))
        if not drawn.steps:
            out.journal.begin(_fixed(drawn, constants))
    return prepared


def _charge(policy: Policy, out: Outline, begun: Begun | None, foreseen: Schedule) -> Charge:
    """Takes up the charge of an earlier call; or reserves what has to be drawn, if all that would follow has room, too."""
    charge = charge_of(policy, purpose="training", unit=out.synthesis.unit)
    if begun and begun.reservation:
        charge.resume(begun.reservation)
        return charge
    beside = out.budget.beside()
    events = (*beside, *foreseen.events(foreseen.steps))
    if begun or not beside:  # nothing is drawn that decides about the steps
        charge.reserve(events)
    else:
        charge.require(events)
        charge.reserve(beside)
    return charge


def _require_not_put_back(prepared: Prepared) -> None:
    """Refuses records of a training that are older than its settled charge: its steps would be taken once more, for nothing.

    Raises:
        InputError: If so.
    """
    charge, ran = prepared.charge, prepared.events(prepared.journal.executed())
    if charge.settled and not (within(ran, charge.events) and within(charge.events, ran)):
        raise InputError("this training has ended and was settled, and its records are older than that",
                         where=str(prepared.journal.folder), allowed="the folder as the last attempt left it",
                         next="remove it; another training is charged anew")


def _drawn(out: Outline) -> Begun:
    """Draws what has to be drawn before a training; it is charged for."""
    units = out.synthesis.records or noisy_count(_count_units(out.release, out.subject), out.budget.counting)
    naming = out.budget.naming
    values = named_values(out.release, out.subject, out.chosen.to_name, naming) if naming else {}
    return Begun(plan=out.plan, units=units, vocabularies=values)


def _fixed(drawn: Begun, constants: Schedule) -> Begun:
    """Returns what was drawn, with how many steps are taken and what they run with."""
    said = asdict(constants)
    steps = said.pop("steps")
    return drawn.model_copy(update={"steps": steps, "every": every(steps), "constants": Constants.model_validate(said)})


def _count_units(release: VerifiedRelease, subject: str | None) -> int:
    if subject is None:
        return sum(len(table) for _, table in release.read(release.receipt.files, release.schema().names[:1]))
    seen: set[str] = set()
    for _, table in release.read(release.receipt.files, [subject]):
        seen.update(as_text(table[subject]).unique().drop_null().to_pylist())
    return len(seen)
