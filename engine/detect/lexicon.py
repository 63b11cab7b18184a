"""Names, places and trades, from the lists that Faker ships. Loaded when first needed."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterable, Iterator

from engine.detect.config import packaged

_LOCALES = ("en_US", "en_GB", "es_ES", "fr_FR", "de_DE", "it_IT", "nl_NL", "pt_BR", "sv_SE", "en_IN")
_FOR_GIVEN = ("first_names", "first_names_female", "first_names_male", "first_names_nonbinary")
_EVERYWHERE: dict[str, tuple[str, tuple[str, ...]]] = {
    "given": ("person", _FOR_GIVEN),
    "family": ("person", ("last_names", "last_names_female", "last_names_male")),
    "city": ("address", ("cities", "city_names", "real_city_names", "towns", "municipalities", "localities", "settlements")),
    "region": ("address", ("states", "states_abbr", "provinces", "regions", "region_names", "departments", "counties",
                           "prefectures", "cantons", "lands", "estados", "districts", "distritos", "boroughs")),
    "country": ("address", ("countries",)),
    "job": ("job", ("jobs", "jobs_male", "jobs_female")),
}


@functools.cache
def given_names() -> frozenset[str]:
    """Returns given names, case folded. Source: Faker's person providers of ten locales (MIT)."""
    providers = (importlib.import_module(f"faker.providers.person.{locale}").Provider for locale in _LOCALES)
    return frozenset(name.casefold() for provider in providers for attribute in _FOR_GIVEN
                     for name in getattr(provider, attribute, ()))


@functools.cache
def word_lists() -> dict[str, frozenset[str]]:
    """Returns ``given`` and ``family`` names, ``city``, ``region``, ``country`` and ``job``, in lower case, of all locales.

    Countries come with their ISO 3166 codes. Source: Faker's providers (MIT) and, for cities, its excerpt of GeoNames (CC BY).
    """
    found = {name: set(_words(provider, attributes)) for name, (provider, attributes) in _EVERYWHERE.items()}
    address = importlib.import_module("faker.providers.address").Provider
    found["country"].update(code.lower() for code in (*address.alpha_2_country_codes, *address.alpha_3_country_codes))
    geo = importlib.import_module("faker.providers.geo").Provider
    found["city"].update(place[2].lower() for place in geo.land_coords)
    return {name: frozenset(filter(_is_word, words)) for name, words in found.items()}


@functools.cache
def english_words() -> frozenset[str]:
    """Returns common words of English, in lower case (``conf/recognizers/names/english.txt``)."""
    return frozenset(packaged("names/english.txt").split())


def _is_word(word: str) -> bool:
    return len(word) > 1 and (word.isalpha() or not any(sign.isdigit() for sign in word))


def _words(provider: str, attributes: Iterable[str]) -> Iterator[str]:
    package = importlib.import_module(f"faker.providers.{provider}")
    locales = (f"{package.__name__}.{one.name}" for one in pkgutil.iter_modules(package.__path__))
    for module in (package, *map(importlib.import_module, locales)):
        for attribute in attributes:
            listed = getattr(module.Provider, attribute, ())
            if isinstance(listed, (tuple, list, dict, set, frozenset)):
                for entry in listed:
                    for word in entry if isinstance(entry, tuple) else (entry,):
                        if isinstance(word, str):
                            yield word.lower()
