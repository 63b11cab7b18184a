"""The lists that the lexicon is made of: this project's words, demonyms and organizations, GeoNames' cities, Faker's names."""

from __future__ import annotations

import csv
import importlib
import pkgutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import regex

from engine.conf import read_yaml
from engine.detect.config import packaged
from engine.detect.lexicon import english_words

_PART = "part of a place name"

_LISTED: dict[str, dict[str, tuple[str, ...]]] = {
    "person": {"given name": ("first_name", "first_kana_name"), "family name": ("last_name", "last_kana_name", "surname"),
               "title": ("prefixes",)},
    "address": {
        "city": ("cities", "city_names", "towns", "municipalities", "villages", "communes", "localities", "settlements"),
        "region": ("states", "provinces", "regions", "counties", "districts", "cantons", "departments", "wilayas"),
        "country": ("countries",), "street word": ("street_suffixes",), "street head": ("street_prefixes",),
    },
    "lorem": {"common word": ("word_list",)},
    "job": {"job": ("jobs",)},
}
"""Provider of Faker (MIT) → kind of word → how the attributes begin that list it."""

_LOCALES = {"job": ("",), "lorem": ("en_US", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "ar_AA", "bn_BD",
                                         "el_GR", "fa_IR", "hy_AM", "mk_MK", "ru_RU", "uk_UA", "ja_JP", "zh_CN", "zh_TW")}
_WITHOUT_SPACES = ("ja", "ko", "th", "zh")
"""Languages whose places are not words between spaces."""

_PLACES = ("city", "region", "country", "country in another language", "well-known place")
_MANY = 4
"""In so many locales a given name is listed that counts as one of many countries. A word of everyday language that no more than
one lists, as a given or as a family name, is hardly a name."""

_NAMES_AMONG_WORDS = frozenset((
    "antonio", "carlos", "claire", "felipe", "fernando", "francisco", "françois", "garcía", "gonzález", "jorge", "josé", "juan",
    "luis", "lópez", "manuel", "maría", "martín", "miguel", "pablo", "pedro", "pierre", "rafael", "rodríguez", "santiago", "sean",
    "stella", "victoria"))
"""Names in Faker's Spanish and French lists of frequent words."""

_FOREIGN = {"country": "country in another language"}
_WORD: Any = regex.compile(r"\p{L}[\p{L}\p{M}]*")


def lists() -> dict[str, set[str]]:
    """Returns kind → words and pairs of words."""
    found: dict[str, set[str]] = defaultdict(set)
    for kind, words in _own():
        found[kind].update(words)
    for country, demonyms in _rows("demonyms.csv"):
        found["demonym"].update(demonyms.split())
        _add(found, "country", [country])
    for _, cities in _rows("cities.csv"):
        _add(found, "well-known place", cities.split("|"))
    for _, cities in _rows("geonames.csv"):
        _add(found, "city", cities.split("|"))
    found["English word"] = set(english_words())
    for _, organizations in _rows("organizations.csv"):
        found["well-known organization"].update(organizations.split())
    locales: dict[str, Counter[str]] = {"given name": Counter(), "family name": Counter()}
    for kind, names in _shipped():
        _add(found, kind, names)
        if kind in locales:
            locales[kind].update({name.lower() for name in names})
    listed = {word for word in found["common word"] if word.islower()}
    found["common word"] = listed - _NAMES_AMONG_WORDS | {word for (word,) in _rows("common.csv")}
    many = {word for word, times in locales["given name"].items() if times >= _MANY}
    found["name in many countries"] = {word for word in found["given name"] if word.lower() in many}
    everyday = {word.lower() for word in found["English word"] | found["common word"]}
    named = {word.lower() for word in found["given name"] | found["family name"]}
    found["hardly a name"] = {word for word in named & everyday if max(times[word] for times in locales.values()) <= 1}
    return dict(found)


def _own() -> Iterator[tuple[str, list[str]]]:
    written = read_yaml(packaged("names/words.yaml"))
    return ((kind, words.split()) for kind, words in written.items() if kind != "version")


def _rows(name: str) -> list[list[str]]:
    return list(csv.reader(packaged(f"names/{name}").splitlines()))[1:]


def _shipped() -> Iterator[tuple[str, set[str]]]:
    """Kind and texts of one list of Faker's after another."""
    for provider, listed in _LISTED.items():
        package = importlib.import_module(f"faker.providers.{provider}")
        here = _LOCALES.get(provider) or sorted(found.name for found in pkgutil.iter_modules(package.__path__))
        for locale in here:
            if provider != "address" or not locale.startswith(_WITHOUT_SPACES):
                module = importlib.import_module(f"faker.providers.{provider}.{locale}".rstrip("."))
                own = locale.partition("_")[0] in {"en", ""}
                yield from ((kind if own else _FOREIGN.get(kind, kind), _texts(vars(module.Provider), beginnings))
                            for kind, beginnings in listed.items())


def _texts(attributes: Mapping[str, Any], beginnings: tuple[str, ...]) -> set[str]:
    return {text for name, held in attributes.items() if name.startswith(beginnings) and isinstance(held, tuple | list | dict)
            for text in held if isinstance(text, str)}


def _add(found: dict[str, set[str]], kind: str, names: Iterable[str]) -> None:
    """Adds names to a kind. Of a place's name of several words the words are only parts; two words are a pair as well."""
    place = kind in _PLACES
    for name in names:
        if _WORD.fullmatch(name):
            found[kind].add(name)
            continue
        words = [word for word in _WORD.findall(name) if len(word) > 1]
        several = place and len(words) > 1
        found[_PART if several else kind].update(word for word in words if not several or not word.islower())
        if several and len(words) == 2:  # noqa: PLR2004 - a pair
            found[kind].add(" ".join(words))
