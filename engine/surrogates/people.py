"""Invented names for people: each part of a name becomes another of its kind, the rest stays as it is written.

A given name maps by itself and so does a family name, so that *Jane Roe*, *Ms. Roe*, *ROE, JANE* and *jane.roe@…* name one
invented person. Given names keep their gender where their locale's lists know it; both keep the locale whose lists know them.
A name's first letter maps by itself too, so that *J. Roe* and *Jane Roe* stay one person: that tells whether two names began
alike, which is less than their equality tells, and is the price of initials that fit.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from engine.surrogates.formats import keep_format
from engine.surrogates.keyed import Keyed, differing, fold
from engine.surrogates.lexica import Names, home, names, of_script, roles, script, spelled

Role = Literal["given", "family"]
"""Which part of a name a word is."""

TITLES = frozenset("""
    mr mrs ms mx miss dr prof professor doctor sir madam rev hon capt sgt nurse sister herr frau fraulein dott dra don dona
    sr sra srta senor senora mme mlle monsieur madame m/s jr ii iii iv md do rn np pa phd dds lpn frcs frcp lcsw pharmd mba
    esq
""".split())  # noqa: SIM905 - reads as words
PARTICLES = frozenset("""
    de del della di da das do dos du des der den dem la le les lo los las el al van von vom zu zum zur ter ten te bin bint
    ibn ben abu af av y e i und and et geb geborene geborener nee nata rozena
""".split())  # noqa: SIM905 - reads as words
LETTERS = "ABCDEGHJKLMNPRST"
"""Letters with which enough English names of every kind begin. An initial becomes one of them."""

ACADEMIC = frozenset("med dent vet rer nat phil jur iur ing habil oec pol h c mult".split())  # noqa: SIM905 - reads as words
"""What stands after *Dr.* and before a full stop, and is no name there."""
HONORIFICS = frozenset("mr mrs ms mx dr prof hon capt sgt herr frau phd".split())  # noqa: SIM905 - reads as words
"""Titles that are nothing else, wherever they stand."""
_NAMES_TOO = frozenset({"do", "don", "dona"})
"""Titles that are names as often: those only before a full stop, and *DO* at the end."""
_DEGREE = re.compile(r"(?:(?<=\s)|(?<=,))(?:Ph\.\s?D|M\.\s?D|D\.\s?D\.\s?S|R\.\s?N|[BM]\.\s?(?:A|Sc|Eng)|LL\.\s?[BMD])\.?\s*\Z")
_NEXT = re.compile(r"(\s*;\s*|\s+(?:and|und|et|&)\s+)")
"""What stands between two people."""

_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u0900-\u0e7f]|['’ʼ](?=[^\W\d_]{2}))*")
_APOSTROPHES = ("'", "’", "ʼ")
_FEWEST = 3  # names with one initial that are enough to choose from
_INITIALS = 3  # letters that can be initials written together
_SYLLABIC = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA")
_HEADS = (2, 1, 3)  # signs of a family name before a given name that is not set apart


@dataclass
class _Part:
    """One word of a name: where it stands, and what it is once that is known."""

    start: int
    end: int
    text: str
    role: Role | Literal["title", "particle", "initial"] | None = None
    joined: bool = False


def person(text: str, keyed: Keyed, locale: str, role: Role | None = None) -> str | None:
    """Returns an invented name in place of a person's, written as that is: titles, order, case, punctuation stay.

    Args:
        text: A name, or part of one.
        keyed: Where draws come from.
        locale: Whose names the text mostly holds.
        role: What a name of one word is, where that is known.

    Returns:
        None where there is no word to replace.
    """
    people = _people(text)
    if len(people) > 1:
        made = [one if place % 2 else _person(one, keyed, locale, None) or one for place, one in enumerate(people)]
        return "".join(made)
    return _person(text, keyed, locale, role)


def _people(text: str) -> list[str]:
    """Cuts a text between people: what is cut off, and what stood between, by turns. *Mr. and Mrs. Roe* are not cut."""
    people = _NEXT.split(text)
    bare = [not all(fold(part.text) in TITLES for part in _parts(one)) for one in people[::2]]
    return people if all(bare) else [text]


def _person(text: str, keyed: Keyed, locale: str, role: Role | None) -> str | None:
    parts = _parts(text)
    if not parts:
        return None
    _give_roles(text, parts, locale, role)
    pieces, written = [], 0
    for part in parts:
        pieces += [_between(text[written:part.start], keyed), _replaced(part, keyed, locale)]
        written = part.end
    return "".join([*pieces, _between(text[written:], keyed)])


def given_name(word: str, keyed: Keyed, locale: str) -> str | None:
    """Returns an invented given name of the same gender and locale, where those are known; None for a script without names."""
    folded = spelled(word, "given")
    where = home(folded, "given", locale)
    if where is None:
        return None
    kinds = [kind for kind in ("female", "male") if folded in _folded(where, kind)]
    return _drawn(folded, where, kinds[0] if len(kinds) == 1 else "given", keyed, "given")


def family_name(word: str, keyed: Keyed, locale: str) -> str | None:
    """Returns an invented family name, of the same grammatical gender where there is one; None for a script without names."""
    folded = spelled(word, "family")
    where = home(folded, "family", locale)
    if where is None:
        return None
    kind = next((kind for kind in ("family_female", "family_male") if folded in _folded(where, kind)), "family")
    return _drawn(folded, where, kind, keyed, "family")


def initial(letter: str, keyed: Keyed) -> str:
    """Returns the letter that names with this one begin with."""
    base = fold(letter)[:1].upper()
    if script(letter) != "LATIN":
        return keep_format(letter, keyed) or letter
    drawn = differing(base, lambda attempt: keyed.choice(LETTERS, "initial", base, attempt)) or LETTERS[0]
    return drawn.lower() if letter.islower() else drawn


def guessed_role(word: str, locale: str, *, titled: bool = False) -> Role:
    """Returns what a name that stands alone most likely is: what the lists know it as, else a family name."""
    known = roles(word, locale)
    return "given" if known == {"given"} or (known and not titled and "given" in known) else "family"


def _parts(text: str) -> list[_Part]:
    return [_Part(*match.span(), match[0]) for match in _WORD.finditer(text)
            if not (match[0] in "sS" and text[:match.start()].endswith(_APOSTROPHES))]


def _between(text: str, keyed: Keyed) -> str:
    """What stands between words stays, but for digits; so does the s of a genitive."""
    return text if not any(map(str.isdecimal, text)) else keep_format(text, keyed) or ""


def _give_roles(text: str, parts: list[_Part], locale: str, role: Role | None) -> None:
    degree = _DEGREE.search(text)
    mixed = not text.islower()
    for number, part in enumerate(parts):
        folded, last = fold(part.text), number == len(parts) - 1
        if _is_title(text, parts, number) or (degree and part.start >= degree.start() and number > 1):
            part.role = "title"
        elif _initials(part.text):
            part.role = "initial"
        elif folded in PARTICLES and not last and (number > 0 or (mixed and part.text.islower())):
            part.role = "particle"
        part.joined = number > 0 and text[parts[number - 1].end:part.start] == "-"
    if all(part.role in ("title", "particle") for part in parts):
        parts[-1].role = None
    _give_names(text, parts, locale, role)


def _is_title(text: str, parts: list[_Part], number: int) -> bool:
    """Whether a word is a title where it stands, beside a name."""
    part, folded = parts[number], fold(parts[number].text)
    if len(parts) == 1:
        return False
    last, dotted = number == len(parts) - 1, text.startswith(".", part.end)
    if folded in _NAMES_TOO:
        return dotted or (last and part.text == "DO")
    if folded in ACADEMIC and dotted and number > 0 and parts[number - 1].role == "title":
        return True
    honorific = number > 0 and folded in HONORIFICS and parts[number - 1].role != "particle"
    return folded in TITLES and (number == 0 or last or dotted or honorific)


def _initials(word: str) -> bool:
    """Whether it is one letter, or capitals without a vowel, of a script that has initials."""
    if len(word) == 1:
        return script(word) not in _SYLLABIC
    short = len(word) <= _INITIALS and word.isascii() and word.isupper() and fold(word) not in HONORIFICS
    return short and not re.search("[AEIOUY]", word)


def _give_names(text: str, parts: list[_Part], locale: str, role: Role | None) -> None:
    """Tells given from family names: by a comma, by the lists, by their order."""
    units = list(_units(parts))
    if len(units) < 2:  # noqa: PLR2004 - one name
        alone = role or _alone(text, parts, units, locale)
        _mark(units, [alone] * len(units))
        return
    comma = next((number for number, unit in enumerate(units[:-1]) if "," in text[unit[-1].end:units[number + 1][0].start]), None)
    if comma is not None:
        _mark(units, ["family" if number <= comma else "given" for number in range(len(units))])
        return
    known = [frozenset().union(*(roles(part.text, locale) for part in unit)) for unit in units]
    middle: list[Role] = ["family" if some == {"family"} else "given" for some in known[1:-1]]
    turned = known[0] == {"family"} and known[-1] == {"given"}
    _mark(units, ["family", *middle, "given"] if turned else ["given", *middle, "family"])


def _alone(text: str, parts: list[_Part], units: list[list[_Part]], locale: str) -> Role:
    """The role of the only name, by the initials and titles beside it: *J. Roe*, *Roe, J.*, *Jane R.*, *Ms. Roe*."""
    if not units:
        return "family"
    first, last = units[0][0], units[0][-1]
    before = {part.role for part in parts if part.start < first.start}
    after = {part.role for part in parts if part.start > last.start}
    if "initial" in before or "initial" in after:
        return "given" if "initial" not in before and "," not in text[last.end:last.end + 2] else "family"
    return guessed_role(first.text, locale, titled="title" in before)


def _units(parts: list[_Part]) -> Iterator[list[_Part]]:
    """Words that hyphens join count as one name."""
    unit: list[_Part] = []
    for part in parts:
        if part.role is not None:
            continue
        if unit and not part.joined:
            yield unit
            unit = []
        unit.append(part)
    if unit:
        yield unit


def _mark(units: list[list[_Part]], roles: list[Role]) -> None:
    for unit, role in zip(units, roles, strict=True):
        for part in unit:
            part.role = role


def _replaced(part: _Part, keyed: Keyed, locale: str) -> str:
    if part.role in ("title", "particle"):
        return part.text
    if part.role == "initial":
        return "".join(initial(letter, keyed) for letter in part.text)
    if script(part.text) in _SYLLABIC:
        made = _unspaced(part.text, keyed, locale)
    else:
        made = given_name(part.text, keyed, locale) if part.role == "given" else family_name(part.text, keyed, locale)
    return _in_case(made, part.text) if made else keep_format(part.text, keyed) or ""


def _unspaced(word: str, keyed: Keyed, locale: str) -> str | None:
    """East Asian names, family name first, without a space between."""
    where = of_script(word, locale)
    for place in dict.fromkeys((locale, "ja_JP", "zh_CN", "zh_TW", "ko_KR")):
        heads = [cut for cut in _HEADS if word[:cut] in names(place).known_family]
        whole = (cut for cut in heads if word[cut:] in names(place).known_given or word[:cut] == word)
        cut = next(whole, heads[0] if heads else 0)
        if cut and (word[cut:] in names(place).known_given or cut == len(word) or place == where):
            tail = given_name(word[cut:], keyed, place) if word[cut:] else ""
            return (family_name(word[:cut], keyed, place) or "") + (tail or "")
    if where is None:
        return None
    return (family_name(word[:1], keyed, where) or "") + ((given_name(word[1:], keyed, where) or "") if word[1:] else "")


def _drawn(folded: str, locale: str, kind: str, keyed: Keyed, purpose: Role) -> str | None:
    """Returns a name of one kind, with the first letter that ``initial`` gives if there are enough."""
    pool: tuple[str, ...] = getattr(names(locale), kind)
    if script(folded) == "LATIN":
        alike = _by_letter(locale, kind).get(initial(folded[:1], keyed).upper(), ())
        pool = alike if len(alike) >= _FEWEST else pool
    return differing(folded, lambda attempt: keyed.choice(pool, purpose, folded, attempt)) if pool else None


@functools.cache
def _by_letter(locale: str, kind: str) -> dict[str, tuple[str, ...]]:
    letters: dict[str, list[str]] = {}
    for name in getattr(names(locale), kind):
        letters.setdefault(fold(name)[:1].upper(), []).append(name)
    return {letter: tuple(some) for letter, some in letters.items()}


@functools.cache
def _folded(locale: str, kind: str) -> frozenset[str]:
    some: Names = names(locale)
    return frozenset(map(fold, getattr(some, kind)))


def _in_case(name: str, like: str) -> str:
    letters = [c for c in like if unicodedata.category(c) in ("Lu", "Ll")]
    if len(letters) > 1 and all(map(str.isupper, letters)):
        return name.upper()
    return name.lower() if letters and all(map(str.islower, letters)) else name
