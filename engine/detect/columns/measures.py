"""What is counted of a column's values beside findings: looks, words of known lists, forms of codes, ranges of numbers, years.

A measure is a name and a number of cells; measures of parts of a column add up. None of them is a value, a minimum or a maximum.

| name | cells that … |
|---|---|
| ``look:NAME`` | look like NAME (``engine/detect/columns/looks.py``) |
| ``wordy`` | have four words or more |
| ``set:NAME`` | are a word of the set (``engine/detect/columns/vocabulary.py``) |
| ``form:NAME``, ``opening:NAME``, ``pattern:NAME`` | have such a form, begin so, or are written so |
| ``full name`` | are two to four words, of which one end is a given and the other a family name |
| ``half name`` | are two to four words, of which one end is a given, or the last a family name |
| ``company`` | are two to four words, of which the last is a legal form |
| ``decade:1980`` | are days of that decade |
| ``timed`` | are moments, with a time of day |
| ``range:NAME`` | are numbers of a range |
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.detect.block import Block, Integers
from engine.detect.columns.looks import LOOKS, Looked, looks_of
from engine.detect.columns.vocabulary import Vocabulary
from engine.detect.hashing import hash_spans, hash_values
from engine.detect.view.telling import matching

Measures = Counter[str]

_SLICE = 1 << 21
"""Bytes that are measured at a time, so that the arrays in between stay in the caches."""

_MEASURED_BYTES = 1 << 16
_FREE_WORDS = 3
_LONGEST_WORD, _LONGEST_CODE, _LONGEST_PATTERN = 64, 16, 200
_NAME_WORDS = (2, 4)
_DECADES = (1900, 2040)
_WORDS_OF = tuple(LOOKS.index(name) for name in ("word", "words", "code", "digits", "number", "other"))
_PROSE = tuple(LOOKS.index(name) for name in ("words", "mixed", "other", "word", "code"))
_NAMED = LOOKS.index("words")
_YEAR = r"(?P<year>(?:18|19|20)\d\d)"


def measure_texts(texts: pa.Array, weights: Integers) -> Measures:
    """Measures distinct texts, each standing in as many cells as its weight says; of very long ones the beginning."""
    found: Measures = Counter()
    if int(pc.max(pc.binary_length(texts)).as_py() or 0) > _MEASURED_BYTES:
        texts = pc.utf8_slice_codeunits(texts, 0, _MEASURED_BYTES)
    for begin, end in _slices(texts):
        _measure_slice(texts.slice(begin, end - begin), weights[begin:end], found)
    return found


def _slices(texts: pa.Array) -> Iterator[tuple[int, int]]:
    sizes = np.cumsum(pc.binary_length(texts).to_numpy().astype(np.int64))
    begin = 0
    while begin < len(texts):
        done = sizes[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(sizes, done + _SLICE, "right")))
        yield begin, end
        begin = end


def _measure_slice(texts: pa.Array, weights: Integers, found: Measures) -> None:
    block = Block(texts)
    looked = looks_of(block, texts)
    counts = np.bincount(looked.look, weights, len(LOOKS))
    _add(found, {f"look:{name}": counts[place] for place, name in enumerate(LOOKS)})
    prose = np.isin(looked.look, _PROSE) & (looked.words > _FREE_WORDS)
    found["wordy"] += int(weights[prose].sum())
    _measure_lists(texts, block, looked, weights, found)
    dates = np.flatnonzero(looked.look == LOOKS.index("date"))
    if len(dates):
        _measure_written_dates(texts.take(pa.array(dates)), weights[dates], found)
    numbers = np.flatnonzero(np.isin(looked.look, [LOOKS.index("number"), LOOKS.index("digits")]))
    if len(numbers):
        _measure_written_numbers(texts.take(pa.array(numbers)), weights[numbers], found)


def _measure_lists(texts: pa.Array, block: Block, looked: Looked, weights: Integers, found: Measures) -> None:
    vocabulary, lengths = Vocabulary.default(), block.ends - block.starts
    short = np.flatnonzero((lengths <= _LONGEST_WORD) & (lengths > 0) & np.isin(looked.look, _WORDS_OF))
    if len(short):
        folded = _folded(texts.take(pa.array(short)))
        inside = vocabulary.in_sets(hash_values(folded))
        _add(found, {f"set:{one.name}": weights[short][inside(one.name)].sum() for one in vocabulary.sets})
    many = looked.words[short]
    names = short[(looked.look[short] == _NAMED) & (many >= _NAME_WORDS[0]) & (many <= _NAME_WORDS[1])]
    if len(names):
        _measure_names(pc.replace_substring(texts.take(pa.array(names)), ",", " "), weights[names], found)
    codes = np.flatnonzero((lengths <= _LONGEST_CODE) & (lengths > 0))
    if len(codes):
        forms = vocabulary.in_forms(block if len(codes) == len(texts) else Block(texts.take(pa.array(codes))))
        _add(found, {f"form:{name}": weights[codes][fits].sum() for name, fits in forms.items()})
    openings = vocabulary.in_openings(texts)
    _add(found, {f"opening:{name}": weights[fits].sum() for name, fits in openings.items()})
    for pattern in vocabulary.patterns:
        of_look = np.isin(looked.look, [LOOKS.index(look) for look in pattern.looks])
        likely = np.flatnonzero(of_look & (lengths <= _LONGEST_PATTERN))
        if len(likely):
            fits = matching(texts.take(pa.array(likely)), pattern.pattern)
            _add(found, {f"pattern:{pattern.name}": weights[likely][fits].sum()})


def _folded(texts: pa.Array) -> Block:
    return Block(pc.utf8_lower(pc.utf8_trim_whitespace(texts)))


def _measure_names(texts: pa.Array, weights: Integers, found: Measures) -> None:
    """Counts names of two to four words: both orders, with titles and initials in between or not."""
    vocabulary, folded = Vocabulary.default(), _folded(texts)
    looked = looks_of(folded, texts)
    last = np.append(looked.first[1:], len(looked.starts)) - 1
    dotted = folded.buffer[looked.ends[np.minimum(looked.first, len(looked.ends) - 1)] - 1] == ord(".")
    first = looked.first + (dotted & (last > looked.first + 1))  # a title
    kept = np.flatnonzero(last > first)
    begin, end = (vocabulary.in_sets(hash_spans(folded.buffer, looked.starts[place], looked.ends[place]))
                  for place in (first[kept], last[kept]))
    full = (begin("given") & end("family")) | (begin("family") & end("given"))
    half = ~full & (begin("given") | end("given") | end("family"))
    _add(found, {"full name": weights[kept][full].sum(), "half name": weights[kept][half].sum(),
                 "company": weights[kept][end("company")].sum()})


def _measure_written_dates(texts: pa.Array, weights: Integers, found: Measures) -> None:
    years = pc.struct_field(pc.extract_regex(texts, _YEAR), [0])
    known = pc.is_valid(years).to_numpy(zero_copy_only=False)
    _add_decades(years.drop_null().cast(pa.int64()).to_numpy(), weights[known], found)
    timed = pc.match_substring_regex(texts, r"[T ]\d{1,2}:\d{2}").to_numpy(zero_copy_only=False)
    found["timed"] += int(weights[timed].sum())


def _add_decades(years: npt.NDArray[Any], weights: Integers, found: Measures) -> None:
    decades = np.clip(years // 10 * 10, *_DECADES)
    for decade in np.unique(decades):
        found[f"decade:{decade}"] += int(weights[decades == decade].sum())


def _measure_written_numbers(texts: pa.Array, weights: Integers, found: Measures) -> None:
    plain = pc.match_substring_regex(texts, r"^[+-]?\d{1,15}(?:\.\d+)?$").to_numpy(zero_copy_only=False)
    if plain.any():
        numbers = texts.filter(pa.array(plain)).cast(pa.float64()).to_numpy()
        found.update(measure_numbers(numbers, weights[plain]))


def measure_numbers(values: npt.NDArray[Any], weights: Integers) -> Measures:
    """Measures distinct numbers: how many are whole, ages, years, degrees, days written as 19800131, moments since 1970."""
    values = values.astype(np.float64)
    with np.errstate(invalid="ignore"):
        whole = np.isfinite(values) & (values == np.trunc(values))
        day, month = values % 100, values // 100 % 100
        fine = np.isfinite(values) & (values * 1000 != np.trunc(values * 1000))
        ranges = {
            "whole": whole, "negative": values < 0,
            "age": whole & (values >= 0) & (values <= 120),  # noqa: PLR2004 - years of a life
            "year": whole & (values >= 1900) & (values <= 2040),  # noqa: PLR2004
            "degrees": fine & (np.abs(values) <= 180),  # noqa: PLR2004
            "day": whole & (values >= 19000101) & (values <= 20401231) & (day >= 1) & (day <= 31) & (month >= 1) & (month <= 12),  # noqa: PLR2004
            "moment": whole & _is_moment(values),
        }  # fmt: skip
    found: Measures = Counter()
    _add(found, {f"range:{name}": weights[fits].sum() for name, fits in ranges.items()})
    if ranges["day"].any():
        _add_decades((values[ranges["day"]] // 10_000).astype(np.int64), weights[ranges["day"]], found)
    return found


def _is_moment(values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Whether a number is a moment of 2001 to 2030, in seconds, milliseconds, microseconds or nanoseconds since 1970."""
    within = [(values >= 1e9 * unit) & (values < 1.9e9 * unit) for unit in (1.0, 1e3, 1e6, 1e9)]
    return np.asarray(np.logical_or.reduce(within))


def measure_days(values: pa.Array, weights: Integers) -> Measures:
    """Measures distinct dates or timestamps: their decades, and how many are not midnight."""
    found: Measures = Counter()
    if pa.types.is_date(values.type) or pa.types.is_timestamp(values.type):
        _add_decades(pc.year(values).to_numpy(zero_copy_only=False), weights, found)
    if pa.types.is_timestamp(values.type):
        midnight = pc.equal(pc.floor_temporal(values, unit="day"), values).to_numpy(zero_copy_only=False)
        found["timed"] += int(weights[~midnight].sum())
    return found


def _add(found: Measures, counts: dict[str, Any]) -> None:
    for name, cells in counts.items():
        if cells:
            found[name] += int(cells)
