"""Downcoding: the attacker puts finer values in place of published labels, and is right.

Cohen, Attacks on Deidentification's Defenses, USENIX Security 2022. It lives on labels that are no coarser than they must be: a
tight label's ends are values that somebody has. Labels that say where cuts were made tell of the cuts alone. But a cut is made
at a value that somebody has, so that who can rebuild the tree learns one value of it; public cuts, by a hierarchy, tell none.
"""

from __future__ import annotations

import re

import pyarrow as pa

from tests.attacks.people import town
from tests.attacks.releases import Published, release

CLAIMS = {"k": 5}
ENDS = re.compile(r"\[(\d+), (\d+)\]")
COLUMNS = ("age", "income")


def published(folder, cells: str, **column) -> Published:
    return release(folder, town(240), {"age": column, "income": column}, CLAIMS, recoding={"cells": cells})


def ends(label: str) -> set[int]:
    """The values that a label names."""
    found = ENDS.fullmatch(label)
    return {int(end) for end in found.groups()} if found else {int(end) for end in re.findall(r"\d+", label)}


def claims_and_truths(of: Published) -> tuple[int, int]:
    """How often an attacker may say "somebody in this class has this end of its label", and how often that is true."""
    people, said, true = of.people, 0, 0
    for rows in of.classes():
        for name in COLUMNS:
            held = {people[row["row"]][name] for row in rows}
            said += len(ends(rows[0][name]))
            true += len(ends(rows[0][name]) & held)
    return said, true


def test_ends_of_tight_labels_are_always_somebodys(tmp_path) -> None:
    of = published(tmp_path, "tight")
    said, true = claims_and_truths(of)
    assert said == true > 0.2 * len(COLUMNS) * len(of.rows), "a fifth of all cells is told, exactly"


def test_ends_of_bounds_are_a_guess(tmp_path) -> None:
    said, true = claims_and_truths(published(tmp_path, "bounds"))
    assert true < 0.7 * said


def test_bounds_follow_from_the_cuts_alone(tmp_path) -> None:
    """Each label is rebuilt from the tree without its boxes: the interval between the cuts on the way to the leaf."""
    of = published(tmp_path, "bounds")
    points = [[int(point) for point in column.points] for column in of.tree.columns]
    found = set()

    def walk(node: int, cell: tuple[tuple[float, float], ...]) -> None:
        if node < 0:
            found.add(tuple(labelled(*side) for side in cell))
            return
        column, bound, below, above = of.tree.cuts[node].tolist()
        low, high = cell[column]
        at = points[column][bound // 2]
        for child, side in ((below, (low, at)), (above, (at, high))):
            walk(child, tuple(side if number == column else old for number, old in enumerate(cell)))

    everything = (float("-inf"), float("inf"))
    walk(0, (everything,) * len(COLUMNS))
    assert found == {tuple(rows[0][name] for name in COLUMNS) for rows in of.classes()}


def labelled(low: float, high: float) -> str:
    """The label of whole numbers above ``low`` and up to ``high``."""
    if low == float("-inf"):
        return "*" if high == float("inf") else f"≤ {high}"
    if high == float("inf"):
        return f"≥ {low + 1}"
    return str(high) if low + 1 == high else f"[{low + 1}, {high}]"


def test_bounds_tell_one_value_a_cut_and_tight_labels_several_a_class(tmp_path) -> None:
    """Who rebuilds the tree knows of each cut a value that somebody below it has; this is what remains with bounds."""
    bounds, tight = published(tmp_path, "bounds"), published(tmp_path, "tight")
    told = {(column, bound) for column, bound, *_ in bounds.tree.cuts.tolist()}
    assert len(told) < len(bounds.classes())
    assert len(told) < 0.5 * claims_and_truths(tight)[1]


def test_public_cuts_tell_nobodys_value(tmp_path) -> None:
    """Labels are the hierarchy's, whoever is there; one that is a value stands for a class that has that value alone."""
    of = published(tmp_path, "bounds", hierarchy={"widths": [10, 20]})
    labels = {rows[0][name] for rows in of.classes() for name in COLUMNS}
    public = {f"[{low}, {low + width - 1}]" for width in (10, 20) for low in range(0, 100, width)}
    assert {label for label in labels if not label.isdigit()} - {"*"} <= public


def singled_out(of: Published) -> float:
    """The share of classes of which "in it, and its highest age" holds for one person of the source alone."""
    people, alone = of.people, 0
    for rows in of.classes():
        top = max(ends(rows[0]["age"]), default=None)
        alone += sum(person["age"] == top and of.fits(rows[0], person) for person in people) == 1
    return alone / len(of.classes())


def test_predicates_single_out_fewer_the_less_labels_tell(tmp_path) -> None:
    tight, bounds = (singled_out(published(tmp_path, cells)) for cells in ("tight", "bounds"))
    assert tight > bounds + 0.1
    assert bounds > singled_out(published(tmp_path, "bounds", hierarchy={"widths": [10, 20]}))


GROUPS = {"north": ["Kiel", "Bremen"], "south": ["Ulm", "Passau", "Trier"]}


def test_what_hierarchies_tell_by_their_siblings_holds_for_whole_classes(tmp_path) -> None:
    """Rows under ``south`` are not from Ulm where Ulm has a class beside them: labels are narrowed, classes are not."""
    towns = pa.table({"town": ["Ulm"] * 8 + ["Passau"] * 3 + ["Trier"] * 3 + ["Kiel"] * 6, "ill": ["flu"] * 20})
    of = release(tmp_path, towns, {"town": {"hierarchy": {"groups": GROUPS}}}, CLAIMS)
    shown = {row["town"] for row in of.rows}
    assert {"Ulm", "south"} <= shown
    left = [row for row in of.rows if row["town"] == "south"]
    assert len(left) >= CLAIMS["k"]
    assert {of.people[row["row"]]["town"] for row in left} == {"Passau", "Trier"}
