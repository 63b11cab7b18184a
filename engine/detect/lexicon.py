"""Given and family names, from the lists that Faker ships. Loaded when first needed."""

from __future__ import annotations

import functools
import importlib

_LOCALES = ("en_US", "en_GB", "es_ES", "fr_FR", "de_DE", "it_IT", "nl_NL", "pt_BR", "sv_SE", "en_IN")
_FOR_GIVEN = ("first_names", "first_names_female", "first_names_male", "first_names_nonbinary")


@functools.cache
def full_names() -> tuple[frozenset[str], frozenset[str]]:
    """Returns given names and family names, case folded. Source: Faker's person providers of ten locales (MIT)."""
    given: set[str] = set()
    family: set[str] = set()
    for locale in _LOCALES:
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        for attribute in _FOR_GIVEN:
            given.update(name.casefold() for name in getattr(provider, attribute, ()))
        family.update(name.casefold() for name in provider.last_names)
    return frozenset(given), frozenset(family)
