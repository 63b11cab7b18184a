"""Telephone numbers with their context: what ``engine/detect/phones`` finds, and whether a word beside it says that it is one."""

from __future__ import annotations

import numpy as np

from engine.detect.block import Block, Claims
from engine.detect.config import ContextSettings
from engine.detect.first.forms import Candidates
from engine.detect.first.phrases import Context
from engine.detect.first.verify import BEFORE
from engine.detect.phones import CONTEXT, STRONG, PhoneFinder
from engine.detect.registry import EntityType, Registry

TYPE = "PHONE_NUMBER"
SOURCE = "numbering plans"


class PhoneTier:
    """Numbers of all countries, ready to be looked for. Make one a process."""

    def __init__(self, settings: ContextSettings) -> None:
        """Prepares the automata of numbering plans; a country's, when a number of it first turns up."""
        self._finder = PhoneFinder()
        self._context = Context([_with_context()], settings.words)
        self._speaks = self._context.speaks_of_forms([(0,)])
        self._settings = settings

    def find(self, block: Block, header: str = "") -> Claims:
        """Returns the numbers of a block; a weak one only if a word beside it, or in the column's name, says telephone.

        Args:
            block: Where to look.
            header: The column's name, as words.
        """
        claims = self._finder.find(block)
        claims = claims.where(np.argsort(claims.start, kind="stable"))
        mentions = self._context.mentions(block, np.sort(np.concatenate((claims.start, claims.end)), kind="stable"))
        found = Candidates(np.zeros(len(claims.start), np.int64), claims.start, claims.end)
        pairs = self._context.spoken_of(block, mentions, found, self._speaks)
        heard = np.full(len(claims.start), self._context.of_header(header).max())
        np.maximum.at(heard, pairs.row, pairs.heard)
        boost = self._settings.boost * np.where(heard >= BEFORE, 1, 0.5)
        boosted = np.minimum(1, np.maximum(claims.score + boost, self._settings.floor))
        claims = claims._replace(score=np.where(heard > 0, boosted, claims.score))
        return claims.where((heard > 0) | (claims.score >= STRONG))


def _with_context() -> EntityType:
    """Returns the type with the words of all types that are reported under its name, and those of all languages."""
    registry = Registry.default()
    words = dict.fromkeys((*CONTEXT, *(word for one in registry.types if one.reported == TYPE for word in one.context)))
    return registry[TYPE].model_copy(update={"when": "context", "context": tuple(words)})
