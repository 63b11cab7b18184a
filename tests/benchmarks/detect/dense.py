"""Dense text: notes with a valid identifier in every 50 to 100 bytes, of every type of the registry, with their places."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.detect.first.pictures import expression
from engine.detect.registry import EntityType, Registry
from tests.benchmarks.detect.entities import values
from tests.benchmarks.detect.prose import corpora

COMMON = ("EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "US_SSN", "DATE_TIME", "IP_ADDRESS", "URL", "IBAN_CODE",
          "STREET_ADDRESS", "MEDICAL_RECORD_NUMBER", "DATE_OF_BIRTH", "AGE")
"""Half of all entities are of these types; the others share the rest alike."""

_OF_OTHERS, _NINTH = 40, 9
_LINKS = ("{words} {value}", "{words}: {value}", "{words} is {value}", "the {words} {value}", "{words} no. {value}",
          "{words} ({value})")
_ALONE = ("{value}", "see {value}", "of {value}", "noted {value}")


@dataclass(frozen=True)
class Planted:
    """An entity in a text: characters from ``start`` to ``end``, and what it is."""

    start: int
    end: int
    entity_type: str


@dataclass(frozen=True)
class Note:
    """A text and what stands in it."""

    text: str
    planted: tuple[Planted, ...]


class Dense:
    """Writes notes. One instance holds the values that it draws from."""

    def __init__(self, registry: Registry | None = None, *, each: int = 4000) -> None:
        """Draws the values: ``each`` of a common type, ``_OF_OTHERS`` of the rest."""
        everything = {one.type: one for one in (registry or Registry.default()).types if one.when != "column"}
        self._common = [everything[name] for name in COMMON if name in everything]
        drawn = {one.type: values(one, _OF_OTHERS) for one in everything.values() if one.type not in COMMON}
        self._others = [everything[name] for name, several in drawn.items() if len(several) == _OF_OTHERS]
        self._values = drawn | {one.type: values(one, each) for one in self._common}

    @classmethod
    def usual(cls) -> Dense:
        """Returns one whose notes hold the common types and a ninth of the others: more than a text will ever mix."""
        types = Registry.default().types
        return cls(Registry(types=tuple(one for place, one in enumerate(types) if one.type in COMMON or place % _NINTH == 0)))

    @property
    def types(self) -> frozenset[str]:
        """Names of the types that it writes, as findings report them."""
        return frozenset(one.reported for one in (*self._common, *self._others))

    def notes(self, size: int, part: int = 0) -> list[Note]:
        """Returns different notes of about ``size`` bytes in all; the same for the same size and part."""
        rng = random.Random(f"dense/{part}")  # noqa: S311 - invented text
        words = _words(rng)
        found: dict[str, Note] = {}
        length = 0
        while length < size:
            note = self._note(rng, words)
            found[note.text] = note
            length += len(note.text.encode())
        return list(found.values())

    def _note(self, rng: random.Random, words: Iterator[str]) -> Note:
        text, planted = "", []
        for _ in range(rng.randint(2, 8)):
            one = rng.choice(self._common if rng.random() < 0.5 else self._others)
            value = rng.choice(self._values[one.type])
            before, after = _link(one, value, rng).split("{value}")
            text += f"{_filler(words, rng.randint(15, 45))} {before}"
            planted.append(Planted(len(text) + _label(one, value), len(text) + len(value), one.reported))
            text += f"{value}{after}{rng.choice((',', '.', ';', ' and'))} "
        return Note(text + _filler(words, rng.randint(5, 30)), tuple(planted))


def _label(one: EntityType, value: str) -> int:
    """Returns how many characters of a value are only its label, which is no part of the entity."""
    found = re.match(one.label, value, re.IGNORECASE if one.ignore_case else 0) if one.label else None
    return found.end() if found else 0


def _link(one: EntityType, value: str, rng: random.Random) -> str:
    alone = one.when == "always" and (not one.formats_in_context or _has(one.formats, value))
    likely = not alone or rng.random() < 0.3
    if not likely or not one.context:
        return rng.choice(_ALONE)
    return rng.choice(_LINKS).replace("{words}", rng.choice(one.context[:4]))


def _has(formats: Sequence[str], value: str) -> bool:
    return any(re.fullmatch(expression(one), value) for one in formats)


def _words(rng: random.Random) -> Iterator[str]:
    """Words of clean prose, without digits, so that nothing but what is planted is found."""
    corpus = corpora()[-1]
    for cell in corpus.cells(rng):
        yield from (word for word in cell.split() if word.isalpha())


def _filler(words: Iterator[str], size: int) -> str:
    text = next(words)
    while len(text) < size:
        text += " " + next(words)
    return text


def texts(notes: Sequence[Note]) -> list[str]:
    """Returns the texts of notes."""
    return [note.text for note in notes]
