"""Conditions on rows that a generator is asked for: ``column=value``, ``column=low..high``, ``column=`` for a missing value.

A text that is empty is ``column=""``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.errors import PolicyError
from engine.synth.encoding import Bins, Categories, Encoding, as_numbers, as_text, typed

Bools = npt.NDArray[np.bool_]

_DAY = 86_400.0
_EMPTY = '""'
_HALF = Decimal("0.5")


@dataclass(frozen=True)
class Interval:
    """Numbers from ``low`` to ``high``, both included; days since 1970 for times."""

    column: str
    low: float
    high: float


@dataclass(frozen=True)
class Given:
    """What rows have to meet. Conditions on one column are alternatives, columns go together.

    Attributes:
        allowed: Place of a column → which of its codes may be, (codes,).
        intervals: Column → within a code, its numbers have to be in one of these; or missing, where code 0 may be.
    """

    allowed: Mapping[int, Bools]
    intervals: Mapping[str, tuple[Interval, ...]]

    def met(self, table: pa.Table) -> Bools:
        """Returns which rows of a decoded table meet the conditions that codes do not tell."""
        kept = np.ones(len(table), dtype=np.bool_)
        for column, intervals in self.intervals.items():
            values = as_numbers(table[column])
            inside = np.isnan(values)  # that missing ones may be, or not, is told by codes
            for interval in intervals:
                inside |= (values >= interval.low) & (values <= interval.high)
            kept &= inside
        return kept


def given(conditions: Iterable[str], encoding: Encoding, schema: pa.Schema) -> Given:
    """Returns what conditions as they are written mean.

    Args:
        conditions: As on the command line.
        encoding: Of the columns that the generator knows.
        schema: Their types.

    Raises:
        PolicyError: If one is none, names a column that there is not, or a value that it never has.
    """
    allowed: dict[int, Bools] = {}
    intervals: dict[str, list[Interval]] = {}
    for condition in conditions:
        name, sign, said = condition.partition("=")
        if not sign or name not in encoding.names:
            raise PolicyError("this is no condition on a column of the generator", where=f"--given {name}{sign}",
                              allowed=f"COLUMN=VALUE, COLUMN=LOW..HIGH or COLUMN=, of {', '.join(encoding.names)}",
                              next="correct the condition, or leave it out")
        place = encoding.names.index(name)
        column = encoding.columns[place]
        if not (said or column.missing):
            raise PolicyError("the policy says that no value of this column is ever missing", where=f"--given {name}=",
                              next="give a value, or leave the condition out")
        codes = allowed.setdefault(place, np.zeros(column.size, dtype=np.bool_))
        if isinstance(column, Bins):
            if said:
                interval = _interval(column, said, schema.field(name).type)
                intervals.setdefault(name, []).append(interval)
            codes |= _bins(column, interval) if said else _only(column.size, 0)
        else:
            codes |= _only(column.size, _label(column, said, schema.field(name).type))
    return Given(allowed, {name: tuple(found) for name, found in intervals.items()})


def _label(column: Categories, said: str, kind: pa.DataType) -> int:
    if not said:
        return 0
    for value in ("" if said == _EMPTY else said, said, *as_text(typed((said,), kind)).to_pylist()):
        if value in column.values:
            return column.values.index(value) + 1
    few = ", ".join(column.values[:8]) + (", …" if len(column.values) > 8 else "")  # noqa: PLR2004 - a line of them
    raise PolicyError("the generator knows no such value of this column", where=f"--given {column.column}=…",
                      allowed=few if column.public else f"one of the {len(column.values)} values that were named",
                      next="take a value as the synthetic table writes it")


def _interval(column: Bins, said: str, kind: pa.DataType) -> Interval:
    low, dots, high = said.partition("..")
    try:
        ends = _ends(low, high if dots else low, kind)
    except (ValueError, ArithmeticError):
        ends = (math.nan, math.nan)
    reach = (column.low, column.high)
    if not (ends[0] <= ends[1] and ends[1] >= reach[0] and ends[0] <= reach[1]):
        raise PolicyError("this is no part of the column's domain", where=f"--given {column.column}=…",
                          allowed="LOW..HIGH, both included, within the domain; dates as 2020-12-31, times as 2020-12-31T10:00",
                          next="correct the condition, or leave it out")
    if not column.whole and ends[0] == ends[1]:
        raise PolicyError("one number of a continuous column never comes", where=f"--given {column.column}=…",
                          allowed="LOW..HIGH, both included; of decimals one with no more digits than the column's",
                          next="give an interval around it")
    return Interval(column.column, *ends)


def _ends(low: str, high: str, kind: pa.DataType) -> tuple[float, float]:
    """Returns both ends of an interval. Decimals that lie in it are half of their last digit away from these."""
    if not pa.types.is_decimal(kind):
        return _number(low, kind), _number(high, kind)
    first = Decimal(low).scaleb(kind.scale).to_integral_value(ROUND_CEILING)
    last = Decimal(high).scaleb(kind.scale).to_integral_value(ROUND_FLOOR)
    return float((first - _HALF).scaleb(-kind.scale)), float((last + _HALF).scaleb(-kind.scale))


def _number(said: str, kind: pa.DataType) -> float:
    if pa.types.is_date(kind):
        return float(date.fromisoformat(said).toordinal() - date(1970, 1, 1).toordinal())
    if pa.types.is_timestamp(kind):
        moment = datetime.fromisoformat(said)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() / _DAY
    return float(said)


def _bins(column: Bins, interval: Interval) -> Bools:
    """Returns the codes of bins that the interval touches."""
    ends = column.low + np.arange(column.bins + 1) * (column.high - column.low) / column.bins
    return np.concatenate([[False], (ends[:-1] <= interval.high) & (ends[1:] >= interval.low)])


def _only(size: int, code: int) -> Bools:
    return np.asarray(np.arange(size) == code)
