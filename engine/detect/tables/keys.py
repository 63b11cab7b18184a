"""Keys of documents that turn out to be data, once all parts of a table are counted: no path of a report may show them."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pyarrow as pa

from engine.detect.columns.headers import hint
from engine.detect.lexicon import given_names, word_lists
from engine.detect.scanner import Scanner
from engine.detect.tables.count import count_leaf
from engine.detect.tables.nested import Leaf
from engine.detect.tables.pairs import ROOT
from engine.detect.tables.tally import ColumnTally

Tallies = dict[tuple[str, str], ColumnTally]

MOST_FIELDS = 64
"""Keys of one object that a report can show; where there are more, all are data."""

_MANY, _SELDOM, _DOCUMENTS = 8, 2, 20
_NAMES, _MOSTLY, _BESIDE_DATA = 3, 0.8, 0.5
"""Keys that could be names of people are, if so many are, and such a share of those that show; less beside several others."""

_OF_MAPS = ("key", "value")


def without_data(tallies: Tallies, scanner: Scanner, key: int = 0) -> Tallies:
    """Returns tallies in which objects that are used as maps are counted as maps: ``.key`` and ``.value``.

    An object is a map if it has more than ``MOST_FIELDS`` keys, or eight or more of which hardly any comes back in another
    document, or if most of its keys could be names of people: ``Brown`` beside ``Rossi`` is one, and alone it is a colour.
    """
    for deep in range(64):  # a path has so many steps at most that are looked at one after the other
        maps = _maps(tallies, deep)
        if maps:
            tallies = _as_maps(tallies, maps, scanner, key)
        elif not any(len(_steps(path)) > deep for _, path in tallies):
            break
    return tallies


def _steps(path: str) -> list[str]:
    return path.split(ROOT, 1)[1].split(".") if ROOT in path else []


def _maps(tallies: Tallies, deep: int) -> set[tuple[str, str]]:
    """Returns column and path of the objects, so many steps down, that are maps."""
    fields: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    data: dict[tuple[str, str], int] = defaultdict(int)
    documents: dict[str, int] = defaultdict(int)
    for (column, path), tally in tallies.items():
        documents[column] = max(documents[column], tally.measures["json:parsed"])
        steps = _steps(path)
        if len(steps) > deep + 1:
            level = _level(path, deep)
            name = steps[deep + 1].replace("[]", "")
            if name == "key" and len(steps) == deep + 2:
                data[column, level] = tally.distinct
            fields[column, level][name] = max(fields[column, level].get(name, 0), tally.rows)
    return {place for place, named in fields.items() if _is_map(named, documents[place[0]]) or _are_names(named, data[place])}


def _are_names(named: dict[str, int], data: int) -> bool:
    """Whether most keys that show could be names of people, given how many are data already."""
    shown = [name for name in named if name not in _OF_MAPS]
    names = sum(map(_could_be_name, shown))
    return 0 < names >= (_BESIDE_DATA if data > 1 else _MOSTLY) * len(shown) and data + names >= _NAMES


def _could_be_name(key: str) -> bool:
    listed = key.casefold() in given_names() or key.casefold() in word_lists()["family"]
    return listed and key[:1].isupper() and not key.isupper() and hint(key) is None


def _is_map(named: dict[str, int], documents: int) -> bool:
    rows = [count for name, count in named.items() if name not in _OF_MAPS]
    seldom = len(rows) >= _MANY and documents >= _DOCUMENTS and sum(rows) <= _SELDOM * len(rows)
    return len(rows) > MOST_FIELDS or seldom


def _level(path: str, deep: int) -> str:
    head, tail = path.split(ROOT, 1)
    return head + ROOT + ".".join(tail.split(".")[: deep + 1])


def _as_maps(tallies: Tallies, maps: set[tuple[str, str]], scanner: Scanner, key: int) -> Tallies:
    made: Tallies = {}
    keys: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for (column, path), tally in tallies.items():
        level = next((one for of, one in maps if of == column and path.startswith(one + ".")), None)
        if level is not None:
            name, dot, rest = path[len(level) + 1:].partition(".")
            bare = name.replace("[]", "")
            if bare not in _OF_MAPS:
                keys[column, level][bare] = max(keys[column, level].get(bare, 0), tally.rows)
                tally.path = f"{level}.value{name[len(bare):]}{dot}{rest}"
        _put(made, column, tally)
    for (column, level), named in keys.items():
        weights = np.array(list(named.values()), np.int64)
        leaf = Leaf(f"{level}.key", pa.array(list(named), pa.string()), "string", weights=weights)
        _put(made, column, count_leaf(column, leaf, scanner, key)[0])
    return made


def _put(tallies: Tallies, column: str, tally: ColumnTally) -> None:
    if (column, tally.path) in tallies:
        tallies[column, tally.path].merge(tally)
    else:
        tallies[column, tally.path] = tally
