"""What grows below one node, where its tuples were gathered; and how it travels: as lists of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.anonymity.assemble import Grown, Split
from engine.anonymity.axes import Axis
from engine.anonymity.claims import Claim, Claims
from engine.anonymity.far.blocks import Items
from engine.anonymity.far.tally import Fork
from engine.anonymity.large import MOST_VALUES
from engine.anonymity.loops.ground import Aim
from engine.anonymity.models import Model

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_WHOLE, _REAL = pa.list_(pa.int64()), pa.list_(pa.float64())
BELOW = pa.schema([("place", pa.int64()), ("nodes", pa.int64()), ("thresholds", _WHOLE), ("splits", _WHOLE), ("leaf", _WHOLE),
                   ("cell", _WHOLE), ("starts", _WHOLE), ("held", _WHOLE), ("offers", _WHOLE), ("gain", _REAL), ("cost", _REAL)])


@dataclass(frozen=True)
class Plot:
    """What trees grow on where tuples are gathered, the tuples aside.

    Attributes:
        axes: Of the columns.
        weights: Of their losses.
        k: Smallest class.
        models: Of the claims, in the order of the codes.
        hashed: Whether a claim's codes are hashes: of those on the number of different values, where these are too many.
        aim: What a good tree is; its target, if it has one, comes after the claims' codes.
        rows: Of the whole table.
        tuples: Of the whole cube.
        budget: Rows that a leaf may offer to leave out.
        coarsest: Of each axis, the level of its hierarchy, as the axis counts them, above which labels may not be, if any.
    """

    axes: Sequence[Axis]
    weights: Floats
    k: int
    models: Sequence[Model]
    hashed: Sequence[bool]
    aim: Aim
    rows: int
    tuples: int
    budget: int = 0
    coarsest: Sequence[int | None] = ()


@dataclass(frozen=True)
class Below:
    """What grew in one place.

    Attributes:
        grown: The trees, nodes 0, 1, … their roots; without tuples.
        held: Of each axis, where the positions of each leaf begin, and these, as ``engine.anonymity.axes.Leaves`` has them; if
            labels say what a leaf holds.
        gain: What each leaf offers: what the cost falls by if a side of a cut is left out.
        offers: Rows left out, axis, position, whether the lower side goes; (leaves, 4).
        cost: Of each leaf.
    """

    grown: Grown
    held: Sequence[tuple[Ints, Ints]]
    gain: Floats
    offers: Ints
    cost: Floats


def grow_below(plot: Plot, fork: Fork, items: Items) -> Below:
    """Returns what grows from the open nodes whose tuples are here, in the order of their places."""
    from engine.anonymity.growth import Growth  # noqa: PLC0415 - loads the compiler
    from engine.anonymity.soil import Soil  # noqa: PLC0415 - the same

    models = zip(plot.models, plot.hashed, strict=True)
    claims = Claims(plot.k, tuple(_claim(*model, items.codes[:, i]) for i, model in enumerate(models)))
    aim = plot.aim if plot.aim.target is None else replace(plot.aim, target=items.codes[:, -1])
    soil = Soil(plot.axes, items.positions, items.rows, plot.weights, claims, aim, whole=(plot.rows, plot.tuples))
    growth, node = Growth(soil), fork.of(items.positions)
    nodes, order = np.unique(node), np.argsort(node, kind="stable")
    parts = np.split(order, np.searchsorted(node[order], nodes[1:]))
    growth.grow([(part, fork.low[number], fork.high[number]) for number, part in zip(nodes, parts, strict=True)])
    gain, offers, cost = growth.peels(plot.budget)
    held = [_held(axis, growth.grown, items.positions[:, j]) for j, axis in enumerate(plot.axes)] if aim.tight else []
    return Below(growth.grown, held, gain, offers, cost)


def _claim(model: Model, hashed: bool, codes: Ints) -> Claim:  # noqa: FBT001 - the two stand side by side in a plot
    if not hashed:
        return Claim(model, codes)
    here = np.unique(codes, return_inverse=True)[1]
    return Claim(replace(model, table=np.bincount(here, minlength=MOST_VALUES + 1).astype(np.int64)), here.astype(np.int64))


def _held(axis: Axis, grown: Grown, positions: Ints) -> tuple[Ints, Ints]:
    """Returns the positions of each leaf; where labels name no value in between, only those that labels need."""
    leaf = np.repeat(np.arange(len(grown.leaf)), np.diff(grown.starts))
    keys = np.unique(leaf * axis.extent + positions[grown.index])
    leaf, place = keys // axis.extent, keys % axis.extent
    if not axis.counted:
        edge = leaf[1:] != leaf[:-1]
        special = place < axis.special
        kept = special | np.append(True, edge | special[:-1]) | np.append(edge, True)
        leaf, place = leaf[kept], place[kept]
    return np.searchsorted(leaf, np.arange(len(grown.leaf) + 1)), place


def to_row(place: int, below: Below) -> pa.Table:
    """Returns one row of ``BELOW``."""
    grown = below.grown
    splits = [number for node, split in sorted(grown.splits.items()) for number in (
        node, split.axis, len(split.runs), *(part for run in split.runs for part in run))]
    starts = np.concatenate([starts for starts, _ in below.held]) if below.held else np.zeros(0, np.int64)
    held = np.concatenate([held for _, held in below.held]) if below.held else np.zeros(0, np.int64)
    lists = [grown.thresholds, np.array(splits, np.int64), grown.leaf, grown.cell, starts, held,
             below.offers, below.gain, below.cost]
    cells = [pa.array([one.ravel()], field.type) for one, field in zip(lists, list(BELOW)[2:], strict=True)]
    return pa.table([pa.array([place]), pa.array([grown.nodes]), *cells], schema=BELOW)


def from_row(row: pa.Table, axes: int) -> tuple[int, Below]:
    """Returns what one row of ``BELOW`` says: the place, and what grew there."""
    lists = {name: np.asarray(row[name].combine_chunks().flatten()) for name in BELOW.names[2:]}
    leaves = len(lists["leaf"])
    splits, rest = {}, lists["splits"].tolist()
    at = 0
    while at < len(rest):
        node, axis, number = rest[at:at + 3]
        runs = rest[at + 3:at + 3 + 2 * number]
        splits[node] = Split(axis, tuple(zip(runs[::2], runs[1::2], strict=True)))
        at += 3 + 2 * number
    grown = Grown(lists["thresholds"].reshape(-1, 5), lists["leaf"], np.zeros(0, np.int64), np.zeros(leaves + 1, np.int64),
                  lists["cell"].reshape(2, leaves, axes), row["nodes"][0].as_py(), splits)
    held, begin = [], 0
    for starts in lists["starts"].reshape(-1, leaves + 1):
        held.append((starts, lists["held"][begin:begin + starts[-1]]))
        begin += int(starts[-1])
    return row["place"][0].as_py(), Below(grown, held, lists["gain"], lists["offers"].reshape(-1, 4), lists["cost"])
