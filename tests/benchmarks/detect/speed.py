"""How fast the scanner is in one process: on clean text, on dense text, on columns of few distinct values; and the peer."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from tests.benchmarks.detect import ours, peer
from tests.benchmarks.detect.clean import corpora
from tests.benchmarks.detect.clocks import Speed, boxed, speed
from tests.benchmarks.detect.dense import Dense, texts
from tests.benchmarks.detect.figures import Figure, figure

CLEAN, DENSE, CELLS, RATIO, TYPES = 100, 50, 5, 500, 60
_TAKEN = "one core, Scanner.find in one process, no value twice, at most 4 MB a call"
_TOWNS = ("Nordhafen", "Sundby", "Kolmar", "Estrela", "Balvi", "Tharn")
_STATES = ("new", "open", "shipped", "returned", "cancelled", "paid", "on hold", "awaiting payment", "in transit", "closed")


def measure(seconds: float) -> list[Figure]:
    """Returns the figures; they take about ``seconds`` and the time to write the texts."""
    kinds = corpora()
    each = seconds / (2 * len(kinds) + 8)
    dense = Dense()
    cells = {one.name: one.take for one in kinds} | {"dense": lambda size, part=0: texts(dense.notes(size, part))}
    found = {name: speed(_scan(take), each) for name, take in cells.items()}
    peer.analyzer()
    others = {name: boxed(peer.analyze, take(1 << 18, 1), each) for name, take in cells.items()}
    clean = [one.name for one in kinds if not one.column]
    overall = [statistics.harmonic_mean([rates[name] for name in clean]) for rates in (_medians(found), others)]
    peers = "Presidio as installed, by bytes of a part of the same texts"
    return [
        figure("clean text, all kinds alike", overall[0] / 1e6, "MB/s", bar=CLEAN, peer=overall[1] / 1e6,
               note=f"harmonic mean of {len(clean)} kinds; {_TAKEN}; peer: {peers}"),
        figure("dense text", found["dense"].median / 1e6, "MB/s", bar=DENSE, peer=others["dense"] / 1e6,
               note=f"an entity every 67 bytes, {len(dense.types)} types; {found['dense'].spread()}"),
        figure("ratio to the peer, clean text", overall[0] / overall[1], "times", bar=RATIO, note=peers),
        figure("ratio to the peer, dense text", found["dense"].median / others["dense"], "times", bar=RATIO, note=peers),
        figure("entity types on", len(ours.types(ours.scanner())), "types", bar=TYPES,
               peer=len(peer.analyzer().get_supported_entities("en"))),
        *_of_cells(4 * each),
        *(figure(f"speed: {one.name}", found[one.name].median / 1e6, "MB/s", peer=others[one.name] / 1e6,
                 note=f"{found[one.name].spread()}; {one.about}") for one in kinds),
    ]


def _medians(found: dict[str, Speed]) -> dict[str, float]:
    return {name: one.median for name, one in found.items()}


def _scan(take: Callable[[int, int], Sequence[str]]) -> Callable[[int, int], tuple[Callable[[], object], int]]:
    def work(size: int, part: int) -> tuple[Callable[[], object], int]:
        array = pa.array(take(size, part), pa.string())
        return (lambda: ours.scanner().find(array)), int(array.nbytes) - 4 * (len(array) + 1)
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
                   note=f"one core, harmonic mean of four columns of plain strings, slowest {min(plain) / 1e6:.3g}"), *lines]


def _column(name: str, share: float, *, encoded: bool) -> Callable[[int, int], tuple[Callable[[], object], int]]:
    def work(size: int, part: int) -> tuple[Callable[[], object], int]:
        rng = np.random.default_rng([part, len(name)])
        values = _values(name, max(1, int(size * share)), part)
        indices = pa.array(rng.integers(0, len(values), size, np.int32))
        column = pa.DictionaryArray.from_arrays(indices, pa.array(values, pa.string()))
        array = column if encoded else column.cast(pa.string())
        return (lambda: ours.scanner().find(array)), size
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
