"""What a table of the column benchmark is: columns with made-up values, two realistic names each, and what they are.

The truth follows five conventions. An identifier of a person, a record, an account or a device is *direct*, of the category that
it identifies by. Dates, places coarser than an address (coordinates included), demographic facts and browser descriptions are
*quasi*. Facts about health, money and belief are *sensitive*. Prose, and what cannot be looked into, is *text*. Everything
about things, states and pipelines is *insensitive*.
"""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from faker import Faker

from tests.benchmarks.columns import pools

Truth = tuple[str, str]

IDENTITY, CONTACT, ACCOUNT = ("direct", "identity"), ("direct", "contact"), ("direct", "financial")
INSURED, ONLINE = ("direct", "health"), ("direct", "online")
ADDRESS, CREDENTIAL = ("direct", "location"), ("direct", "credential")
DATE, PLACE, PERSONAL, AGENT = ("quasi", "date"), ("quasi", "location"), ("quasi", "demographic"), ("quasi", "online")
HEALTH, MONEY, BELIEF = ("sensitive", "health"), ("sensitive", "financial"), ("sensitive", "demographic")
TEXT, THING = ("text", "free text"), ("insensitive", "other")


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: Its name in the table's own style.
        other: The same in another style: abbreviated, of another language, of another system. The same again where there is none.
        truth: Role and category, by its content.
        values: Its cells.
        speaks: Whether the cells alone say what they are, so that a wrong name must not matter. A plain number does not.
        also: What another careful person could say.
    """

    name: str
    other: str
    truth: Truth
    values: Sequence[Any] | pa.Array
    speaks: bool = True
    also: Truth | None = None


Maker = Callable[["Make"], list[Column]]


class Make:
    """Draws values; the same seed draws the same."""

    def __init__(self, rows: int, seed: int, locale: str = "en_US") -> None:
        self.rows = rows
        self.draw = random.Random(seed)  # noqa: S311 - made-up people
        self.fake = Faker(locale)
        self.fake.seed_instance(seed)

    def each(self, one: Callable[[], Any]) -> list[Any]:
        return [one() for _ in range(self.rows)]

    def of(self, *values: Any) -> list[Any]:
        return self.draw.choices(values, k=self.rows)

    def yes_or_no(self) -> list[bool]:
        return [bool(self.draw.getrandbits(1)) for _ in range(self.rows)]

    def some(self, values: Sequence[Any], share: float) -> list[Any]:
        """Leaves a share of the cells filled."""
        return [value if self.draw.random() < share else None for value in values]

    def form(self, picture: str) -> list[str]:
        """9 a digit, A a capital, h a hex digit, anything else itself."""
        return self.each(lambda: "".join(self._sign(sign) for sign in picture))

    def _sign(self, sign: str) -> str:
        of = {"9": "0123456789", "A": "ABCDEFGHJKLMNPRSTUVWXYZ", "h": "0123456789abcdef"}
        return self.draw.choice(of[sign]) if sign in of else sign

    def codes(self, picture: str, kinds: int) -> list[str]:
        """Codes of few kinds of things."""
        few = ["".join(self._sign(sign) for sign in picture) for _ in range(kinds)]
        return self.draw.choices(few, k=self.rows)

    def serial(self, first: int = 100001) -> list[int]:
        return list(range(first, first + self.rows))

    def whole(self, low: int, high: int) -> list[int]:
        return self.each(lambda: self.draw.randint(low, high))

    def real(self, low: float, high: float, digits: int = 2) -> list[float]:
        return self.each(lambda: round(self.draw.uniform(low, high), digits))

    def days(self, first: int, last: int, form: str = "") -> list[Any]:
        """Days between two years, as dates or written in a form."""
        start, span = dt.date(first, 1, 1), (last - first) * 365
        days = self.each(lambda: start + dt.timedelta(days=self.draw.randint(0, span)))
        return [day.strftime(form) for day in days] if form else days

    def times(self, first: int, last: int, form: str = "") -> list[Any]:
        """Moments between two years, as timestamps or written in a form."""
        start, span = dt.datetime(first, 1, 1, tzinfo=dt.UTC), (last - first) * 365 * 86_400
        times = self.each(lambda: start + dt.timedelta(seconds=self.draw.randint(0, span)))
        return [time.strftime(form) for time in times] if form else times

    def loads(self, form: str = "") -> list[Any]:
        """When a pipeline loaded the rows: in a few runs."""
        runs = [dt.datetime(2025, 3, day, 2, 15, 7 + day, tzinfo=dt.UTC) for day in (1, 2, 3)]
        return [run.strftime(form) if form else run for run in sorted(self.of(*runs))]

    def given(self) -> list[str]:
        return self.of(*pools.GIVEN)

    def family(self) -> list[str]:
        return self.of(*pools.FAMILY)

    def full(self, form: str = "{given} {family}") -> list[str]:
        return [form.format(given=given, family=family) for given, family in zip(self.given(), self.family(), strict=True)]

    def mail(self) -> list[str]:
        return self.each(self.fake.email)

    def uuids(self) -> list[str]:
        return self.each(lambda: str(uuid.UUID(int=self.draw.getrandbits(128), version=4)))

    def prose(self, sentences: Sequence[str], slots: dict[str, Sequence[str]] | None = None) -> list[str]:
        """Two or three sentences a cell, some with names, numbers and dates in them."""
        slots = {"name": [f"{a} {b}" for a, b in zip(self.given(), self.family(), strict=True)], **(slots or {})}

        def one() -> str:
            drawn = {slot: self.draw.choice(values) for slot, values in slots.items()}
            return " ".join(self.draw.sample(sentences, k=self.draw.choice((2, 3)))).format(**drawn)

        return self.each(one)


def table(columns: Sequence[Column], names: Sequence[str]) -> pa.Table:
    """Returns the columns under the given names."""
    arrays = [one.values if isinstance(one.values, pa.Array) else pa.array(one.values) for one in columns]
    return pa.Table.from_arrays(arrays, names=list(names))


def namings(columns: Sequence[Column], seed: int) -> dict[str, list[str]]:
    """Returns four ways to name a table's columns.

    ``realistic`` and ``other`` are the columns' own names. In ``cryptic`` and ``swapped``, the columns whose values speak are
    called c1, c2, … or by each other's names; the others keep theirs, as there would be nothing left to go by.
    """
    speaking = [place for place, one in enumerate(columns) if one.speaks]
    turned = random.Random(seed).sample(speaking, len(speaking))  # noqa: S311 - any order
    after = dict(zip(turned, turned[1:] + turned[:1], strict=True))  # one cycle: no column keeps its own name
    return {
        "realistic": [one.name for one in columns],
        "other": [one.other for one in columns],
        "cryptic": [f"c{place + 1}" if one.speaks else one.name for place, one in enumerate(columns)],
        "swapped": [columns[after.get(place, place)].name for place in range(len(columns))],
    }


def one(name: str, truth: Truth, values: object, *, speaks: bool = True, also: Truth | None = None) -> Column:
    """A column with one name."""
    return Column(name, name, truth, values, speaks, also)
