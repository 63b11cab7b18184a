"""Where a text says what its row is known by: names and their parts, numbers, dates, in any spelling."""

from __future__ import annotations

import re
import sys
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from udfs.redact_text.dates import Date, date_spans, known_dates
from udfs.redact_text.needles import DateNeedles, Needles, plain_signs

Place = tuple[int, int]

_MARKS = "".join(chr(code) for code in range(min(sys.maxunicode, 0xFFFF))
                 if unicodedata.category(chr(code)) in {"Mn", "Mc", "Me", "Cf"})
_WORD = re.compile(rf"[^\W\d_](?:[^\W\d_]|[{re.escape(_MARKS)}])*|\d+")
_ASCII_WORD = re.compile("[a-z]+|[0-9]+")
_UNDECOMPOSED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
_SPELLED_OUT = str.maketrans({
    "ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "Å": "Aa", "Ø": "Oe"})
_UNSPACED = re.compile("[\u0E00-\u0EFF\u1000-\u109F\u1780-\u17FF\u2E80-\U0003FFFF]")
_PHONE = re.compile(r"[\d\s()+./\-]+(?:(?:x|ext\.?)\s*\d+)?", re.IGNORECASE)
_JOINT = re.compile(r"[ \t\-'’]{0,3}")
_INITIALS = re.compile(r"(?<![^\W_])[^\W\d_](?![^\W_])(?:\.[ -]?[^\W\d_](?![^\W_])){1,5}\.?")
_INITIAL_BEFORE = re.compile(r"(?<![^\W_])([^\W\d_])\.?[ -]?\Z")

_GAP = 3  # signs between two words of one value
_PHONE_DIGITS, _LOCAL_NUMBER, _NATIONAL_NUMBER, _PREFIX = 20, 7, 9, 3
_LONG_NUMBER = 5  # digits that are telling on their own
_SHORT = 2  # letters that, joined, say nothing
_NAME_WORDS = 6  # a longer value is no name

_TITLES = frozenset("mr mrs ms mx dr prof sr jr ii iii iv sir md phd don frau herr".split())  # noqa: SIM905 - reads as words
_SMALL = frozenset("""
    de del della di da das do dos du des der den dem die la le les lo los las el al il van von vom zu zum zur ter ten te bin
    bint ibn ben abu af av und et of st san
    a an and are as at be but by can did for from go had has have he her him his if in is it its may me my no not on one or our
    out she so than that the then they this to too two up us was we were who will with you
    con en es por que se su un una ab am auf aus bei ein er im ist mit um vor war wie au ce ne ou par pas qui sa son sur
""".split())  # noqa: SIM905 - reads as words
"""Words that stand between names, and words of grammar that are also names."""


@dataclass(frozen=True)
class _Terms:
    """What to look for because of one value. Words and joined words are folded."""

    words: frozenset[str] = frozenset()
    capitalized: frozenset[str] = frozenset()
    joined: frozenset[str] = frozenset()
    unspaced: frozenset[str] = frozenset()
    initials: frozenset[str] = frozenset()
    dates: frozenset[Date] = frozenset()


@dataclass
class _Words:
    """The words of a text: where each stands in it, and in the string of all folded words joined."""

    text: str
    places: list[Place]
    folded: list[str]
    starts: list[int] = field(default_factory=list)
    joined: str = ""

    def __post_init__(self) -> None:
        self.joined = "".join(self.folded)
        total = 0
        for word in self.folded:
            self.starts.append(total)
            total += len(word)


class Search:
    """What to look for because of the values that a row is known by.

    Names are found whole and by their parts, whatever the case, accents, order and separators; parts that
    are titles are not, and small words (``van``, ``la``, but also the surname ``Do``) only where the text
    capitalizes them. Numbers and codes are found whatever their separators, telephone numbers also without
    country or area code, dates in the renderings of ``dates``, initials with full stops or before a known
    surname. All are bounded by the ends of a word or a
    number, except in scripts that write no spaces. Neighbouring parts of a name become one span.

    Args:
        values: What a row is known by; blank ones are ignored.
    """

    def __init__(self, values: Iterable[str]) -> None:
        terms = [_terms(value) for value in values if value.strip()]
        self.words = frozenset().union(*(term.words for term in terms))
        self.capitalized = frozenset().union(*(term.capitalized for term in terms))
        self.joined = frozenset().union(*(term.joined for term in terms))
        self.unspaced = frozenset().union(*(term.unspaced for term in terms))
        self.initials = frozenset().union(*(term.initials for term in terms))
        self.dates = frozenset().union(*(term.dates for term in terms))
        self._names = Needles(self.words | self.capitalized | self.joined)
        self._initials = Needles(self.initials)
        self._dates = DateNeedles(self.dates)

    @classmethod
    @lru_cache(maxsize=4096)
    def of(cls, values: tuple[str, ...]) -> Search:
        """Returns the search for values, made once for all rows that are known by the same."""
        return cls(values)

    def places(self, text: str) -> list[Place]:
        """Returns where ``text`` names one of the values, sorted and disjoint. Quick where it names none."""
        plain = plain_signs(text)
        return self._found(text, names=self._names.may_stand_in(text, plain), dates=self._dates.may_stand_in(plain),
                           initials=self._initials.may_stand_in(text, plain))

    def all_places(self, text: str) -> list[Place]:
        """Returns the same as ``places`` and never looks whether it is worth the while: the reference for it."""
        return self._found(text, names=True, dates=True, initials=True)

    def _found(self, text: str, *, names: bool, dates: bool, initials: bool) -> list[Place]:
        spans: list[Place] = []
        if names and (self.words or self.capitalized or self.joined):
            words = _read(text)
            spans += [place for place, word in zip(words.places, words.folded, strict=True)
                      if word in self.words or (word in self.capitalized and not text[slice(*place)].islower())]
            for joined in self.joined:
                spans += _joined_spans(words, joined)
        for literal in self.unspaced:
            spans += [match.span() for match in re.finditer(re.escape(literal), text)] if literal in text else []
        spans += date_spans(text, self.dates) if dates else []
        spans += _initial_spans(text, self.initials) if initials else []
        letters = frozenset("".join(self.initials))
        return [(_with_initial(text, start, letters), end) for start, end in _united(text, spans)]


@lru_cache(maxsize=65_536)
def _fold(word: str) -> str:
    """Lower case without accents or marks, compatibility forms and foreign digits made plain."""
    bare = (c for c in unicodedata.normalize("NFKD", word.casefold()) if unicodedata.category(c)[0] not in "MC")
    plain = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in bare)
    return plain.casefold().translate(_UNDECOMPOSED)


def _read(text: str) -> _Words:
    if text.isascii():
        matches = list(_ASCII_WORD.finditer(text.lower()))
        return _Words(text, [match.span() for match in matches], [match[0] for match in matches])
    matches = list(_WORD.finditer(text))
    return _Words(text, [match.span() for match in matches], [_fold(match[0]) for match in matches])


@lru_cache(maxsize=65_536)
def _terms(value: str) -> _Terms:
    if _UNSPACED.search(value):
        pieces = {value.strip(), "".join(value.split()), *value.split()}
        return _Terms(unspaced=frozenset(piece for piece in pieces if len(piece) > 1))
    anywhere, capitalized, joined = set[str](), set[str](), set[str]()
    for spelling in {value, unicodedata.normalize("NFC", value).translate(_SPELLED_OUT)}:
        words = _read(spelling)
        if len(words.folded) == 1:
            (capitalized if words.joined in _SMALL else anywhere).update({words.joined} if len(words.joined) > 1 else ())
        else:
            alone, if_capitalized = _parts(words)
            anywhere |= alone | _compounds(words, alone)
            capitalized |= if_capitalized
            joined |= {words.joined} if len(words.joined) > _SHORT else set()
            joined |= {whole for piece in spelling.split() if (whole := _read(piece).joined) not in words.folded
                       and len(whole) > _SHORT and whole.isalpha()}
        joined |= _numbers(spelling, words.joined)
    return _Terms(frozenset(anywhere), frozenset(capitalized), frozenset(joined),
                  initials=_initials(value), dates=known_dates(value))


def _parts(words: _Words) -> tuple[set[str], set[str]]:
    """Words of a value that are telling alone: anywhere, or only where capitalized."""
    value = words.text
    coded = "@" not in value and len(value.split()) == 1 and any(word.isdigit() for word in words.folded)
    end = value.index("@") if "@" in value else len(value)  # an address's domain says nothing
    has_capitals = value != value.lower()
    anywhere, capitalized = set[str](), set[str]()
    for (start, _), word in zip(words.places, words.folded, strict=True):
        if word.isdigit():
            anywhere |= {word} if len(word) >= _LONG_NUMBER else set()
        elif len(word) == 1 or word in _TITLES or start >= end or coded:
            continue
        elif word not in _SMALL:
            anywhere.add(word)
        elif value[start].isupper() or not has_capitals:
            capitalized.add(word)
    return anywhere, capitalized


def _compounds(words: _Words, parts: set[str]) -> set[str]:
    """User names made of a name's parts: mariacruz, and mcruz or cruzm with an initial."""
    names = [word for word in words.folded if word in parts and word.isalpha()]
    if len(names) > _NAME_WORDS:
        return set()
    pairs = [(a, b) for a in names for b in names if a != b]
    with_initial = {compound for a, b in pairs if len(b) > _SHORT for compound in (a[0] + b, b + a[0])}
    return {a + b for a, b in pairs} | with_initial


def _initials(value: str) -> frozenset[str]:
    """First letters of a name: of all its words, of all but the small ones, of the first and the last."""
    words = [word for word in _read(value).folded if word not in _TITLES]
    if not 1 < len(words) <= _NAME_WORDS or not all(word.isalpha() for word in words) or "@" in value:
        return frozenset()
    large = [word for word in words if word not in _SMALL]
    letters = ("".join(word[0] for word in some) for some in (words, large, [words[0], words[-1]]))
    return frozenset(some for some in letters if len(some) > 1)


def _numbers(value: str, joined: str) -> frozenset[str]:
    """A number whatever its separators; of a telephone number, without its extension, also its endings down to the local one."""
    if not _PHONE.fullmatch(value.strip()):
        return frozenset()
    digits = re.split(r"(?i)x|ext", value)[0]
    digits = "".join(c for c in digits if c.isdigit()).lstrip("0")
    whole = {joined} if len(joined) > _GAP else set()
    if not _LOCAL_NUMBER <= len(digits) <= _PHONE_DIGITS:
        return frozenset(whole)
    return frozenset(whole.union(digits[cut:] for cut in range(len(digits) - _LOCAL_NUMBER + 1)))


def _joined_spans(words: _Words, term: str) -> Iterable[Place]:
    at = words.joined.find(term)
    while at >= 0:
        first = bisect_right(words.starts, at) - 1
        last = bisect_right(words.starts, at + len(term) - 1) - 1
        offset = at - words.starts[first]
        dialled = term.isdigit() and len(term) >= _NATIONAL_NUMBER and offset <= _PREFIX and words.folded[first].isdigit()
        ends = at + len(term) == words.starts[last] + len(words.folded[last])
        near = all(words.places[i + 1][0] - words.places[i][1] <= _GAP for i in range(first, last))
        if (offset == 0 or dialled) and ends and near:
            yield words.places[first][0], words.places[last][1]
        at = words.joined.find(term, at + 1)


def _initial_spans(text: str, initials: frozenset[str]) -> Iterable[Place]:
    if not initials:
        return
    for match in _INITIALS.finditer(text):
        places = [place for place in range(*match.span()) if text[place].isalpha()]
        for count in range(len(places), 1, -1):
            letters = "".join(text[place] for place in places[:count])
            end = places[count - 1] + 1
            if _fold(letters) in initials and letters.isupper():
                yield match.start(), end + text.startswith(".", end)
                break


def _with_initial(text: str, start: int, letters: frozenset[str]) -> int:
    """Returns where a known surname begins with the initial before it, if that is one of its row's."""
    before = _INITIAL_BEFORE.search(text, max(0, start - 4), start)
    return before.start() if before and before[1].isupper() and _fold(before[1]) in letters else start


def _united(text: str, spans: list[Place]) -> list[Place]:
    """Joins spans that overlap, or that only a space, hyphen or apostrophe keeps apart."""
    united: list[Place] = []
    for start, end in sorted(spans):
        if united and (start <= united[-1][1] or _JOINT.fullmatch(text, united[-1][1], start)):
            united[-1] = (united[-1][0], max(united[-1][1], end))
        else:
            united.append((start, end))
    return united
