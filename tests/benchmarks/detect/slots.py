"""Templates with slots that chance fills.

``‹1-400›`` is a whole number, ``‹x8›`` so many hexadecimal digits (``‹X8›`` in capitals), ``‹red|blue›`` one of these,
``‹.3*90›`` a number below 90 with three decimals, ``‹b45›`` so many bytes in base64, ``‹day›`` 2024-05-01, ``‹time›`` 23:59:59,
``‹ms›`` three digits, ``‹Mon›`` a month's short name; and ``‹noun›`` is one of a list of words.
"""

from __future__ import annotations

import base64
import functools
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.benchmarks.detect.corpus import Cells, hexadecimal

Maker = Callable[[random.Random], str]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FIXED: dict[str, Maker] = {
    "day": lambda rng: f"20{rng.randint(15, 25)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
    "time": lambda rng: f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}",
    "ms": lambda rng: f"{rng.randint(0, 999):03}",
    "Mon": lambda rng: rng.choice(_MONTHS),
}


def filled(name: str) -> Cells:
    """Returns endless cells of which each is one of the templates of a name in ``templates.yaml``, its slots filled."""
    made = [_parts(one, templates()["words"]) for one in templates()[name]]

    def cells(rng: random.Random) -> Iterator[str]:
        while True:
            yield "".join(part if isinstance(part, str) else part(rng) for part in rng.choice(made))
    return cells


@functools.cache
def templates() -> dict[str, Any]:
    """Returns what ``templates.yaml`` holds: a list of templates by name, and lists of words under ``words``."""
    loaded: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "templates.yaml").read_text(encoding="utf-8"))
    return loaded


def _parts(template: str, words: Mapping[str, Sequence[str]]) -> list[str | Maker]:
    pieces = re.split("‹([^›]+)›", template)
    return [_maker(piece, words) if place % 2 else piece for place, piece in enumerate(pieces)]


def _maker(slot: str, words: Mapping[str, Sequence[str]]) -> Maker:
    if slot in _FIXED:
        return _FIXED[slot]
    if slot in words or "|" in slot:
        choices = words.get(slot) or slot.split("|")
        return lambda rng: rng.choice(choices)
    if match := re.fullmatch(r"(-?\d+)-(\d+)", slot):
        low, high = int(match[1]), int(match[2])
        return lambda rng: str(rng.randint(low, high))
    if match := re.fullmatch(r"\.(\d)\*(\d+)", slot):
        decimals, most = int(match[1]), int(match[2])
        return lambda rng: f"{rng.random() * most:.{decimals}f}"
    kind, size = slot[0], int(slot[1:])
    makers: dict[str, Maker] = {"x": lambda rng: hexadecimal(rng, size), "X": lambda rng: hexadecimal(rng, size).upper(),
                                "b": lambda rng: base64.b64encode(rng.randbytes(size)).decode()}
    return makers[kind]
