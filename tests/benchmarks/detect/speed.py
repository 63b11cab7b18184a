"""How fast the scanner is in one process: on clean text, on dense text, on columns of few distinct values; and the peer."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from engine.detect.scanner import Scanner
from tests.benchmarks.detect import ours, peer
from tests.benchmarks.detect.clean import corpora
from tests.benchmarks.detect.clocks import Speed, boxed, speed
from tests.benchmarks.detect.dense import Dense, texts
from tests.benchmarks.detect.figures import Figure, figure

CLEAN, DENSE, CELLS, RATIO, TYPES = 100, 50, 5, 500, 60
_TAKEN = "one core, Scanner.find in one process, no value twice, at most 4 MB a call"
_TOWNS = ("Nordhafen", "Sundby", "Kolmar", "Estrela", "Balvi", "Tharn")
_PEER = "Presidio as installed, by bytes of a part of the same texts"
_STATES = ("new", "open", "shipped", "returned", "cancelled", "paid", "on hold", "awaiting payment", "in transit", "closed")


def measure(seconds: float) -> list[Figure]:
    """Returns the figures; they take about ``seconds`` and the time to write the texts."""
    kinds = corpora()
    each = seconds / (3 * len(kinds) + 14)
    dense, denser = Dense.usual(), Dense()
    cells = {**{one.name: one.take for one in kinds}, "dense": _written(dense), "denser": _written(denser)}
    peer.analyzer()
    first, whole = ({name: speed(_scan(take, scanner), each) for name, take in cells.items()}
                    for scanner in (ours.first_tier(), ours.scanner()))
    others = {name: boxed(peer.analyze, take(1 << 18, 1), each) for name, take in cells.items()}
    clean = [one.name for one in kinds if not one.column]
    overall = [statistics.harmonic_mean([rates[name] for name in clean]) for rates in (_medians(first), _medians(whole), others)]
    return [
        figure("clean text, first tier", overall[0] / 1e6, "MB/s", bar=CLEAN, peer=overall[2] / 1e6,
               note=f"{len(clean)} kinds alike (harmonic mean); {_TAKEN}; peer: {_PEER}"),
        figure("dense text, first tier", first["dense"].median / 1e6, "MB/s", bar=DENSE, peer=others["dense"] / 1e6,
               note=f"an entity every 67 bytes, of {len(dense.types)} types; {first['dense'].spread()}"),
        figure("ratio to the peer, clean text", overall[0] / overall[2], "times", bar=RATIO, note=_PEER),
        figure("ratio to the peer, dense text", first["dense"].median / others["dense"], "times", bar=RATIO, note=_PEER),
        figure("entity types on", len(ours.types(ours.first_tier())), "types", bar=TYPES,
               peer=len(peer.analyzer().get_supported_entities("en"))),
        *_of_cells(4 * each),
        figure("clean text, all tiers", overall[1] / 1e6, "MB/s", note="names and whatever else runs by default"),
        figure("dense text, all tiers", whole["dense"].median / 1e6, "MB/s", note=whole["dense"].spread()),
        figure("dense text of every type, first tier", first["denser"].median / 1e6, "MB/s", peer=others["denser"] / 1e6,
               note=f"{len(denser.types)} types; {first['denser'].spread()}; all tiers {whole['denser'].median / 1e6:.3g}"),
        *(figure(f"{one.name}, first tier", first[one.name].median / 1e6, "MB/s", peer=others[one.name] / 1e6,
                 note=f"{first[one.name].spread()}; all tiers {whole[one.name].median / 1e6:.3g}; {one.about}") for one in kinds),
    ]


def _written(dense: Dense) -> Callable[[int, int], list[str]]:
    return lambda size, part: texts(dense.notes(size, part))


def _medians(found: dict[str, Speed]) -> dict[str, float]:
    return {name: one.median for name, one in found.items()}


def _scan(take: Callable[[int, int], Sequence[str]], scanner: Scanner) -> Callable[[int, int], tuple[Callable[[], object], int]]:
    def work(size: int, part: int) -> tuple[Callable[[], object], int]:
        texts_ = take(size, part)
        array = pa.array(texts_, pa.string())
        return (lambda: scanner.find(array)), sum(len(text.encode()) for text in texts_)
    return work


def _of_cells(seconds: float) -> list[Figure]:
    """Columns in which at most one value in a hundred is another: as plain strings, and encoded as Parquet gives them."""
    found = {}
    for name, share in (("10 states", 0.0), ("1% distinct: towns and codes", 0.01), ("1% distinct: dates", 0.01),
                        ("0.1% distinct: e-mail addresses", 0.001)):
        for encoded in (False, True):
            found[name, encoded] = speed(_column(name, share, encoded=encoded), seconds / 8, 4_000_000)
    plain = [one.median for (_, encoded), one in found.items() if not encoded]
    lines = [figure(f"cells: {name}{', dictionary' if encoded else ''}", one.median / 1e6, "M/s", note=one.spread())
             for (name, encoded), one in found.items()]
    return [figure("cells of columns with at most 1% distinct values", statistics.harmonic_mean(plain) / 1e6, "M/s", bar=CELLS,
                   note=f"one core, first tier, harmonic mean of four columns of plain strings; slowest {min(plain) / 1e6:.3g}"),
            *lines]


def _column(name: str, share: float, *, encoded: bool) -> Callable[[int, int], tuple[Callable[[], object], int]]:
    def work(size: int, part: int) -> tuple[Callable[[], object], int]:
        rng = np.random.default_rng([part, len(name)])
        values = _values(name, max(1, int(size * share)), part)
        indices = pa.array(rng.integers(0, len(values), size, np.int32))
        column = pa.DictionaryArray.from_arrays(indices, pa.array(values, pa.string()))
        array = column if encoded else column.cast(pa.string())
        return (lambda: ours.first_tier().find(array)), size
    return work


def _values(name: str, count: int, part: int) -> list[str]:
    if name == "10 states":
        return list(_STATES)
    if "dates" in name:
        days = np.datetime64("1930-01-01") + np.arange(part, part + min(count, 35_000))
        return [str(day) for day in days]
    if "mail" in name:
        return [f"user{number:05}.{part}@mail.example.org" for number in range(count)]
    return [f"{_TOWNS[number % len(_TOWNS)]} {number * 7919 % 99991:05}" for number in range(count)]
