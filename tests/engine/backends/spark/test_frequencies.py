"""What counting on Spark does without a session: how sets are numbered, and how a cube is kept."""

from __future__ import annotations

from itertools import combinations

import pytest
from pyspark.errors import PySparkException

from engine.backends.spark.frequencies import _left_out, kept


def test_a_set_is_numbered_as_grouping_id_does():
    """Spark: grouping_id() is (grouping(c1) << (n-1)) + ... + grouping(cn); grouping is 1 where the column is left out."""
    used = ["a", "b", "c"]
    assert _left_out(("a", "b", "c"), used) == 0
    assert _left_out(("a",), used) == 0b011
    assert _left_out(("c", "a"), used) == 0b010
    assert _left_out((), used) == 0b111
    every = [names for size in range(4) for names in combinations(used, size)]
    assert len({_left_out(names, used) for names in every}) == 8


class Frame:
    """A cube that may be kept, or not (Databricks serverless)."""

    def __init__(self, *, allowed: bool) -> None:
        self.allowed, self.said = allowed, []

    def persist(self):
        if not self.allowed:
            raise PySparkException("[NOT_SUPPORTED_WITH_SERVERLESS] PERSIST TABLE is not supported on serverless compute")
        self.said.append("kept")
        return self

    def unpersist(self):
        self.said.append("let go")


def test_a_cube_is_kept_while_it_is_counted_and_let_go_whatever_happens():
    frame = Frame(allowed=True)
    with kept(frame) as cube:
        assert cube is frame
        assert frame.said == ["kept"]
    assert frame.said.pop() == "let go"
    with pytest.raises(ZeroDivisionError), kept(frame):
        1 / 0  # noqa: B018 - fails
    assert frame.said == ["kept", "kept", "let go"]


def test_where_nothing_may_be_kept_it_is_counted_anew():
    frame = Frame(allowed=False)
    with kept(frame) as cube:
        assert cube is frame
    assert frame.said == []
