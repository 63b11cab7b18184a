"""What a synthesis receipt claims, and what it does not, in words."""

from __future__ import annotations

from engine.errors import GuaranteeNotMet
from schemas.policy import Synthesis
from schemas.receipt import Receipt, Spend

_PROVENANCE = {
    "data-dependent": (
        "the people behind the original table, end to end: the release's quasi-identifiers were generalized by cuts that depend "
        "on the data, so the claim is about adding or removing rows of the release as it stands"
    ),
    "dp-fitted": (
        "the people behind the original table, end to end: what the cuts of the release have spent is about rows, and nothing "
        "bounds how many of them are one subject's; say recoding.cuts.rows"
    ),
}

_LEFT_OUT = ("the people behind the original table, end to end: rows were left out of the release for how many others are like "
             "them, and the cuts have not paid for that")


def paid_cuts(synthesis: Synthesis, release: Receipt) -> Spend | None:
    """Returns what the cuts of a release have cost, where that and training together bound what is told of the source's people.

    Given noisy cuts, each row's labels follow from the row alone, so that training on them composes with the cuts.

    Args:
        synthesis: The policy's section.
        release: Receipt of the release that was learned.
    """
    recoded = release.anonymity
    if recoded is None or recoded.provenance != "dp-fitted" or recoded.suppressed_rows:
        return None
    return recoded.spend if synthesis.unit == "record" or recoded.spend_rows else None


def require_end_to_end(synthesis: Synthesis, release: Receipt) -> None:
    """Refuses a claim about the people behind the original table where the release has told of them what nobody paid for.

    Args:
        synthesis: The policy's section; nothing is refused unless it says ``claim: end-to-end``.
        release: Receipt of the release that was learned.

    Raises:
        GuaranteeNotMet: With what stands against it.
    """
    against = _beyond(synthesis, release)
    if synthesis.claim == "end-to-end" and against:
        raise GuaranteeNotMet(
            "epsilon would not hold end to end, as the policy demands", where="; ".join(against),
            allowed="no recoding, or cuts that are drawn with noise, with no row left out",
            next="say recoding.cuts: {epsilon: …, rows: …} and anonymize again; or say synthesis.claim: release")


def _beyond(synthesis: Synthesis, release: Receipt) -> tuple[str, ...]:
    if release.anonymity is None or paid_cuts(synthesis, release):
        return ()
    provenance = release.anonymity.provenance
    if provenance == "dp-fitted" and release.anonymity.suppressed_rows:
        return (_LEFT_OUT,)
    said = _PROVENANCE.get(provenance)
    return (said,) if said else ()


def covers(synthesis: Synthesis, release: Receipt, *, estimated: bool, named: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Returns what the claim covers.

    Args:
        synthesis: The policy's section.
        release: Receipt of the release that was learned.
        estimated: Whether the number of units was estimated from the release.
        named: Columns without a domain.
    """
    most = synthesis.max_rows_per_subject
    one = (f"one subject of the release, whose token stands on all of its rows; {most} of them at most take part"
           if synthesis.unit == "subject" else "one row of the release")
    sentences = [
        f"adding or removing {one}: epsilon and delta bound what anybody can learn from it, whatever they know",
        "all noisy gradients of training, hence the trained weights and any number of rows sampled from them",
    ]
    if paid_cuts(synthesis, release):
        rows = release.anonymity.spend_rows if release.anonymity else None
        whose = f"one subject of at most {rows} rows" if synthesis.unit == "subject" else "one row"
        sentences.append(
            f"end to end, {whose} of the original table: the cuts of the generalization are among the spends; for those who see "
            "cuts and synthetic rows, and not the release; as far as columns hold what the policy says that they may hold")
    if estimated:
        sentences.append("the estimated number of units, from which sample rate and number of steps follow")
    if named:
        sentences.append(f"the values that {', '.join(named)} can have: those that enough units share, by chance; units held out "
                         "count, too")
    return tuple(sentences)


def excludes(synthesis: Synthesis, release: Receipt, left_out: tuple[str, ...], *, ledger: bool = False) -> tuple[str, ...]:
    """Returns what the claim does not cover.

    Args:
        synthesis: The policy's section.
        release: Receipt of the release that was learned.
        left_out: Columns that are not learned, in sentences.
        ledger: Whether a ledger sums up what else is spent.
    """
    return (
        *_beyond(synthesis, release),
        *left_out,
        "exact counts on the receipts (rows, rows left out) and the evaluation, which compares with real rows without noise",
        "other syntheses and other releases of the same people: their epsilons add up, and "
        + ("charge.total is what the ledger had come to" if ledger else "no ledger sums them here"),
    )
