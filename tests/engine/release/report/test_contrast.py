"""Text against its ground: at least 4.5 to 1 in both schemes (WCAG 2.2, success criterion 1.4.3, level AA)."""

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[4] / "engine/release/report/page.css").read_text(encoding="utf-8")
BLOCKS = re.findall(r":root \{(.*?)\n *\}", CSS, re.DOTALL)[:2]
LIGHT, DARK = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", block)) for block in BLOCKS)
PAIRS = [
    *((ink, ground) for ink in ("ink", "muted", "accent", "good", "bad", "warn") for ground in ("paper", "card")),
    *((tone, f"{tone}-soft") for tone in ("bad", "warn", "violet", "blue")),
    ("ink", "good-soft"), ("ink", "bad-soft"), ("muted", "grey-soft"),
]


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    channels = [int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("ink", "ground"), PAIRS)
@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_is_readable(scheme, ink, ground):
    one, other = sorted((luminance(scheme[ink]), luminance(scheme[ground])), reverse=True)
    assert (one + 0.05) / (other + 0.05) >= 4.5


def mixed(colour, ground, share):
    parts = [[int(c[i:i + 2], 16) for i in (1, 3, 5)] for c in (colour, ground)]
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in zip(*parts, strict=True))


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_figures_in_the_strongest_cell_of_the_heat_map_are_readable(scheme):
    cell = luminance(mixed(scheme["accent"], scheme["paper"], 0.48))
    one, other = sorted((luminance(scheme["ink"]), cell), reverse=True)
    assert (one + 0.05) / (other + 0.05) >= 4.5
