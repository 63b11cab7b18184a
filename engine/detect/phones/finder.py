"""The recognizer of telephone numbers."""

from __future__ import annotations

import numpy as np

from engine.detect.block import Block, Claims
from engine.detect.phones.layout import LEAST, judged
from engine.detect.phones.matcher import searched
from engine.detect.phones.stretches import PAD, groups, stretches

REGIONS = ("US", "GB", "DE", "FR", "IL", "IN", "CA", "BR")


class PhoneFinder:
    def __init__(self, regions: tuple[str, ...] = REGIONS) -> None:
        self.judge = judged(regions)

    def find(self, block: Block) -> Claims:
        found = groups(block, LEAST)
        if found is None:
            return Claims.none()
        numbers = searched(found, stretches(found, LEAST), self.judge, LEAST)
        kind = np.zeros(len(numbers.begin), np.int64)
        return Claims(numbers.begin - PAD, numbers.end - PAD, kind, numbers.score, kind)
