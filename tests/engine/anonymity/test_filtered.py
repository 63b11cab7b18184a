"""Cuts by quasi-identifiers alone: the tree is that of k, less the classes that break another claim, recounted row by row."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.anonymity.mondrian import build_tree
from engine.errors import GuaranteeNotMet
from schemas.policy import Guarantees
from schemas.policy.recoding import Recoding
from tests.engine.anonymity.cubes import columns, cube_of

QUASI = Recoding(cuts="quasi")
ROWS = st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abc"), st.sampled_from(["flu", "cold", "well"])),
                min_size=3, max_size=40)


def table(rows) -> pa.Table:
    age, town, ill = zip(*rows, strict=True)
    return pa.table({"age": list(age), "town": list(town), "s": list(ill)})


def classes(tree, source: pa.Table) -> list[int]:
    return tree.route([source["age"], source["town"]]).tolist()


def holds(claim: dict, ills: list[str]) -> bool:
    """Each claim by its definition, of one class."""
    counts = sorted(Counter(ills).values(), reverse=True)
    if "distinct" in claim:
        return len(counts) >= claim["distinct"]
    return counts[0] < claim["recursive"]["c"] * sum(counts[claim["recursive"]["l"] - 1:])


@given(ROWS, st.sampled_from([{"distinct": 2}, {"distinct": 3}, {"recursive": {"c": 1.5, "l": 2}}]))
def test_classes_are_those_of_k_less_those_that_break_the_claim(rows, claim) -> None:
    source = table(rows)
    cube = cube_of(source, sensitive=("s",))
    promised = Guarantees.model_validate({"k": 3, "l": {"column": "s", **claim}, "suppression": 1})
    before = classes(build_tree(cube, columns(cube), Guarantees(k=3)), source)
    kept = {leaf for leaf in before if holds(claim, [row[2] for row, of in zip(rows, before, strict=True) if of == leaf])}
    if not kept:
        with pytest.raises(GuaranteeNotMet):
            build_tree(cube, columns(cube), promised, QUASI)
        return
    tree = build_tree(cube, columns(cube), promised, QUASI)
    after = classes(tree, source)
    assert [of == tree.suppressed for of in after] == [leaf not in kept for leaf in before]
    assert len(set(zip(before, after, strict=True)) - {(leaf, tree.suppressed) for leaf in before}) == len(kept)


def test_more_than_may_be_left_out_is_refused() -> None:
    cube = cube_of(table([(1, "a", "flu")] * 5 + [(9, "a", ill) for ill in ("flu", "cold", "well") * 2]), sensitive=("s",))
    claims = {"k": 3, "l": {"column": "s", "distinct": 2}}
    with pytest.raises(GuaranteeNotMet, match="which cuts: quasi does not heed"):
        build_tree(cube, columns(cube), Guarantees.model_validate({**claims, "suppression": 0.4}), QUASI)
    left = build_tree(cube, columns(cube), Guarantees.model_validate({**claims, "suppression": 0.5}), QUASI)
    assert len(left.leaves) == 1


@given(ROWS)
def test_without_other_claims_it_is_the_same_tree(rows) -> None:
    cube = cube_of(table(rows), sensitive=("s",))
    assert build_tree(cube, columns(cube), Guarantees(k=3), QUASI) == build_tree(cube, columns(cube), Guarantees(k=3))
