"""Items as quasi-identifiers: the attacker knows some of what the victim bought, and looks for rows that hold it all.

k^m-anonymity protects who is known by at most m items (Terrovitis, Mamoulis, Kalnis, PVLDB 1(1), 2008); not by more, and not by
items together with other columns.
"""

from __future__ import annotations

import random
from itertools import combinations

import pyarrow as pa

from tests.attacks.releases import Published, release

GROUPS = {"fruit": ["apple", "pear", "plum"], "bread": ["rye", "roll", "bun"],
          "drink": {"hot": ["tea", "coffee"], "cold": ["beer"]}}
ABOVE = {"apple": {"fruit"}, "pear": {"fruit"}, "plum": {"fruit"}, "rye": {"bread"}, "roll": {"bread"}, "bun": {"bread"},
         "tea": {"hot", "drink"}, "coffee": {"hot", "drink"}, "beer": {"cold", "drink"}}
K = 4


def baskets() -> pa.Table:
    draw = random.Random(4)  # noqa: S311 - test data
    bought = [sorted(draw.sample(sorted(ABOVE), draw.randrange(1, 5))) for _ in range(80)]
    return pa.table({"bought": pa.array(bought, pa.list_(pa.string()))})


def fewest(published: Published, m: int) -> int:
    """Rows that hold what an attacker knows, at least, of all who hold one: m items of some person that have a label."""
    shown = {label for row in published.rows for label in row["bought"]}
    least = len(published.rows)
    for person in published.people:
        labels = [{item, "*", *ABOVE[item]} & shown for item in person["bought"]]
        for known in combinations([label for label in labels if label], min(m, len(labels))):
            least = min(least, sum(all(label & set(row["bought"]) for label in known) for row in published.rows))
    return least


def test_whoever_knows_m_items_finds_k_rows(tmp_path) -> None:
    claim = {"column": "bought", "k": K, "m": 2, "items": "10%"}
    published = release(tmp_path, baskets(), {"bought": {"hierarchy": {"groups": GROUPS}}}, {"km": claim})
    assert {label for row in published.rows for label in row["bought"]} != {"*"}
    assert fewest(published, 1) >= K
    assert fewest(published, 2) >= K


def test_whoever_knows_more_items_finds_fewer(tmp_path) -> None:
    claim = {"column": "bought", "k": K, "m": 1}
    published = release(tmp_path, baskets(), {"bought": {"hierarchy": {"groups": GROUPS}}}, {"km": claim})
    assert fewest(published, 1) >= K
    assert fewest(published, 3) < K


def test_without_a_claim_few_items_single_out(tmp_path) -> None:
    assert fewest(release(tmp_path, baskets(), {}, {}), 3) == 1
