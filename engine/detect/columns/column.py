"""A column as it is classified: what was counted of it, in the terms in which evidence speaks."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from engine.detect.columns.headers import Hint, hints
from engine.detect.columns.looks import LOOKS
from engine.detect.columns.roles import Reading
from engine.detect.columns.vocabulary import FILLER, Vocabulary
from engine.detect.scanner import UNSCANNABLE
from engine.detect.tables.tally import ColumnTally
from schemas.policy import Role

Weights = Mapping[Reading | Role, float]
"""Weights, in log-odds, for readings or for all readings of a role."""

THING: Reading = ("insensitive", "other")
TEXT: Reading = ("text", "free text")
NAMED: Reading = ("direct", "identity")
DAY: Reading = ("quasi", "date")

MOST, SOME = 0.5, 0.2
"""Shares of cells: from here on a column is of a kind; from here on it has enough of a kind for its name to be believed."""

LONG_TEXT, SHORT_TEXT = 60, 25
NAME_SETS = ("given", "family")

_LEAST, _FEW, _FEW_OF = 10, 5, 0.02
_UNIQUE, _ENOUGH = 0.9, 30
_CODED = ("code", "digits", "uuid", "hex", "grouped")
_NUMBERS = ("int", "uint", "float", "double", "halffloat", "decimal")


@dataclass(frozen=True)
class Evidence:
    """One thing that was seen.

    Attributes:
        source: Where: name, type, findings, words, forms, looks, spread, text, tag, table.
        says: What, in words without data.
        weights: For which readings, or for all of which role, it speaks, and, where negative, against which. Log-odds.
    """

    source: str
    says: str
    weights: Weights

    def weight(self, reading: Reading) -> float:
        """Returns how much it speaks for a reading."""
        return self.weights.get(reading, 0.0) + self.weights.get(reading[0], 0.0)


@dataclass(frozen=True)
class Column:
    """A column, as it is classified."""

    tally: ColumnTally

    @property
    def few(self) -> bool:
        """Whether its values repeat as those of a code list do. Of some types they are not counted."""
        tally = self.tally
        return tally.filled >= _ENOUGH and 0 < tally.distinct <= max(_FEW, _FEW_OF * tally.filled)

    @property
    def unique(self) -> bool:
        """Whether nearly every cell is different."""
        return self.tally.filled >= _LEAST and self.tally.distinct >= _UNIQUE * self.tally.filled

    @property
    def coded(self) -> bool:
        """Whether most of its cells look like codes or numbers of things and people."""
        return sum(self.looks[look] for look in _CODED) >= MOST

    @property
    def numeric(self) -> bool:
        """Whether its cells are numbers, whatever they mean."""
        return self.looks["number"] + self.looks["digits"] >= MOST

    @property
    def mean_length(self) -> float:
        """Characters of a text."""
        return self.tally.length / max(1, self.tally.filled)

    def of_cells(self, cells: int) -> float:
        """Returns a number of cells as a share of those that are not null."""
        return cells / max(1, self.tally.filled)

    @functools.cached_property
    def looks(self) -> dict[str, float]:
        """What share of the cells looks how (``engine/detect/columns/looks.py``); of types that are no text, by the type.

        Beside the looks of texts: wordy (four words or more), whole and real numbers, small ones (an age, a day of a month),
        flag (yes or no), binary.
        """
        kind, tally = self.tally.type, self.tally
        looks = {name: tally.share(f"look:{name}") for name in LOOKS}
        looks |= {"wordy": tally.share("wordy"), "small": tally.share("range:age"), "flag": tally.share("set:flag"),
                  "whole": 0.0, "real": 0.0, "binary": self.of_cells(tally.unread)}
        looks["date"] = max(looks["date"], *(tally.share(f"range:{name}") for name in ("day", "moment", "year")))
        if kind.startswith(("date", "timestamp")):
            looks["date"] = 1.0
        elif kind.startswith("bool"):
            looks["flag"] = 1.0
        elif kind.startswith(_NUMBERS):
            looks["number"], looks["whole"] = 1.0, tally.share("range:whole")
            looks["real"] = 1.0 - looks["whole"]
            looks["flag"] = float(tally.distinct <= 2)  # noqa: PLR2004 - yes and no
        return looks

    @functools.cached_property
    def covered(self) -> float:
        """Share of cells that are one thing from end to end: an entity, a street, the description of a browser."""
        found = (self.of_cells(entity.whole) for name, entity in self.tally.entities.items() if name != UNSCANNABLE)
        opened = (self.tally.share(f"opening:{one.name}") for one in Vocabulary.default().openings)
        street = self.tally.share("pattern:street") if self.mean_length < LONG_TEXT else 0.0
        return min(1.0, max((*found, *opened, street)))

    def fits(self, one: Hint) -> bool:
        """Whether its values look as a hint in its name lets expect."""
        if not one.looks or not self.tally.filled:
            return True
        if self.looks["wordy"] >= MOST and "wordy" not in one.looks:
            return False
        return sum(self.looks[look] for look in one.looks) >= SOME

    @functools.cached_property
    def hint(self) -> Hint | None:
        """What its name suggests and its values bear out."""
        return next((one for one in hints(self.tally.path) if self.fits(one)), None)

    @functools.cached_property
    def doubted(self) -> Hint | None:
        """What its name suggests first, where its values do not bear that out."""
        first = next(iter(hints(self.tally.path)), None)
        return first if first is not None and not self.fits(first) else None

    def words(self, word_set: str) -> float:
        """Returns the share of cells in a set of words, fillers aside."""
        rest = self.tally.measures["measured"] - self.tally.measures[f"set:{FILLER}"]
        return min(1.0, self.tally.measures[f"set:{word_set}"] / rest) if rest > 0 else 0.0

    def words_but(self, *word_sets: str) -> float:
        """Returns the largest share of cells in any other set of words."""
        return max(self.words(one.name) for one in Vocabulary.default().sets if one.name not in (FILLER, *word_sets))
