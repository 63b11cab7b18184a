"""Suppression: the attacker sees that nobody like the victim is in the release, and concludes what it can.

Suppression hides what stood in the row; it does not hide that the victim is an outlier, where labels say what classes hold.
Labels that say where cuts are made have room for outliers, and the same people find a class.
"""

from __future__ import annotations

import pyarrow as pa

from tests.attacks.people import ILLNESSES
from tests.attacks.releases import ROW, Published, release


def with_outliers() -> pa.Table:
    ages = [30 + n % 2 for n in range(60)] + [95, 99]
    return pa.table({"age": ages, "illness": [ILLNESSES[n % 3] for n in range(60)] + ["rare", "rare"]})


def without_a_class(published: Published) -> set[int]:
    return {number for number, person in enumerate(published.people) if not published.candidates(person)}


def suppressed(published: Published) -> set[int]:
    return set(range(len(published.people))) - {row[ROW] for row in published.rows}


def test_tight_labels_tell_who_was_left_out(tmp_path) -> None:
    published = release(tmp_path, with_outliers(), {"age": {}}, {"k": 5, "suppression": "5%"}, recoding={"cells": "tight"})
    assert suppressed(published) == without_a_class(published) == {60, 61}


def test_what_was_left_out_is_nowhere_in_the_release(tmp_path) -> None:
    published = release(tmp_path, with_outliers(), {"age": {}}, {"k": 5, "suppression": "5%"}, recoding={"cells": "tight"})
    assert "rare" not in {row["illness"] for row in published.rows}
    assert "rare" not in published.receipt.model_dump_json()


def test_without_suppression_everybody_has_a_class(tmp_path) -> None:
    published = release(tmp_path, with_outliers(), {"age": {}}, {"k": 5})
    assert not without_a_class(published) | suppressed(published)
