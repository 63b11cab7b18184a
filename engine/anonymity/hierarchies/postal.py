"""Postal codes, by the form that a country gives them; spaces around them and small letters do not matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as is_

from engine.anonymity.hierarchies.arrays import Family, as_text, joined, parts
from engine.errors import PolicyError
from schemas.policy import Hierarchy
from schemas.policy.hierarchy_rules import Country, Postal

_ZIP = r"^(?P<area>(?P<zone>[0-9])[0-9]{2})(?:[0-9]{2}(?:-?[0-9]{4})?|\*\*)$"
"""ZIP Code and ZIP+4: the first digit is a group of states, the first three a sectional centre. Or these three and stars."""
_NONE, _FEW = "000", "000**"
"""Three digits that no ZIP Code begins with, and what stands where too few people live."""

_POSTCODE = r"^(?P<area>[A-Z]{1,2})(?P<district>[0-9][0-9A-Z]?)(?: ?(?P<sector>[0-9])[ABD-HJLNP-UW-Z]{2})?$"
"""Outward code, area and district, and inward code, sector and unit (Royal Mail, PAF programmers' guide)."""

_FSA = r"^(?P<region>[ABCEGHJ-NPRSTVXY])(?P<rest>[0-9][ABCEGHJ-NPRSTV-Z])(?: ?[0-9][ABCEGHJ-NPRSTV-Z][0-9])?$"
"""Forward sortation area and local delivery unit (Canada Post): no D, F, I, O, Q and U, nor W and Z in front."""


def _us(values: pa.Array, postal: Postal) -> list[pa.Array]:
    text = pc.utf8_lpad(as_text(values), 5, "0") if is_.is_integer(values.type) else values  # numbers lose their first zeros
    found = parts(text, _ZIP)
    hidden = pc.equal(found["area"], _NONE)
    labels = [joined(found["area"], "**"), pc.if_else(hidden, _FEW, joined(found["zone"], "****"))]
    if not isinstance(postal.populations, dict):
        return labels
    counted = pa.array(list(postal.populations), pa.string())
    few = pa.array([people <= postal.more_than for people in postal.populations.values()], pa.bool_())
    small = few.take(pc.index_in(found["area"], value_set=counted, skip_nulls=True))  # null where nobody counted
    return [pc.if_else(pc.or_kleene(hidden, small), _FEW, label) for label in labels]


def _gb(values: pa.Array, _: Postal) -> list[pa.Array]:
    found = parts(pc.utf8_upper(as_text(values)), _POSTCODE)
    outward = joined(found["area"], found["district"])
    sector = pc.if_else(pc.equal(found["sector"], ""), outward, joined(outward, " ", found["sector"]))
    return [sector, outward, found["area"]]


def _ca(values: pa.Array, _: Postal) -> list[pa.Array]:
    found = parts(pc.utf8_upper(as_text(values)), _FSA)
    return [joined(found["region"], found["rest"]), found["region"]]


_COUNTRIES: dict[Country, tuple[int, Callable[[pa.Array, Postal], list[pa.Array]]]] = {
    "us": (2, _us), "gb": (3, _gb), "ca": (2, _ca)}
"""Country → number of levels, and what knows all of them."""


def _postal(hierarchy: Hierarchy) -> Postal:
    written = hierarchy.postal or "us"
    return written if isinstance(written, Postal) else Postal(country=written)


def _steps(hierarchy: Hierarchy, where: str) -> int:
    postal = _postal(hierarchy)
    if isinstance(postal.populations, str):
        raise PolicyError("the file of populations was not read", where=where, next="load the policy with Policy.load")
    return _COUNTRIES[postal.country][0]


def _labels(values: pa.Array, hierarchy: Hierarchy, levels: Sequence[int]) -> list[pa.Array]:
    postal = _postal(hierarchy)
    found = _COUNTRIES[postal.country][1](values, postal)
    return [found[level - 1] for level in levels]


POSTAL = Family(_steps, _labels)
