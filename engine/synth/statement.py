"""What a synthesis receipt claims, and what it does not, in words."""

from __future__ import annotations

from schemas.policy import Synthesis
from schemas.receipt import Receipt

_PROVENANCE = {
    "data-dependent": (
        "the people behind the original table, end to end: the release's quasi-identifiers were generalized by cuts that depend "
        "on the data, so the claim is about adding or removing rows of the release as it stands"
    ),
    "dp-fitted": "what fitting the generalization of the release has spent: that adds to this epsilon",
}


def covers(synthesis: Synthesis, *, estimated: bool) -> tuple[str, ...]:
    """Returns what the claim covers.

    Args:
        synthesis: The policy's section.
        estimated: Whether the number of units was estimated from the release.
    """
    most = synthesis.max_rows_per_subject
    one = (f"one subject of the release, whose token stands on all of its rows; {most} of them at most take part"
           if synthesis.unit == "subject" else "one row of the release")
    sentences = [
        f"adding or removing {one}: epsilon and delta bound what anybody can learn from it, whatever they know",
        "all noisy gradients of training, hence the trained weights and any number of rows sampled from them",
    ]
    if estimated:
        sentences.append("the estimated number of units, from which sample rate and number of steps follow")
    return tuple(sentences)


def excludes(release: Receipt, notes: tuple[str, ...]) -> tuple[str, ...]:
    """Returns what the claim does not cover.

    Args:
        release: Receipt of the release that was learned.
        notes: On columns, from ``learn_columns``.
    """
    provenance = _PROVENANCE.get(release.anonymity.provenance) if release.anonymity else None
    return (
        *((provenance,) if provenance else ()),
        *notes,
        "exact counts on the receipts (rows, rows cut) and the evaluation, which compares with real rows without noise",
        "other syntheses and other releases of the same people: their epsilons add up, and no ledger sums them here",
    )
