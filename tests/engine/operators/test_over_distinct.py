"""Where values repeat each is changed once; what comes of it is the same either way."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.operators import columns
from engine.operators.columns import over_distinct
from udfs import kernel

KEYS = {"subkey": bytes(range(32)), "second": bytes(range(32, 64)), "key_id": bytes(4)}
KERNELS = {"token": {"subkey": KEYS["subkey"]}, "encrypt": {"domain": "d", "column": "c", **KEYS},
           "encrypt_format": {"alphabet": "0123456789", "domain": "d", "column": "c", "short": "null", "subkey": KEYS["subkey"]}}


def changed(values: pa.Array) -> tuple[pa.Array, list[int]]:
    """Returns what was made of an array, and how many values at a time."""
    sizes = []

    def change(some: pa.Array) -> pa.Array:
        assert not some.null_count
        sizes.append(len(some))
        return pc.ascii_reverse(some)
    return over_distinct(values, change), sizes


@given(st.lists(st.none() | st.sampled_from(["ab", "cd", "e", "", "fgh"]), max_size=30))
def test_as_each_value_by_itself(values: list[str | None]) -> None:
    made, _ = changed(pa.array(values, pa.string()))
    assert made.to_pylist() == [None if value is None else value[::-1] for value in values]


@pytest.mark.parametrize(("values", "expected"), [
    ([f"{n % 100}" for n in range(5000)], 100),
    ([f"{n // 10}" for n in range(5000)], 500),
    ([f"{n * 7919 % 2000}" for n in range(20_000)], 20_000),  # the first thousand are different: nothing is looked for
    ([f"{n}" for n in range(5000)], 5000),
    ([None, *(f"{n}" for n in range(5000)), None], 5000),
    ([f"{n}" for n in range(5000)] + ["0"], 5001),
])
def test_each_is_changed_once_where_values_repeat(values: list[str | None], expected: int) -> None:
    made, sizes = changed(pa.array(values))
    assert sizes == [expected]
    assert made.to_pylist() == [None if value is None else value[::-1] for value in values]


@pytest.mark.parametrize("name", KERNELS)
@given(values=st.lists(st.none() | st.from_regex(r"[0-9]{6,9}|[a-zé]{0,3}", fullmatch=True), max_size=20))
def test_kernels_make_the_same_either_way(name: str, values: list[str | None]) -> None:
    array, made = pa.array([*values, *values], pa.string()), []
    for repeat in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(columns, "_repeat", lambda _, repeat=repeat: repeat)
            made.append(kernel(name)(array, **KERNELS[name]))
    assert made[0].equals(made[1])


def test_dates_move_the_same_either_way() -> None:
    dates, made = pa.array(range(60), pa.int32()).cast(pa.date32()), []
    subjects = pa.array([*range(20), *range(39), None])
    for repeat in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(columns, "_repeat", lambda _, repeat=repeat: repeat)
            made.append(kernel("date_shift")(dates, subjects, max_days=30, subkey=KEYS["subkey"]))
    assert made[0].equals(made[1])
