"""A small hospital lake with planted personal data, and the score of what was found and what is gone.

Nobody in it exists: names are drawn from public frequency lists, phone numbers from the block that is kept
for fiction, places are invented.
"""

from engine.demo.lake import generate
from engine.demo.truth import Planted

__all__ = ["Planted", "generate"]
