"""Homogeneity: all rows that may be the victim's have one sensitive value, so that nothing needs to be linked.

l-diversity protects, k alone does not (Machanavajjhala et al., l-Diversity, TKDD 1(1), 2007, section 1.2).
"""

from __future__ import annotations

from tests.attacks.people import streets
from tests.attacks.releases import release


def known(published) -> int:
    """How many people's illness is certain."""
    return sum(len({row["illness"] for row in published.candidates(person)}) == 1 for person in published.people)


def test_with_l_no_illness_is_certain(tmp_path) -> None:
    claims = {"k": 3, "l": {"column": "illness", "distinct": 2}}
    assert known(release(tmp_path, streets(), {"street": {}, "age": {}}, claims)) == 0


def test_with_k_alone_nearly_all_are(tmp_path) -> None:
    published = release(tmp_path, streets(), {"street": {}, "age": {}}, {"k": 3})
    assert known(published) > 0.5 * len(published.people)
