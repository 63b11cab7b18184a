"""Numbers and verdicts in words a reader can quote."""

from __future__ import annotations

import math
import re

from schemas.receipt import OVER, Anonymity, GuaranteeVerdict, Receipt
from schemas.utility import QueryBucket

STANDING = {
    "pseudonymized": ("Pseudonymized. Whoever holds the key, or a second data set, may still link rows to people: "
                      "this is personal data, and the law treats it so."),
    "anonymized": ("Anonymized. No key reverses or links a released column, and the guarantees below hold on the written table. "
                   "They bound what the quasi-identifiers named here give away; they say nothing about other knowledge."),
}

PROVENANCE = {
    "public": "The generalization was fixed by public knowledge and reveals nothing of the data.",
    "dp-fitted": ("The generalization was cut with differential privacy, at a cost that a synthesis adds to its own. The "
                  "released rows themselves carry no such claim."),
    "data-dependent": ("The generalization was cut where the data asked for it. It meets k for this table, but carries no "
                       "differential-privacy claim for the original people."),
}

ROLES = {
    "direct": "names a person", "quasi": "identifies in combination", "sensitive": "must not be learned",
    "text": "free text", "insensitive": "harmless",
}

_GUARANTEES = {
    "k": ("k-anonymity", "≥", "Every combination of quasi-identifiers is shared by at least this many rows."),
    "subjects": ("people in a group", "≥", "Every such group is about at least this many different people."),
    "l": ("l-diversity", "≥", "Every such group holds at least this many different values."),
    "entropy l": ("entropy l-diversity", "≥", "The values of every such group are as mixed as this many equally frequent ones."),
    "recursive l": ("recursive l-diversity", "<", "No value outweighs the rarer ones of its group by more than this factor."),
    "t": ("t-closeness", "≤", "The mix of values in every group is at most this far from the whole table's."),
    "ordered t": ("t-closeness, ordered", "≤", "The same, where it counts how many values stand between two."),
    "hierarchical t": ("t-closeness, hierarchical", "≤", "The same, where it counts how far up a hierarchy two values meet."),
    "beta": ("β-likeness", "≤", "No value is more frequent in a group than in the table by more than this share of itself."),
    "enhanced beta": ("enhanced β-likeness", "≤", "The same, and frequent values are bound more tightly."),
    "delta": ("δ-disclosure", "<", "No value is more or less frequent in a group than in the table by e to this power, or more."),
    "k-map": ("k-map", "≥", "At least this many people of the population have the labels of every such group."),
    "presence": ("δ-presence", "≤", "Of the people of the population who have a group's labels, at most this share is released."),
    "least presence": ("δ-presence, least", "≥", "And at least this share: nobody can be told to be absent."),
    "k^m": ("k^m-anonymity", "≥", "Whoever knows as many items of a row as promised finds at least this many rows with them."),
    "suppression": ("suppression", "≤", "At most this share of rows was left out to protect the others."),
    "columns": ("columns and types", "=", "The written table has the planned columns and types."),
    "rows": ("rows", "=", "The written table has the rows that the receipt counts."),
    "k of those who left": ("those who left", "≥", "At least this many rows left any group of one history in the same version."),
    "cohorts as recorded": ("groups of one history", "=", "Rows with one history are as many as the owner's record says."),
}
"""What a verdict is called → its name in full, how the measured figure has to stand to the promised one, and what it says."""


def full_domain(anonymity: Anonymity) -> str:
    """Returns what one level for each column means, or nothing where the recoding was another."""
    if anonymity.recoding != "full-domain":
        return ""
    numbers = {one.column for one in anonymity.utility if one.squared_error is not None}
    levels = ", ".join(f"{name} {'(a number of each class)' if name in numbers else level}"
                       for name, level in zip(anonymity.quasi_identifiers, anonymity.levels, strict=True))
    best = ("No other levels that keep the promises lose less." if anonymity.proven else
            "Other levels may lose less: there were too many to look at all of them.")
    return f"Every value of a column stands at the same level of its hierarchy, where 0 is the value itself: {levels}. {best}"


def noisy(anonymity: Anonymity) -> str:
    """Returns whose presence in the source noisy cuts hide, by what they have spent."""
    rows = anonymity.spend_rows
    whose = "a row is in the source" if rows is None else (
        f"a person is in the source, with rows that are taken to be {whole(rows)} at most")
    return f"The cost is about whether {whose}; every other plan that was made of the source has a cost of its own."


def percent(share: float) -> str:
    """Returns a share as a percentage with two significant digits, never rounding something to nothing or to all."""
    value = share * 100
    if 0 < value < 0.1:  # noqa: PLR2004 - below what one decimal shows
        return "< 0.1%"
    if 99.9 < value < 100:  # noqa: PLR2004 - above what one decimal shows
        return "> 99.9%"
    return f"{value:.0f}%" if value == round(value) else f"{value:.1f}%"


def points(share: float) -> str:
    """Returns a difference of two shares in percentage points."""
    return f"{share * 100:.1f} points"


def whole(number: float) -> str:
    """Returns a count with thin thousands separators."""
    return f"{number:,.0f}".replace(",", "\u202f")


def plain(number: float) -> str:
    """Returns a number as briefly as four significant digits allow."""
    return whole(number) if number == round(number) and abs(number) < 1e15 else f"{number:.4g}"  # noqa: PLR2004 - exact in a double


def budget(epsilon: float) -> str:
    """Returns a privacy budget with three decimals at most, rounded up: never less than what was spent."""
    return f"{math.ceil(round(epsilon * 1000, 6)) / 1000:g}"


def tiny(delta: float) -> str:
    """Returns a small probability with two significant digits: ``1e-05`` as '1e-5'."""
    return re.sub(r"e-0(\d)", r"e-\1", f"{delta:.2g}")


def size(count: int) -> str:
    """Returns bytes in the largest unit that leaves a number of at least one."""
    value, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":  # noqa: PLR2004 - SI units
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"  # noqa: PLR2004 - two digits


def one_in(risk: float) -> str:
    """Returns a probability as '1 in N', rounded towards more risk."""
    return f"1 in {whole(int(1 / risk))}" if risk > 0 else "none"


def entity(name: str) -> str:
    """Returns an entity type in reading case: ``EMAIL_ADDRESS`` as 'e-mail address'."""
    if name == "DATE_TIME":
        return "date or time"
    words = name.lower().replace("_", " ").replace("email", "e-mail")
    return re.sub(r"\b(us|uk|ip|ssn|url|id|iban|npi|mac|vin)\b", lambda match: match.group().upper(), words)


def selectivity(bucket: QueryBucket) -> str:
    """Returns a range of shares of the rows: '0.1–1%', '≥ 20%'."""
    least = f"{bucket.least * 100:g}"
    return f"≥ {least}%" if bucket.below is None else f"{least}–{bucket.below * 100:g}%"


def column(path: str) -> str:
    """Returns a path's last name, for the axis of a chart."""
    return path if len(path) <= _AXIS else path[:_AXIS - 1] + "…"


_AXIS = 16


def guarantee(verdict: GuaranteeVerdict) -> str:
    """Returns a guarantee's name in full: ``l(diagnosis)`` as 'l-diversity of diagnosis'."""
    kind, _, claimed = verdict.guarantee.removesuffix(OVER).removesuffix(")").partition("(")
    name = _GUARANTEES[kind][0] if kind in _GUARANTEES else kind
    return (f"{name} of {claimed}" if claimed else name) + (", over all versions" if verdict.guarantee.endswith(OVER) else "")


def explain(verdict: GuaranteeVerdict) -> str:
    """Returns what a guarantee says, in one sentence."""
    kind = _kind(verdict)
    if verdict.guarantee.endswith(OVER):
        return "The same of every group of rows that came together, and have been published alike in all versions since."
    return _GUARANTEES[kind][2] if kind in _GUARANTEES else verdict.detail


def promised(verdict: GuaranteeVerdict) -> str:
    """Returns the promise with its direction: '≥ 10', '≤ 2%', '= 14'."""
    kind = _kind(verdict)
    sign = _GUARANTEES[kind][1] if kind in _GUARANTEES else "="
    return f"{sign}\u2009{_amount(kind, verdict.promised)}"


def measured(verdict: GuaranteeVerdict) -> str:
    """Returns what was measured, in the unit of the promise."""
    return _amount(_kind(verdict), verdict.measured)


def _kind(verdict: GuaranteeVerdict) -> str:
    return verdict.guarantee.removesuffix(OVER).partition("(")[0]


def _amount(kind: str, value: float) -> str:
    return percent(value) if kind in {"suppression", "presence", "least presence"} else plain(value)


def moment(created: str) -> str:
    """Returns a moment of a record, ``2026-11-23T08:12:44+00:00``, as one reads it."""
    return created.replace("T", " ").replace("+00:00", " UTC")


def verdict_line(receipt: Receipt) -> str:
    """Returns the verdict on a release, and of when it is: a report measures nothing itself."""
    if receipt.verified:
        return (f"All {len(receipt.verdicts)} promises were re-measured on the written table, and held, on "
                f"{moment(receipt.created)} when it was published.")
    broken = [guarantee(verdict) for verdict in receipt.verdicts if not verdict.holds]
    if not broken:
        return "Nothing was promised that could be measured: this receipt proves nothing."
    return f"Not kept: {', '.join(broken)}. This table must not be used."
