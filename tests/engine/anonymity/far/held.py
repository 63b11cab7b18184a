"""A far cube that is a table in memory, in parts: the port, done slowly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.anonymity.cube import Cube
from engine.anonymity.far.blocks import Items
from engine.anonymity.far.cube import Counted
from engine.anonymity.far.places import Leveled, Place
from engine.anonymity.far.subtree import BELOW, Below, Plot, from_row, grow_below, to_row
from engine.anonymity.far.tally import TALLY, Fork, Spread, ends_tallied, read, tallied, with_different
from engine.anonymity.values import comparable, normalized
from schemas.reserved import COUNT


class HeldCube:
    """Satisfies ``engine.anonymity.far.FarCube``."""

    def __init__(self, cube: Cube, parts: int = 3, seed: int = 0) -> None:
        order = np.random.default_rng(seed).permutation(cube.table.num_rows)
        self.table, self.quasi, self.sensitive = cube.table.take(pa.array(order)), cube.quasi, cube.sensitive
        self.rows = cube.rows
        self.tuples, self.parts, self.closed, self.seen = cube.table.num_rows, parts, 0, []

    def type(self, column: str) -> pa.DataType:
        return normalized(self.table[column]).type

    def _keyed(self, column: str, keys: pa.Array) -> pa.Table:
        table = pa.table({"key": keys, COUNT: self.table[COUNT], "value": normalized(self.table[column])})
        found = {}
        for key, count, value in zip(*(table[name].to_pylist() for name in table.column_names), strict=True):
            known = "NaN" if isinstance(key, float) and np.isnan(key) else key
            rows, values, first = found.get(known, (0, [], key))
            found[known] = rows + count, [*values, value], first
        type_ = table["value"].type
        examples = [min((v for v in values if v is not None), default=None) for _, values, _ in found.values()]
        return pa.table({
            "key": pa.array([first for _, _, first in found.values()], table["key"].type),
            COUNT: pa.array([rows for rows, _, _ in found.values()], pa.int64()),
            "example": pa.array(examples, type_),
            "values": pa.array([len(set(map(repr, values))) for _, values, _ in found.values()], pa.int64())})

    def grouped(self, column: str, most: int, level: Leveled | None = None) -> pa.Table | None:
        values = normalized(self.table[column])
        found = self._keyed(column, values if level is None else level.keys(values))
        return None if found.num_rows > most else found

    def frequent(self, column: str, most: int) -> pa.Table:
        found = self._keyed(column, normalized(self.table[column])).sort_by([(COUNT, "descending"), ("key", "ascending")])
        return found.slice(0, most)

    def sample(self, column: str, about: int) -> pa.Array:
        values = pc.unique(normalized(self.table[column]).drop_null())
        real = values.filter(pc.invert(pc.is_null(values, nan_is_null=True)))
        order = np.argsort(comparable(real), kind="stable")
        drawn = np.append(np.arange(0, len(order), max(1, len(order) // about)), len(order) - 1)
        return real.take(pa.array(order[np.unique(drawn)]))

    def distinct(self, column: str) -> int:
        return len(pc.unique(normalized(self.table[column])))

    def placed(self, column: str, place: Place) -> pa.Table:
        return self._keyed(column, pa.array(place.of(normalized(self.table[column]))))

    @contextmanager
    def coded(self, positions: Mapping[str, Place], codes: Sequence[tuple[str, Place]]) -> Iterator[HeldCoded]:
        columns = [place.of(normalized(self.table[name])) for name, place in chain(positions.items(), codes)]
        names = [f"c{i}" for i in range(len(columns))]
        coded = pa.table([*columns, self.table[COUNT]], names=[*names, COUNT])
        coded = coded.group_by(names).aggregate([(COUNT, "sum")]).rename_columns([*names, COUNT])
        yield HeldCoded(coded, len(positions), self)

    def close(self) -> None:
        self.closed += 1


class HeldCoded:
    """Satisfies ``engine.anonymity.far.Coded``."""

    def __init__(self, table: pa.Table, axes: int, cube: HeldCube) -> None:
        self.table, self.axes, self.tuples, self.cube = table, axes, table.num_rows, cube

    def _parts(self) -> list[list[pa.RecordBatch]]:
        step = max(1, -(-self.table.num_rows // self.cube.parts))
        return [self.table.slice(first, step).combine_chunks().to_batches() for first in range(0, self.table.num_rows, step)]

    def counts(self, fork: Fork, spread: Spread) -> Mapping[int, Counted]:
        self.cube.seen.append(fork.nodes)
        found = read(added(one for part in self._parts() for one in tallied(part, fork, spread)), spread)
        for code in spread.different:
            items = Items.read(self.table.to_batches(), self.axes)
            node = fork.of(items.positions)
            kept = node < fork.nodes
            stops = np.stack([stop[items.positions[:, j]] for j, stop in enumerate(spread.stop)], axis=1)
            names = [f"s{j}" for j in range(self.axes)]
            table = pa.table([node[kept], items.codes[kept, code], *stops[kept].T], names=["n", "c", *names])
            ends = table.group_by(["n", "c"]).aggregate([(name, which) for which in ("min", "max") for name in names])
            sums = added(ends_tallied(ends.to_batches(), spread))
            for place, (_, along) in found.items():
                along[:] = [with_different(counts, spread, (j, place, code), sums) for j, counts in enumerate(along)]
        return {place: Counted(*one) for place, one in found.items()}

    def below(self, fork: Fork, plot: Plot) -> Mapping[int, Below]:
        items = Items.read(self.table.to_batches(), self.axes)
        node = fork.of(items.positions)
        found = {}
        for group in np.unique(fork.group):
            kept = np.isin(node, np.flatnonzero(fork.group == group))
            part = Items(items.positions[kept], items.codes[kept], items.rows[kept])
            row = to_row(int(group), grow_below(plot, fork, part))
            assert row.schema == BELOW
            place, below = from_row(row, self.axes)
            found[place] = below
        return found


def added(parts: Iterable[pa.RecordBatch]) -> pa.Table:
    whole = pa.Table.from_batches(list(parts), schema=TALLY)
    return whole.group_by(["kind", "cell"]).aggregate([("n", "sum")]).rename_columns(["kind", "cell", "n"]).cast(TALLY).sort_by(
        [("kind", "ascending"), ("cell", "ascending")])
