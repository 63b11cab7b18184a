"""Telephone numbers with their context: what ``engine/detect/phones`` finds, and whether a word beside it says that it is one."""

from __future__ import annotations

import numpy as np

from engine.detect.block import Block, Claims
from engine.detect.config import ContextSettings
from engine.detect.first.phrases import Context
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
        """Returns the numbers of a block; a weak one only if a word before it, or in the column's name, says telephone.

        Args:
            block: Where to look.
            header: The column's name, as words.
        """
        claims = self._finder.find(block)
        claims = claims.where(np.argsort(claims.start, kind="stable"))
        mentions = self._context.mentions(block, claims.start)
        nothing = np.zeros(len(claims.start), np.int64)
        mentioned = np.zeros(len(claims.start), np.bool_)
        mentioned[self._context.spoken_of(block, mentions, claims.start, nothing, self._speaks).row] = True
        mentioned |= bool(self._context.of_header(header))
        boosted = np.minimum(1, np.maximum(claims.score + self._settings.boost, self._settings.floor))
        claims = claims._replace(score=np.where(mentioned, boosted, claims.score))
        return claims.where(mentioned | (claims.score >= STRONG))


def _with_context() -> EntityType:
    return Registry.default()[TYPE].model_copy(update={"when": "context", "context": tuple(CONTEXT)})
