"""The people that releases are about."""

from __future__ import annotations

import random

import pyarrow as pa

ILLNESSES = ("flu", "cold", "gout", "asthma", "ulcer")


def town(rows: int = 120, seed: int = 1) -> pa.Table:
    """A register with ages, incomes and illnesses; who is old is more often ill with the rarer ones."""
    draw = random.Random(seed)  # noqa: S311 - test data
    ages = [draw.randrange(18, 80) for _ in range(rows)]
    return pa.table({
        "age": ages, "income": [draw.randrange(10, 90) for _ in range(rows)],
        "illness": [draw.choice(ILLNESSES[2:] if age > 55 else ILLNESSES[:4]) for age in ages]})


def streets(seed: int = 2) -> pa.Table:
    """Twelve streets with ten people each; all of one street have the same illness, next door another."""
    draw = random.Random(seed)  # noqa: S311 - test data
    street = [number // 10 for number in range(120)]
    return pa.table({"street": street, "age": [draw.randrange(18, 80) for _ in street],
                     "illness": [ILLNESSES[number % 3] for number in street]})
