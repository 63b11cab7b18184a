"""Figures of the literature about a release, each with what it means in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.release.report.words import percent, plain, whole
from schemas.receipt import Anonymity, Metrics


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        name: What the literature calls it.
        shown: The figure, rounded.
        share: Where it lies between the source, 0, and a table in which everything is suppressed, 1; None where that is unknown.
        meaning: What it says.
    """

    name: str
    shown: str
    share: float | None
    meaning: str


def figures(anonymity: Anonymity) -> tuple[Figure, ...]:
    """Returns the figures of a release; none for receipts that have none."""
    return () if anonymity.metrics is None else tuple(_figures(anonymity, anonymity.metrics))


def _figures(anonymity: Anonymity, found: Metrics) -> Iterator[Figure]:
    yield Figure("Loss", percent(anonymity.loss), anonymity.loss, (
        "The share of its column's values that a cell may stand for, on average; a suppressed one counts whole."))
    yield Figure("Precision", percent(found.precision), 1 - found.precision, (
        "How far labels are from the top of their hierarchies: all the way is the source, none of it says nothing."))
    if found.entropy is not None and found.entropy_bits is not None:
        yield Figure("Non-uniform entropy", f"{plain(round(found.entropy_bits / 8192, 1))} KiB", found.entropy, (
            "What a reader who knows how frequent each value is still lacks to write the source down."))
    yield Figure("Discernibility", _large(found.discernibility), found.discernibility_share, (
        "Pairs of rows that cannot be told apart; a suppressed row is like every other."))
    yield Figure("Discernibility of released rows", _large(found.discernibility_star), None, (
        "The same without suppressed rows: the sum of squared class sizes."))
    yield Figure("Average class size", plain(round(found.average_class_size, 1)), found.average_class_share, (
        f"Rows that look alike, on average: {plain(round(found.c_avg, 2))} times what was promised."))
    yield Figure("Ambiguity", f"{_power(found.ambiguity)} combinations", found.ambiguity_share, (
        f"Combinations of values that a row may be, on average; {_power(found.ambiguity_mean_log)} for a typical row."))
    for column in anonymity.utility:
        if column.squared_error is not None:
            yield Figure(f"Squared error of {column.column}", percent(column.squared_error), min(column.squared_error, 1.0), (
                "How far numbers that classes publish are from what was there; all of it is one number for everybody."))
    if anonymity.beside_rows:
        yield Figure("Rows in classes of their own", whole(anonymity.beside_rows), None, (
            f"Others gave them up, and they say what they have in common; {whole(anonymity.starred_rows)} say nothing."))
    elif anonymity.starred_rows:
        yield Figure("Rows with a suppressed value", whole(anonymity.starred_rows), None, (
            "One of their values is too rare to be told: it is * wherever it stands."))


_EXACT = 10**7


def _large(number: int) -> str:
    return whole(number) if number < _EXACT else f"{number:.2e}".replace("e+", " × 10^")


def _power(log: float) -> str:
    return whole(round(10**log)) if log < len(str(_EXACT)) - 1 else f"10^{log:.1f}"
