"""Entities as people (and those who hide them) write them: how many are still found, of those found when written plainly."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from engine.detect.registry import Registry
from tests.benchmarks.detect import ours, peer
from tests.benchmarks.detect.entities import values
from tests.benchmarks.detect.figures import Figure, figure
from tests.benchmarks.detect.labelled import label_of
from tests.benchmarks.detect.spans import OVERLAP, Span, iou

RECALL = 0.98
TYPES = {
    "EMAIL_ADDRESS": "write to", "PHONE_NUMBER": "call", "CREDIT_CARD": "paid with card", "US_SSN": "her SSN is",
    "IBAN_CODE": "transfer to", "IP_ADDRESS": "logged in from", "URL": "see", "DATE_TIME": "came on",
    "UK_NINO": "national insurance number",
}
"""Types that are perturbed, and what stands before them."""

_EACH = 70
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_ALIKE = {"a": "а", "c": "с", "e": "е", "o": "оο", "p": "р", "x": "х", "y": "у", "i": "і", "s": "ѕ", "A": "АΑ", "B": "ВΒ",
          "C": "С", "E": "ЕΕ", "H": "НΗ", "K": "КΚ", "M": "МΜ", "N": "Ν", "O": "ОΟ", "P": "РΡ", "T": "ТΤ", "X": "ХΧ", "Z": "Ζ"}
_SPACES = ("  ", "\u00a0", "\u2009", "\u202f", " \u00a0")
Perturb = Callable[[str, random.Random], str]


def full_width(text: str, rng: random.Random) -> str:
    """Writes all signs, or only the digits, in the forms of East Asian typography (Unicode block FF00)."""
    least, most = rng.choice(((0x21, 0x7E), (0x30, 0x39)))
    return "".join(chr(ord(sign) + 0xFEE0) if least <= ord(sign) <= most else sign for sign in text)


def zero_width(text: str, rng: random.Random) -> str:
    """Puts one to three invisible characters inside."""
    signs = list(text)
    for place in rng.sample(range(1, len(text)), min(rng.randint(1, 3), len(text) - 1)):
        signs[place] = rng.choice(_INVISIBLE) + signs[place]
    return "".join(signs)


def homoglyphs(text: str, rng: random.Random) -> str:
    """Writes one to three letters in Cyrillic or Greek; where there is none, digits of another script or style."""
    places = [place for place, sign in enumerate(text) if sign in _ALIKE]
    signs = list(text)
    for place in rng.sample(places, min(rng.randint(1, 3), len(places))):
        signs[place] = rng.choice(_ALIKE[signs[place]])
    if not places:
        zero = rng.choice(("\u0660", "\u06f0", "\u0966", "\U0001d7ce", "\U0001d7f6"))
        signs = [chr(ord(zero) + int(sign)) if sign.isdigit() else sign for sign in signs]
    return "".join(signs)


def spacing(text: str, rng: random.Random) -> str:
    """Widens the spaces, or spaces one separator; an address is spelled out or opened at its at sign."""
    if "@" in text:
        name, _, host = text.partition("@")
        spelled = f"{name} at {host.replace('.', ' dot ')}"
        return rng.choice((f"{name} @ {host}", spelled, f"{name} (at) {host}", f"{name}@ {host}"))
    if " " in text:
        return re.sub(" ", lambda _: rng.choice(_SPACES), text)
    places = [match.start() for match in re.finditer(r"(?<=\w)[-./](?=\w)", text)]
    if ":" in text or not places:  # nobody spaces a web address, an IPv6 address or a number without groups
        return text
    place = rng.choice(places)
    return f"{text[:place]} {text[place]} {text[place + 1:]}"


def line_breaks(text: str, rng: random.Random) -> str:
    """Breaks the line where a line would break: after a separator, or between groups."""
    places = [match.end() for match in re.finditer(r"(?<=[\w)])[-./:@ ](?=[\w(])", text)] or [len(text) // 2]
    place = rng.choice(places)
    return text[:place].rstrip(" ") + rng.choice(("\n", "\r\n", "\n  ")) + text[place:]


KINDS: tuple[Perturb, ...] = (full_width, zero_width, homoglyphs, spacing, line_breaks)


def measure(seed: int) -> list[Figure]:
    """Returns the share that is found of what is found when written plainly: of all, by kind and by type."""
    rng = random.Random(seed)  # noqa: S311 - invented values
    cases = list(_cases(rng, seed))
    plain, changed = ([(case[1], case[which], case[0]) for case in cases] for which in (2, 3))
    found = _hits(plain, ours.found)
    share, by = _shares(cases, found, _hits(changed, ours.found))
    other, _ = _shares(cases, _hits(plain, peer.found), _hits(changed, peer.found))
    note = f"{len(cases):,} perturbed entities of {len(TYPES)} types, {sum(found):,} found plainly; seed {seed}"
    return [figure("perturbed entities found, of those found plainly", share, bar=RECALL, peer=other, note=note),
            *(figure(f"perturbed: {name}", value, note=worst) for name, value, worst in by)]


def _cases(rng: random.Random, seed: int) -> Iterator[tuple[str, str, str, str, str]]:
    """Yields type, what stands before, the entity, the same perturbed, and the kind of change."""
    registry = Registry.default()
    for name, before in TYPES.items():
        several = values(registry[name], _EACH, seed)
        for perturb in KINDS:
            for value in several:
                changed = perturb(value, rng)
                if changed != value:
                    yield name, before, value, changed, perturb.__name__.replace("_", " ")


def _hits(cases: Sequence[tuple[str, str, str]], find: Callable[[Sequence[str]], Iterable[list[Span]]]) -> list[bool]:
    """Whether each entity, between some words, is found with its type by at least three quarters."""
    texts = [f"They {before} {value} and left." for before, value, _ in cases]
    return [any(_same(claim.kind, kind) and iou(claim, Span(len(before) + 6, len(before) + 6 + len(value), kind)) >= OVERLAP
                for claim in claimed) for (before, value, kind), claimed in zip(cases, find(texts), strict=True)]


def _same(claimed: str, kind: str) -> bool:
    return claimed == kind or label_of("synth", claimed) == label_of("synth", kind) != "other"


def _shares(cases: Sequence[tuple[str, ...]], plain: Sequence[bool],
            changed: Sequence[bool]) -> tuple[float, list[tuple[str, float, str]]]:
    """Returns the share of all, and the share by kind and by type with where it is lowest."""
    of, found = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for (name, *_, kind), was, still in zip(cases, plain, changed, strict=True):
        of[kind, name] += was
        found[kind, name] += was and still
    lines = []
    for place in (0, 1):
        for one in dict.fromkeys(key[place] for key in of):
            keys = [key for key in of if key[place] == one and of[key]]
            worst = sorted(keys, key=lambda key: found[key] / of[key])[:3]
            share = sum(found[key] for key in keys) / max(1, sum(of[key] for key in keys))
            lines.append((one, share, ", ".join(f"{key[1 - place]} {found[key] / of[key]:.2f}" for key in worst)))
    return found.total() / max(1, of.total()), lines
