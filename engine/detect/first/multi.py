"""Many regular expressions in one pass over a buffer: Hyperscan where it is installed, RE2 elsewhere.

Both give the same, as byte offsets: of a plain expression the leftmost-longest matches that do not overlap (POSIX); of an
*overlapping* one every match, but of those that end at one place perhaps only the one that begins first. What an expression may
hold is what both can say: no lookaround, no reference back. Hyperscan tells every end of a match with its leftmost start, so an
expression is closed where it can be (``closing``); where those of a plain expression overlap, RE2 decides, on that stretch alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from engine.detect.first.closing import Closed, closed
from engine.errors import SetupError

Integers = npt.NDArray[np.int64]


class Expression(NamedTuple):
    """A regular expression over bytes.

    Attributes:
        written: What both engines can read.
        ignore_case: Whether ASCII letters match in either case.
        overlapping: Whether matches may overlap.
    """

    written: str
    ignore_case: bool = False
    overlapping: bool = False


class Matches(NamedTuple):
    """Matches of all expressions, sorted by expression and place: index of the expression, first byte, end (exclusive)."""

    expression: Integers
    start: Integers
    end: Integers


class Engine(Protocol):
    """Compiled expressions."""

    name: str

    def find(self, buffer: bytes) -> Matches:
        """Returns every expression's leftmost-longest matches."""
        ...


def available() -> str:
    """Returns the name of the engine that ``compiled`` chooses here: ``hyperscan``, ``re2`` or ``none``."""
    for name, module in (("hyperscan", "hyperscan"), ("re2", "re2")):
        try:
            __import__(module)
        except ImportError:
            continue
        return name
    return "none"


def compiled(expressions: Sequence[Expression], engine: str | None = None) -> Engine:
    """Compiles expressions for the engine that is there, or for the one named.

    Raises:
        ValueError: If an engine cannot express one of them; its argument is the expression's index.
        SetupError: If no engine is installed.
    """
    name = engine or available()
    if name == "none":
        raise SetupError("no engine for patterns is installed", allowed="hyperscan, google-re2",
                         next="pip install google-re2")
    return _Hyperscan(expressions) if name == "hyperscan" and expressions else _Re2(expressions)


class Literals:
    """Literal texts, found in one pass.

    Attributes:
        lengths: Bytes of each.
    """

    def __init__(self, literals: Sequence[bytes], engine: str | None = None) -> None:
        """Prepares a search for distinct literals, none of them empty."""
        self.lengths = np.array([len(one) for one in literals], np.int64)
        self._literals = tuple(literals)
        self._database: Any = None
        if literals and (engine or available()) == "hyperscan":
            import hyperscan  # noqa: PLC0415 - not on every machine

            self._database = hyperscan.Database()
            self._database.compile(expressions=list(literals), ids=list(range(len(literals))), flags=[0] * len(literals),
                                   literal=True)

    def find(self, buffer: bytes) -> tuple[Integers, Integers]:
        """Returns every occurrence, overlapping ones too, in the order of their ends: index of the literal, end (exclusive)."""
        seen: list[int] = []
        if self._database is not None:
            extend = seen.extend
            self._database.scan(buffer, match_event_handler=lambda index, _start, end, *_: extend((end, index)))
        else:
            for index, literal in enumerate(self._literals):
                place = buffer.find(literal)
                while place >= 0:
                    seen += (place + len(literal), index)
                    place = buffer.find(literal, place + 1)
        table = np.array(seen, np.int64).reshape(-1, 2)
        if (table[1:, 0] <= table[:-1, 0]).any():
            table = table[np.lexsort((table[:, 1], table[:, 0]))]
        return table[:, 1], table[:, 0]


class _Re2:
    name = "re2"

    def __init__(self, expressions: Sequence[Expression]) -> None:
        self._patterns = [_re2(index, one) for index, one in enumerate(expressions)]
        self._overlapping = [one.overlapping for one in expressions]

    def find(self, buffer: bytes) -> Matches:
        found: list[int] = []
        for index, pattern in enumerate(self._patterns):
            matches = _from_every_place(pattern, buffer) if self._overlapping[index] else pattern.finditer(buffer)
            for match in matches:
                if match.end() > match.start():
                    found += (index, *match.span())
        return _matches(found)

    def within(self, index: int, buffer: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Finds one expression's matches in a stretch; what stands beside the stretch is seen by word boundaries."""
        before, after = max(start - 1, 0), min(end + 1, len(buffer))
        spans = (match.span() for match in self._patterns[index].finditer(buffer[before:after]))
        for first, last in spans:
            if last > first and before + first >= start and before + last <= end:
                yield index, before + first, before + last


def _from_every_place(pattern: Any, buffer: bytes) -> Iterator[Any]:  # noqa: ANN401 - the library carries no types
    match = pattern.search(buffer)
    while match is not None:
        start = match.start()
        while match is not None:
            yield match
            match = pattern.match(buffer, start, match.end() - 1)
        match = pattern.search(buffer, start + 1)


class _Hyperscan:
    name = "hyperscan"

    def __init__(self, expressions: Sequence[Expression]) -> None:
        self._exact = _Re2(expressions)
        self._overlapping = np.array([one.overlapping for one in expressions], np.bool_)
        closings = [None if one.overlapping else closed(one.written) for one in expressions]
        database = _database(expressions, closings)
        if database is None:  # some of those that are closed are too large for it
            closings = [closing if _database([one], [closing]) else None
                        for one, closing in zip(expressions, closings, strict=True)]
            database = _database(expressions, closings)
        if database is None:
            raise ValueError(0)  # it does not say which
        self._database = database
        self._ends = np.array([_ends(index, *pair) for index, pair in enumerate(zip(expressions, closings, strict=True))],
                              np.bool_).reshape(-1, 256)

    def find(self, buffer: bytes) -> Matches:
        seen: list[int] = []
        extend = seen.extend
        self._database.scan(buffer, match_event_handler=lambda index, start, end, _flags, _context: extend((index, start, end)))
        found = _matches(seen)
        last = np.frombuffer(buffer, np.uint8)[found.end - 1]
        found = found._replace(end=found.end - ~self._ends[found.expression, last])
        every = self._overlapping[found.expression]
        apart = self._apart(buffer, _longest(Matches(*(part[~every] for part in found))))
        return _sorted(Matches(*(np.concatenate((part[every], other)) for part, other in zip(found, apart, strict=True))))

    def _apart(self, buffer: bytes, found: Matches) -> Matches:
        """Returns matches that do not overlap: RE2's, where some do."""
        clear = np.ones(len(found.start), np.bool_)
        decided: list[int] = []
        for first, last in _overlapping(found):
            clear[first:last] = False
            stretch = int(found.start[first]), int(found.end[first:last].max())
            for match in self._exact.within(int(found.expression[first]), buffer, *stretch):
                decided += match
        return Matches(*(np.concatenate((part[clear], other)) for part, other in zip(found, _matches(decided), strict=True)))


def _re2(index: int, one: Expression) -> Any:  # noqa: ANN401 - the library carries no types
    import re2  # noqa: PLC0415 - slow to import where nothing is scanned

    options = re2.Options()
    options.longest_match = True
    options.log_errors = False
    options.encoding = re2.Options.Encoding.LATIN1
    options.dot_nl = True
    options.case_sensitive = not one.ignore_case
    try:
        return re2.compile(one.written.encode(), options)
    except re2.error as error:
        raise ValueError(index) from error


def _database(expressions: Sequence[Expression], closings: Sequence[Closed | None]) -> Any:  # noqa: ANN401 - the library carries no types
    """Returns what Hyperscan makes of expressions, None if it takes one of them for too large."""
    import hyperscan  # noqa: PLC0415 - not on every machine

    written, ids, flags = [], [], []
    for index, (one, closing) in enumerate(zip(expressions, closings, strict=True)):
        case = hyperscan.HS_FLAG_CASELESS if one.ignore_case else 0
        for expression in closing.written if closing else (one.written,):
            written.append(expression.encode())
            ids.append(index)
            flags.append(hyperscan.HS_FLAG_SOM_LEFTMOST | hyperscan.HS_FLAG_DOTALL | case)
    database = hyperscan.Database()
    try:
        database.compile(expressions=written, ids=ids, flags=flags)
    except hyperscan.error:
        return None
    return database


def _ends(index: int, one: Expression, closing: Closed | None) -> npt.NDArray[np.bool_]:
    """Returns for each byte whether a match may end with it; of what was closed, with those alone that are repeated."""
    if closing is None:
        return np.ones(256, np.bool_)
    characters = _re2(index, one._replace(written=closing.characters))
    return np.array([characters.fullmatch(bytes([byte])) is not None for byte in range(256)])


def _matches(found: Sequence[int]) -> Matches:
    table = np.fromiter(found, np.int64, len(found)).reshape(-1, 3)
    return Matches(table[:, 0], table[:, 1], table[:, 2])


def _sorted(found: Matches) -> Matches:
    order = np.lexsort((-found.end, found.start, found.expression))
    return Matches(*(part[order] for part in found))


def _longest(found: Matches) -> Matches:
    """Keeps, for each expression and start, the longest."""
    found = _sorted(found)
    new = np.r_[True, (np.diff(found.expression) != 0) | (np.diff(found.start) != 0)][:len(found.start)]
    return Matches(*(part[new] for part in found))


def _overlapping(found: Matches) -> list[tuple[int, int]]:
    """Returns runs of matches (first, end) of one expression of which each overlaps an earlier one."""
    if len(found.start) <= 1:
        return []
    order = found.expression * (1 << 40)
    reach = np.maximum.accumulate(order + found.end)
    touches = np.r_[False, (order + found.start)[1:] < reach[:-1]]
    edges = np.flatnonzero(np.diff(np.r_[False, touches, False].astype(np.int8)))
    return [(int(first) - 1, int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]
