"""Invented places and organizations: streets, cities, postal codes; what says of which kind they are stays."""

from __future__ import annotations

import functools
import re
from functools import partial

from engine.surrogates.formats import keep_format
from engine.surrogates.keyed import Keyed, differing, fold
from engine.surrogates.lexica import DEFAULT, cities, city_parts, company_forms, names, of_script, regions
from engine.surrogates.people import PARTICLES, family_name

_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*")
_ITEM = re.compile(rf"(?=\w*\d)\w+(?:[-/]\d+)*|{_WORD.pattern}")
"""A number, or a word."""
_KIND = frozenset("""
    alley allee annex apo apartado apartment apt arcade av ave avda avenida avenue bend bldg blk block blvd boulevard box
    branch bridge building bypass calle camino canyon carrer carretera causeway center chemin cir circle close corner cour
    court cours cove creek crescent crossing ct curve dale dock dr drive e east estate estates dpo expressway extension
    field fl flat floor fpo freeway gardens gasse gata glen green grove heights highway hill hills hof house hwy impasse
    interior island junction km laan lake landing lane largo ln loop mall manor mews mill mount mountain n ne no north
    northeast northwest nw o of office old p p.o paseo path park parkway pass pike pkwy pl place plain plaza platz
    plein po point post postfach praca praza promenade psc quai quay rd ridge rise river rm road room route row rua rue s se
    south southeast southwest sq square st station ste stairs str strada strasse street suite sw ter terrace
    trace track trail travessa tunnel ul ulica unit valley via viale view village vicolo vista w walk way weg well west
    wharf wing woods yard zona
""".split())  # noqa: SIM905 - reads as words
"""Words of an address that say what it is, not where, folded: kinds of streets (USPS Publication 28, and the usual ones of other
languages), directions, parts of buildings."""
_DIRECTIONS = frozenset("""
    north south east west northeast northwest southeast southwest
""".split())  # noqa: SIM905 - reads as words
_UNITS = frozenset("""
    apt apartment apo bldg blk block box building dpo fl flat floor fpo no p.o po psc rm room ste suite unit
""".split())  # noqa: SIM905 - reads as words
_SUFFIX = re.compile(r"(?i)(straße|strasse|str|gasse|weg|platz|allee|ring|damm|vej|gade|gata|gatan|vägen|katu|tie|laan|straat|"
                     r"plein|utca|gate|veien|ulice|street|road)\.?\Z")
_ABBREVIATION = re.compile(r"[A-Z]{2,3}")
_FORMS = frozenset("""
    co corp inc incorporated limited llc llp ltd plc gmbh mbh ag kg sa srl sl bv nv ab as oy hospital clinic university college
    school bank group foundation institute
""".split())  # noqa: SIM905 - reads as words
"""Legal forms, and what kind of house it is."""
_FEWEST_LETTERS = 3


def city(text: str, keyed: Keyed, locale: str) -> str | None:
    """Returns another city; another country or state where the lists know the original as one. None without a letter."""
    value = fold(text.strip())
    if not any(map(str.isalpha, value)):
        return keep_format(text, keyed)
    for some in (*regions(locale), *regions(DEFAULT)):
        if value in _folded(some) and value not in _folded(cities(locale)):
            return _in_case(differing(text, partial(keyed.choice, some, "region", value)), text)
    return _in_case(differing(text, partial(_city, value, keyed, of_script(text, locale) or locale)), text)


def street(text: str, keyed: Keyed, locale: str) -> str | None:
    """Returns an address of the same form: other numbers, another name for the street, other cities; states and kinds stay."""
    if not re.search(r"\w", text):
        return None

    def drawn(attempt: int) -> str:
        again = f"/{attempt}" if attempt else ""
        parts = re.split(r"(\s*[,;\n]\s*)", text)
        numbered = next((number for number, part in enumerate(parts) if re.search(r"\d", part)), 0)
        for number in range(0, len(parts), 2):
            part = parts[number]
            parts[number] = _part(part, keyed, locale, again, is_street=_names_street(part) or number == numbered)
        return "".join(parts)
    return differing(text, drawn)


def company(text: str, keyed: Keyed, locale: str) -> str | None:
    """Returns a company named after invented families, in as many words (three at most); its legal form stays."""
    words = text.split()
    begin = _begin_of_form(words)
    name, form = words[:begin], words[begin:]
    count = min(3, sum(any(map(str.isalpha, word)) for word in name)) or 1
    value = fold(" ".join(name))
    pool = names(of_script(text, locale) or locale).family

    def drawn(attempt: int) -> str:
        made = [keyed.choice(pool, f"company {number}", value, attempt) for number in range(count)]
        return " ".join([*(_in_case(word, name[0]) or word for word in made), *form])
    return differing(text, drawn) if name else None


def _part(part: str, keyed: Keyed, locale: str, again: str, *, is_street: bool) -> str:
    """One part of an address between commas. A country stays, as a state does."""
    matches = list(_ITEM.finditer(part))
    staying = _staying(part, matches, is_street=is_street)
    made: list[str] = []
    at, named = 0, False
    for match, stays in zip(matches, staying, strict=True):
        word, between = match[0], part[at:match.start()]
        at = match.end()
        if any(map(str.isdigit, word)):
            replaced = _number(word, keyed, again)
        elif stays:
            replaced = word
        elif is_street:
            replaced = _street_word(word, keyed, locale, again)
        elif named:  # a city of several words becomes one name
            between = replaced = ""
        else:
            whole = fold(_city_of(part[match.start():]))
            if whole in _folded(regions(locale)[0]) or whole in _folded(regions(DEFAULT)[0]):
                return "".join([*made, between, part[match.start():at], _renumbered(part[at:], keyed, again)])
            named, replaced = True, _in_case(_city(whole + again, keyed, of_script(word, locale) or locale, 0), word) or ""
        made += [between, replaced]
    return "".join([*made, part[at:]])


def _staying(part: str, matches: list[re.Match[str]], *, is_street: bool) -> list[bool]:
    """Which words say what a thing is; of a street that seems to have no other (*Park Avenue*), only the last."""
    staying = [_stays(match[0], part, match.start()) for match in matches]
    words = [number for number, match in enumerate(matches) if not any(map(str.isdigit, match[0]))]
    if is_street and all(staying[number] for number in words):
        for number in words[:-1]:
            folded = fold(matches[number][0])
            staying[number] = len(folded) < _FEWEST_LETTERS or folded in _UNITS or folded in _DIRECTIONS
    return staying


def _number(word: str, keyed: Keyed, again: str) -> str:
    return (keep_format(word + again, keyed) or word)[:len(word)]


def _stays(word: str, part: str, start: int) -> bool:
    folded = fold(word)
    state = bool(_ABBREVIATION.fullmatch(word)) and bool(re.match(r"\W*(?:\d|\Z)", part[start + len(word):]))
    return folded in _KIND or folded.rstrip(".") in _KIND or folded in PARTICLES or state


def _renumbered(text: str, keyed: Keyed, again: str) -> str:
    return re.sub(r"\d+", lambda match: _number(match[0], keyed, again), text)


def _names_street(part: str) -> bool:
    words = [fold(word) for word in _ITEM.findall(part) if word.isalpha()]
    return any(word in _KIND and len(word) > 1 for word in words) or any(map(_SUFFIX.search, words))


def _street_word(word: str, keyed: Keyed, locale: str, again: str) -> str:
    suffix = _SUFFIX.search(word)
    stem = word[:suffix.start()] if suffix and suffix.start() >= _FEWEST_LETTERS else word
    ending = word[len(stem):]
    pool = names(of_script(stem, locale) or locale).family
    made = differing(stem, partial(keyed.choice, pool, "street", fold(stem) + again))
    return (_in_case(made, stem) or family_name(stem, keyed, locale) or "") + ending


def _city_of(rest: str) -> str:
    match = re.match(r"[^\d]*", rest)
    return " ".join(word for word in _WORD.findall(match[0] if match else rest) if not _ABBREVIATION.fullmatch(word))


def _city(value: str, keyed: Keyed, locale: str, attempt: int) -> str:
    listed = cities(locale)
    if listed:
        return keyed.choice(listed, "city", value, attempt)
    before, after = city_parts(locale)
    name = keyed.choice(names(locale).family, "city", value, attempt)
    if before and keyed.below(3, "city form", value, attempt) == 0:
        return f"{keyed.choice(before, 'city prefix', value, attempt)} {name}"
    return name + (keyed.choice(after, "city suffix", value, attempt) if after else "")


def _begin_of_form(words: list[str]) -> int:
    """Returns where the legal form, or what kind of house it is, begins; the number of words where there is none."""
    def is_form(some: list[str]) -> bool:
        return fold(" ".join(some)).strip(". ,") in company_forms() or all(
            fold(word).strip(".,") in _FORMS or word == "&" for word in some)
    return next((begin for begin in range(1, len(words)) if is_form(words[begin:])), len(words))


@functools.lru_cache(maxsize=64)
def _folded(some: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(fold, some))


def _in_case(name: str | None, like: str) -> str | None:
    if name is None:
        return None
    letters = [c for c in like if c.isalpha()]
    if len(letters) > _FEWEST_LETTERS and all(map(str.isupper, letters)):
        return name.upper()
    return name.lower() if letters and all(map(str.islower, letters)) else name
