"""What a column's name says about it, by the words of ``conf/recognizers/headers.yaml``."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import regex
from pydantic import Field

from engine.detect.columns.roles import Reading, reading_of
from engine.detect.config import packaged, parsed
from engine.detect.context import header_words
from engine.detect.registry import Registry
from schemas.base import Record
from schemas.findings import Category
from schemas.policy import Role

_USUAL, _BARE = 3.0, 2.0


class HeaderHint(Record):
    """What some words in a column's name suggest."""

    role: Role
    category: Category
    words: tuple[str, ...] = Field(min_length=1, description="Regular expressions over whole words in lower case.")
    looks: tuple[str, ...] = Field((), description="What the values may look like; anything by default.")
    set: str | None = Field(None, description="The word list that the values should be of.")
    weight: float = Field(_USUAL, gt=0, description="Log-odds that the column is what its name says.")


class HeaderConfig(Record):
    """What columns' names say: ``conf/recognizers/headers.yaml``."""

    version: Literal[2]
    things: tuple[str, ...] = Field(description="Words beside which 'name' is no person's.")
    about: tuple[str, ...] = Field(description="Words beside which an identifier is spoken about, not named.")
    short: Mapping[str, str] = Field(description="Short forms of words.")
    hints: tuple[HeaderHint, ...] = Field(min_length=1)

    @classmethod
    @functools.cache
    def default(cls) -> HeaderConfig:
        """Returns ``conf/recognizers/headers.yaml``, from the wheel or from the repository."""
        return parsed(cls, packaged("headers.yaml"), "conf/recognizers/headers.yaml")


@dataclass(frozen=True)
class Hint:
    """What words in a column's name suggest.

    Attributes:
        role: The role.
        category: The category.
        word: The words.
        weight: Log-odds.
        looks: What the values may look like; empty: anything.
        set: The word list that the values should be of.
        about: Whether the name speaks about such a thing only: ``email_verified``.
    """

    role: Role
    category: Category
    word: str
    weight: float = _USUAL
    looks: tuple[str, ...] = ()
    set: str | None = None
    about: bool = False

    @property
    def reading(self) -> Reading:
        """Role and category."""
        return self.role, self.category


_BARE_NAME: Any = regex.compile(r"(?<!\w)names?(?!\w)")
_ID: Any = regex.compile(r"(?<!\w)(?:ids?|key|no|num|number|code|uuid|guid|identifier|ref|reference|pk|serial)(?!\w)")
_ABOUT_WHAT_FOLLOWS = ("is", "has", "number of", "count of", "type of", "tipo", "kind of")
_ID_WORDS = frozenset(("id", "uuid", "guid", "identifier", "pk"))
_OF_PLACES: tuple[Reading, ...] = (("quasi", "location"), ("quasi", "date"))


@functools.cache
def _compiled() -> tuple[Any, Any, tuple[tuple[HeaderHint, Any], ...]]:
    config = HeaderConfig.default()
    things = _whole(tuple(f"(?:{thing})s?" for thing in config.things))
    about = regex.compile(rf"^(?:{_any(_ABOUT_WHAT_FOLLOWS)})(?!\w)|(?<!\w)(?:{_any(config.about)})$")
    return things, about, tuple((one, _whole(one.words)) for one in config.hints)


def _any(words: tuple[str, ...]) -> str:
    return "|".join(words)


def _whole(words: tuple[str, ...]) -> Any:  # noqa: ANN401 - a pattern of the module regex
    bare = "".join(sign for sign in unicodedata.normalize("NFD", _any(words)) if not unicodedata.combining(sign))
    return regex.compile(rf"(?<!\w)(?:{bare})(?!\w)", regex.POSIX)  # the longest of the alternatives


def words_of(path: str) -> str:
    """Returns a column's name as words in lower case, short forms written out: ``CUST_FST_NM`` → ``customer first name``."""
    short = HeaderConfig.default().short
    plain = "".join(sign for sign in unicodedata.normalize("NFD", header_words(path)) if not unicodedata.combining(sign))
    return " ".join(short.get(part, part) for word in plain.split() for part in _apart(word))


_WORD: Any = regex.compile(r"(?<![^ |(:])[a-z]{3,}(?![^ |)])")
_BETWEEN = ("old", "new", "prev", "next", "total", "current", "has", "the", "from", "due", "org", "orig", "dest")
_LEAST_APART, _LEAST_STEM, _LEAST_REST = 7, 6, 3


@functools.cache
def _known() -> frozenset[str]:
    """The words of the configuration, of three letters or more."""
    config = HeaderConfig.default()
    listed = (word for one in config.hints for word in one.words)
    written = (*config.things, *config.about, *config.short, *config.short.values(), *listed)
    return frozenset((*_BETWEEN, *(word for one in written for word in _WORD.findall(one))))


@functools.lru_cache(maxsize=4096)
def _apart(word: str) -> tuple[str, ...]:
    """Returns the known words that a word is run together from, as few as can be: lastmodifieddate → last modified date."""
    known = _known()
    if len(word) < _LEAST_APART or word in known or any(pattern.fullmatch(word) for _, pattern in _compiled()[2]):
        return (word,)
    best: list[tuple[str, ...] | None] = [(), *[None] * len(word)]
    for end in range(1, len(word) + 1):
        ways = ((*before, word[begin:end]) for begin in range(end)
                if (before := best[begin]) is not None and word[begin:end] in known)
        best[end] = min(ways, key=len, default=None)
    return best[-1] or _compound(word)


def _compound(word: str) -> tuple[str, ...]:
    """Returns the known end of a compound, or its known beginning before a linking s, apart: gehaltswunsch → gehalt swunsch."""
    known = _known()
    for place in range(_LEAST_REST, len(word) - _LEAST_STEM + 1):
        if word[place:] in known:
            return word[:place], word[place:]
    for place in range(len(word) - _LEAST_REST, _LEAST_STEM - 1, -1):
        if word[place] == "s" and word[:place] in known:
            return word[:place], word[place:]
    return (word,)


@functools.lru_cache(maxsize=4096)
def hints(path: str) -> tuple[Hint, ...]:
    """Returns what a column's name suggests, what is likeliest first.

    Of a nested path the last step is heard, and all of it where that step says nothing by itself: ``tags.value``,
    ``account.name``.
    """
    last = path.replace("[]", "").replace("$", "").rsplit(".", 1)[-1]
    whole, own = words_of(path), words_of(last)
    words = whole if own in _OF_WHAT else own
    return tuple(dict.fromkeys(_in_words(words, whole))) or tuple(_in_registry(words))


_OF_WHAT = frozenset(("", "value", "key", "text", "display", "line", "number", "code", "id", "name", "full", "raw", "label",
                      "data", "content", "type", "item", "element"))
_OF_NUMBERS = regex.compile(r" (?:number|id|code|no)$")
_REGISTRY_WEIGHT, _REGISTRY_LETTERS = 2.0, 4


@functools.cache
def _registered() -> dict[str, Reading]:
    """Context words of the registry's entity types, those that lead to one role and category."""
    found: dict[str, set[Reading]] = {}
    for one in Registry.default().types:
        for word in one.context:
            found.setdefault(words_of(word), set()).add(reading_of(one.type))
    return {word: readings.pop() for word, readings in found.items() if len(readings) == 1 and len(word) >= _REGISTRY_LETTERS}


def _in_registry(words: str) -> Iterator[Hint]:
    """A name that is a context word of the registry and nothing else: the names of numbers in many languages."""
    reading = _registered().get(words) or _registered().get(_OF_NUMBERS.sub("", words))
    if reading:
        yield Hint(*reading, words, _REGISTRY_WEIGHT)




def _in_words(words: str, whole: str) -> Iterator[Hint]:
    things, about, listed = _compiled()
    named, spoken, thing = _BARE_NAME.search(words), about.search(words), things.search(whole)
    of_thing = named is not None and thing is not None
    found = [(one, match) for one, pattern in listed if (match := pattern.search(words))]
    if of_thing:  # the name of a thing, unless the words themselves say so: state name, screen name
        found = [(one, match) for one, match in found if match.start() <= named.start() and named.end() <= match.end()]
    found = [(one, match) for one, match in found if not any(_inside(match, other) for _, other in found)]
    meant = [(one, match) for one, match in found if not (spoken and _is_spoken_about(one, match, spoken))]
    yield from (Hint(one.role, one.category, match.group(), one.weight, one.looks, one.set) for one, match in meant)
    if not meant and found:
        yield Hint("insensitive", "other", words, 2.5, about=True)
    if not meant and of_thing:
        yield Hint("insensitive", "other", words, 2.5, ("word", "words", "mixed", "wordy"))
    elif named and not found:
        yield Hint("direct", "identity", named.group(), _BARE, ("word", "words", "mixed", "other"), "given")


def _inside(match: Any, other: Any) -> bool:  # noqa: ANN401 - matches of the module regex
    """Whether a match lies within another that is longer: address in mac address."""
    return bool(other.start() <= match.start() and match.end() <= other.end() and match.span() != other.span())


def _is_spoken_about(one: HeaderHint, match: Any, spoken: Any) -> bool:  # noqa: ANN401 - matches of the module regex
    """Whether a word of 'about' turns a hint into something said about it: one that the hint's own words do not hold."""
    outside = spoken.end() <= match.start() or spoken.start() >= match.end()
    weak = one.category == "financial" and one.weight < _USUAL
    return outside and (one.role == "direct" or (one.role, one.category) in _OF_PLACES or weak)


def hint(path: str, fits: Callable[[Hint], bool] = lambda _: True) -> Hint | None:
    """Returns the likeliest of what a column's name suggests and its values bear out, or None."""
    return next((one for one in hints(path) if fits(one)), None)


def speaks_of_id(path: str) -> bool:
    """Whether a column's name says that it holds identifiers of something."""
    return _ID.search(words_of(path)) is not None


def ends_as_id(path: str) -> bool:
    """Whether a column's name is that of an identifier, whatever of."""
    return words_of(path).rsplit(" ", 1)[-1] in _ID_WORDS


def speaks_of_thing(path: str) -> bool:
    """Whether a column's name speaks of things, not of persons or what they do."""
    things = _compiled()[0]
    return bool(things.search(words_of(path)))


_NAMING = frozenset(("identity", "location", "demographic"))
"""Categories of what has no form but its words."""


@functools.lru_cache(maxsize=4096)
def announces_names(path: str) -> bool:
    """Whether a column's name says that it holds names of people or places, or what people are, in words."""
    return any(one.category in _NAMING and not one.about for one in hints(path)) and not ends_as_id(path)


@functools.lru_cache(maxsize=4096)
def announces_people(path: str) -> bool:
    """Whether a column's name says that it holds names of people: more than *name* alone, which things have, too."""
    return any(one.set == "given" and one.weight > _BARE and not one.about for one in hints(path)) and not ends_as_id(path)
