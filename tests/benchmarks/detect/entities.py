"""Valid values of the registry's entity types: a type's invented example, with other digits and letters that pass its check."""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Sequence
from itertools import islice

import numpy as np

from engine.detect.checks import compiled, matrix
from engine.detect.first.pictures import compact
from engine.detect.registry import EntityType
from tests.benchmarks.detect.slots import filled, templates

_DIGITS, _LOWER, _UPPER = "0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TRIES = 150


@functools.lru_cache(maxsize=2048)
def values(one: EntityType, wanted: int, seed: int = 0) -> tuple[str, ...]:
    """Returns up to ``wanted`` distinct valid values of a type; fewer, at least its example, where chance finds no more.

    They come from the type's templates in ``templates.yaml``, or are its example with other digits, and with other digits and
    letters. All have the type's form and pass its check. Types whose check no random text passes (a CRC over a token, say) have
    one value.
    """
    rng = random.Random(f"{one.type}/{seed}")  # noqa: S311 - invented values
    found: dict[str, None] = {}
    made = filled(one.type)(rng) if one.type in templates() else None
    for attempt in range(60 + wanted // 20):
        kinds = (_DIGITS, _LOWER, _UPPER)[:3 if attempt % 2 else 1]
        tried = list(islice(made, _TRIES)) if made else _changed(one.example, rng.getrandbits(64), kinds)
        found |= dict.fromkeys(valid(one, list(dict.fromkeys(tried))))
        if len(found) >= wanted:
            break
    return tuple(found)[:wanted] or (one.example,)


def valid(one: EntityType, texts: Sequence[str]) -> list[str]:
    """Returns those of some texts that have a type's form and pass its check."""
    form = re.compile(one.regex(), re.IGNORECASE if one.ignore_case else 0)
    formed = [text for text in texts if form.fullmatch(text)]
    if not formed or one.check is None:
        return formed
    passed = compiled(one.check)(*matrix([text if one.pattern else compact(text) for text in formed]))
    return [formed[place] for place in np.flatnonzero(passed)]


def _changed(example: str, seed: int, kinds: Sequence[str]) -> list[str]:
    """Returns copies of an example in which few, half or all signs of some kinds are others of their kind."""
    rng = np.random.default_rng(seed)
    width = len(example)
    codes = np.tile(np.frombuffer(example.encode("utf-32-le"), np.uint32), (_TRIES, 1))
    share = rng.choice((0.15, 0.4, 1.0), (_TRIES, 1))
    for signs in kinds:
        first, last = ord(signs[0]), ord(signs[-1])
        changed = (codes >= first) & (codes <= last) & (rng.random(codes.shape) < share)
        codes = np.where(changed, rng.integers(first, last + 1, codes.shape, np.uint32), codes)
    texts: list[str] = np.ascontiguousarray(codes).view(f"<U{width}").ravel().tolist()
    return texts
