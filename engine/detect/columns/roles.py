"""Which role and category an entity type gives a column that is made of it: from the registry, with few exceptions."""

from __future__ import annotations

import functools

from engine.detect.registry import Registry
from schemas.findings import Category
from schemas.policy import Role

Reading = tuple[Role, Category]
"""A column's role and category."""

_ROLE_OF_CATEGORY: dict[Category, Role] = {"date": "quasi", "demographic": "quasi", "free text": "text", "other": "insensitive"}
"""All other categories of entities are direct identifiers."""

COARSE = ("_POSTAL_CODE", "_POSTCODE", "_ZIP_CODE", "_PIN_CODE", "_PLZ", "_EIRCODE", "_GRID_REFERENCE")
"""How types end that tell where a place is, but for a few houses."""

_PLACES = frozenset(("COORDINATES", "COORDINATES_DMS", "COORDINATE_PAIR_LABELLED", "PLUS_CODE", "MGRS", "WHAT3WORDS", "LOCATION",
                     "GPE", "ZIP_CODE"))
_THINGS = frozenset(("ISIN", "CUSIP", "SEDOL", "LEI", "FIGI"))
_OF_PEOPLE: dict[str, Reading] = {
    "PERSON": ("direct", "identity"), "UUID": ("direct", "identity"), "NRP": ("quasi", "demographic"),
    "ORGANIZATION": ("insensitive", "other"), "CARD_EXPIRY": ("direct", "financial"),
}
"""A UUID of no stated kind is a record's; those of devices have names of their own."""


@functools.cache
def reading_of(entity_type: str) -> Reading:
    """Returns role and category of a column whose cells are of an entity type; of an unknown type, a direct identifier."""
    if entity_type in _OF_PEOPLE:
        return _OF_PEOPLE[entity_type]
    if entity_type.endswith(COARSE) or entity_type in _PLACES:
        return "quasi", "location"
    if entity_type in _THINGS:
        return "insensitive", "other"
    category = _categories().get(entity_type, "identity")
    return _ROLE_OF_CATEGORY.get(category, "direct"), category


@functools.cache
def _categories() -> dict[str, Category]:
    types = Registry.default().types
    return {one.reported: one.category for one in types} | {one.type: one.category for one in types}
