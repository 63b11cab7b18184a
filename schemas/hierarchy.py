"""What ``lakeveil hierarchy`` says of a hierarchy: counts, and labels where the hierarchy itself lists them."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.base import Record


class NamedLabel(Record):
    """A label that the hierarchy lists, and how many values stand below it."""

    label: str
    values: int


class HierarchyLevel(Record):
    """One level: 0 is the values, the last one ``'*'``.

    Attributes:
        level: Its number.
        labels: How many there are.
        fewest: Values below the label that has fewest.
        most: Values below the label that has most.
        single: Labels with one value below them.
        named: The labels, if they were asked for.
    """

    level: int
    labels: int
    fewest: int
    most: int
    single: int
    named: tuple[NamedLabel, ...] | None = None


class HierarchyRemark(Record):
    """Something to know of a hierarchy.

    Attributes:
        what: In words.
        count: How many values, labels or rows it is about; None where it is about all of a level, or of the file.
        lines: Of the hierarchy's file, where it is seen; a few of them.
        level: At which level; None where it is about the whole.
        refused: Whether a plan refuses the hierarchy for it.
    """

    what: str
    count: int | None = None
    lines: tuple[int, ...] = ()
    level: int | None = None
    refused: bool = False


class HierarchyReport(Record):
    """A hierarchy in figures.

    Attributes:
        hierarchy: The file, or the policy and its column.
        kind: How it is written: ``table``, ``dates``, ….
        values: Values that it is about: those listed, or, of a rule, those of the column.
        levels: From the values to ``'*'``; empty where it is no tree.
        remarks: What is wrong with it, and what is odd.
        written: The file that was written.
    """

    hierarchy: str
    kind: str
    values: int
    levels: tuple[HierarchyLevel, ...]
    remarks: tuple[HierarchyRemark, ...] = ()
    written: str | None = None

    @property
    def refused(self) -> bool:
        """Whether a plan refuses it."""
        return any(remark.refused for remark in self.remarks)


def in_words(lines: Sequence[int]) -> str:
    """Returns ``line 3``, or ``lines 3, 17``."""
    return f"line{'s' * (len(lines) > 1)} {', '.join(map(str, lines))}"
