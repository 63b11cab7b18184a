"""No number of a policy is infinite or NaN, whatever field it stands in."""

from __future__ import annotations

import copy
import math

import pytest
from pydantic import ValidationError
from pydantic_core import SchemaValidator

from engine.errors import PolicyError
from engine.plan import Policy
from schemas.policy import PolicyV1
from schemas.policy.hierarchies import Hierarchy
from schemas.policy.hierarchy_rules import Ordering
from tests.schemas.test_policy_json_schema import BASE

NO_NUMBERS = (math.inf, -math.inf, math.nan)
PLACES = {
    "a weight": ("age", {"role": "quasi", "weight": 1.0}),
    "a domain's end": ("age", {"role": "quasi", "domain": {"min": 0, "max": 1.0}}),
    "a width": ("n", {"role": "insensitive", "operator": {"bucket": {"width": 1.0}}}),
    "an origin": ("n", {"role": "insensitive", "operator": {"bucket": {"width": 5, "origin": 1.0}}}),
    "a multiple": ("n", {"role": "insensitive", "operator": {"round": {"to": 1.0}}}),
    "a bound": ("n", {"role": "insensitive", "operator": {"top_bottom_code": {"top": 1.0}}}),
    "a scale": ("n", {"role": "insensitive", "operator": {"noise": {"scale": 1.0, "key": "env:K"}}}),
    "a hierarchy's width": ("age", {"role": "quasi", "hierarchy": {"widths": [1.0]}}),
    "an edge": ("age", {"role": "quasi", "hierarchy": {"edges": [[1.0]]}}),
    "a value of an order": ("age", {"role": "quasi", "hierarchy": {"order": {"values": [1.0, "x", 3], "groups": [2]}}}),
    "a value of a group": ("age", {"role": "quasi", "hierarchy": {"groups": {"some": {"few": [1.0]}, "others": [2]}}}),
    "passes": ("", {"synthesis": {"epsilon": 1, "delta": 1e-6, "epochs": 1.0}}),
    "a clip": ("", {"synthesis": {"epsilon": 1, "delta": 1e-6, "clip": 1.0}}),
    "a share": ("", {"guarantees": {"k": 5, "suppression": 1.0}}),
}


def floats(node, path=()):
    """Yields each number of a core schema with its path; values of an ordered list aside, which are words (below)."""
    if isinstance(node, dict):
        if node.get("type") == "float":
            yield ".".join(map(str, path)), node
        for key, inner in node.items() if node.get("cls") is not Ordering else ():
            yield from floats(inner, (*path, key))
    elif isinstance(node, list | tuple):
        for place, inner in enumerate(node):
            yield from floats(inner, (*path, place))


def with_number(written, number):
    """Returns what is written with ``number`` where 1.0 stands."""
    if isinstance(written, dict):
        return {key: with_number(part, number) for key, part in written.items()}
    if isinstance(written, list):
        return [with_number(part, number) for part in written]
    return number if isinstance(written, float) and written == 1 else written


def policy(place: str, number: float) -> dict:
    name, part = PLACES[place]
    part, base = with_number(part, number), copy.deepcopy(BASE)
    return base | part if not name else base | {"columns": base["columns"] | {name: {"why": "needed", **part}}}


def test_every_number_is_finite() -> None:
    found = dict(floats(PolicyV1.__pydantic_core_schema__))
    assert len(found) > 20
    for path, node in found.items():
        for number in NO_NUMBERS:
            try:
                SchemaValidator(node).validate_python(number)
            except ValidationError:
                continue
            pytest.fail(f"{number} is accepted at {path}")


@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_number_is_refused_and_what_is_has_a_fingerprint(place: str) -> None:
    assert Policy.parse(policy(place, 1.0)).fingerprint
    for number in NO_NUMBERS:
        with pytest.raises(PolicyError) as caught:
            Policy.parse(policy(place, number))
        assert caught.value.exit_code == 2


def test_an_infinity_among_values_is_written_as_text() -> None:
    with pytest.raises(ValidationError, match="written in quotes"):
        Hierarchy(groups={"far": [math.inf]})
    with pytest.raises(ValidationError, match="written in quotes"):
        Hierarchy(groups={"far": {math.nan: ["x"]}})
    assert Hierarchy(groups={"far": ["inf"]}).groups == {"far": ["inf"]}
