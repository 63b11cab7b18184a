"""Telephone numbers: what libphonenumber knows of the world's numbering plans, over a whole block at once.

``PhoneFinder`` finds numbers in a block, ``valid`` says which candidates are valid numbers of a region, and ``search`` stands for
Presidio's recognizer where texts come one by one.
"""

from engine.detect.phones.finder import CONTEXT, REGIONS, PhoneFinder
from engine.detect.phones.likely import CERTAIN, STRONG, WEAK
from engine.detect.phones.pieces import search
from engine.detect.phones.validity import valid

__all__ = ["CERTAIN", "CONTEXT", "REGIONS", "STRONG", "WEAK", "PhoneFinder", "search", "valid"]
