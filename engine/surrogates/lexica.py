"""Given names, family names and places by locale, from the lists that Faker ships (MIT). Loaded when first needed.

Lists are sorted and free of repetition, so that a draw from one is a function of its content. Another release of Faker may
hold other names, and then invents others.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.surrogates.keyed import fold

DEFAULT = "en_US"
GUESSED = (
    "en_US", "en_GB", "de_DE", "it_IT", "es_ES", "fr_FR", "nl_NL", "pt_BR", "pl_PL", "sv_SE", "da_DK", "no_NO", "fi_FI", "cs_CZ",
    "sk_SK", "hu_HU", "ro_RO", "hr_HR", "sl_SI", "et_EE", "lt_LT", "lv_LV", "tr_TR", "es_MX", "es_CL", "es_CO", "pt_PT", "fr_BE",
    "nl_BE", "de_CH", "de_AT", "en_IE", "en_IN", "en_PK", "en_NZ", "en_KE", "en_NG", "id_ID", "vi_VN", "az_AZ", "zu_ZA",
    "ru_RU", "uk_UA", "bg_BG", "mk_MK", "el_GR", "he_IL", "ar_AA", "fa_IR", "hi_IN", "mr_IN", "ne_NP", "bn_BD", "ta_IN", "gu_IN",
    "si_LK", "th_TH", "ka_GE", "hy_AM", "ja_JP", "ko_KR", "zh_CN", "zh_TW",
)
"""Locales of which a name may be, the likelier first."""
_OF_SCRIPT = {
    "LATIN": DEFAULT, "CYRILLIC": "ru_RU", "GREEK": "el_GR", "HEBREW": "he_IL", "ARABIC": "ar_AA", "DEVANAGARI": "hi_IN",
    "BENGALI": "bn_BD", "TAMIL": "ta_IN", "GUJARATI": "gu_IN", "SINHALA": "si_LK", "THAI": "th_TH", "GEORGIAN": "ka_GE",
    "ARMENIAN": "hy_AM", "HIRAGANA": "ja_JP", "KATAKANA": "ja_JP", "HANGUL": "ko_KR", "CJK": "zh_CN",
}
_TWO_LETTERS = re.compile("ae|oe|ue")
"""Umlauts as they are written without (DIN 5007-2)."""
_FIRST_SYLLABLE = "\u2e80"  # where the blocks of East Asia begin
_CITY_LISTS = ("city_names", "cities", "real_city_names", "municipalities", "communes", "concelhos")


@dataclass(frozen=True)
class Names:
    """The names of one locale: as they are written, sorted, single words; and folded, all of them, to know one by."""

    female: tuple[str, ...]
    male: tuple[str, ...]
    given: tuple[str, ...]
    family: tuple[str, ...]
    family_female: tuple[str, ...]
    family_male: tuple[str, ...]
    known_given: frozenset[str] = field(repr=False)
    known_family: frozenset[str] = field(repr=False)


@functools.cache
def locales() -> frozenset[str]:
    """Returns the locales that can be asked for."""
    import faker.providers.person as package  # noqa: PLC0415 - Faker loads when a surrogate is first needed

    return frozenset(module.name for module in pkgutil.iter_modules(package.__path__) if "_" in module.name)


@functools.cache
def names(locale: str) -> Names:
    """Returns the names of a locale of Faker's."""
    provider = _provider("person", locale)
    female = _texts(provider, "first_names_female")
    male = _texts(provider, "first_names_male")
    given = female | male | _texts(provider, "first_names", "first_names_nonbinary", "first_names_unisex")
    women = _texts(provider, "last_names_female")
    men = _texts(provider, "last_names_male", "male_last_names")
    family = women | men | _texts(provider, "last_names", "unisex_last_names", "last_names_without_suffix")
    return Names(
        female=_words(female - male), male=_words(male - female), given=_words(given), family=_words(family),
        family_female=_words(women - men), family_male=_words(men - women),
        known_given=frozenset(map(fold, given)), known_family=frozenset(map(fold, family)))


@functools.cache
def cities(locale: str) -> tuple[str, ...]:
    """Returns cities of a locale; none where Faker makes them up of parts."""
    provider = _provider("address", locale)
    return tuple(sorted(_texts(provider, *_CITY_LISTS))) if provider else ()


@functools.cache
def city_parts(locale: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns what may stand before and at the end of a city's name: ``New``, ``ville``."""
    provider = _provider("address", locale) or _provider("address", DEFAULT)
    return tuple(sorted(_texts(provider, "city_prefixes"))), tuple(sorted(_texts(provider, "city_suffixes")))


@functools.cache
def regions(locale: str) -> tuple[tuple[str, ...], ...]:
    """Returns lists of which one place may stand for another: countries, states, and their abbreviations."""
    provider = _provider("address", locale) or _provider("address", DEFAULT)
    return tuple(tuple(sorted(_texts(provider, name))) for name in ("countries", "states", "states_abbr", "provinces", "regions"))


@functools.cache
def company_forms() -> frozenset[str]:
    """Returns what companies' names end with, folded: ``inc``, ``gmbh``, ``s.a.``."""
    import faker.providers.company as package  # noqa: PLC0415 - Faker loads when a surrogate is first needed

    modules = [module.name for module in pkgutil.iter_modules(package.__path__)]
    forms = (form for locale in modules for form in _texts(_provider("company", locale), "company_suffixes"))
    return frozenset(fold(form).strip(". ") for form in forms)


def home(word: str, role: str, locale: str) -> str | None:
    """Returns the locale that a name is of: ``locale`` if that knows it, else the likeliest that does, else by its script.

    Args:
        word: A name.
        role: ``given`` or ``family``.
        locale: Whose names the text mostly holds.

    Returns:
        None for a script without names.
    """
    folded = fold(word)
    if folded in _known(names(locale), role):
        return locale
    return _index(role).get(folded) or of_script(word, locale)


def roles(word: str, locale: str) -> frozenset[str]:
    """Returns what a word is known as, ``given``, ``family``, both or nothing: by ``locale``, else by any."""
    folded = fold(word)
    own = frozenset(role for role in ("given", "family") if folded in _known(names(locale), role))
    return own or frozenset(role for role in ("given", "family") if folded in _index(role))


def spelled(word: str, role: str) -> str:
    """Returns a name folded, *Mueller* as *Müller* is, where some list has it with an umlaut."""
    folded = fold(word)
    if not _TWO_LETTERS.search(folded):
        return folded
    other = _TWO_LETTERS.sub(lambda match: match[0][0], folded)
    return other if other in _umlauted(role) else folded


def of_script(word: str, locale: str) -> str | None:
    """Returns ``locale`` if its names are written like ``word``, else the likeliest of the script; None where there is none."""
    written = script(word)
    return locale if script(names(locale).family[0]) == written else _OF_SCRIPT.get(written)


def script(word: str) -> str:
    """Returns the script of the first letter, as Unicode names it: ``LATIN``, ``CJK``."""
    letter = next((c for c in word if c.isalpha()), "")
    return unicodedata.name(letter, "").partition(" ")[0] if letter else ""


@functools.cache
def _umlauted(role: str) -> frozenset[str]:
    """Folded names that some list writes with an umlaut."""
    lists = (getattr(names(locale), role) for locale in GUESSED)
    return frozenset(fold(name) for some in lists for name in some if re.search("[äöü]", name.casefold()))


@functools.cache
def _index(role: str) -> Mapping[str, str]:
    """Folded name → the likeliest locale that has it."""
    found: dict[str, str] = {}
    for locale in GUESSED:
        for name in _known(names(locale), role):
            found.setdefault(name, locale)
    return found


def _known(some: Names, role: str) -> frozenset[str]:
    return some.known_given if role == "given" else some.known_family


def _provider(kind: str, locale: str) -> Any:  # noqa: ANN401 - a class of Faker's
    try:
        return importlib.import_module(f"faker.providers.{kind}.{locale}").Provider
    except ModuleNotFoundError:
        return None


def _texts(provider: Any, *attributes: str) -> frozenset[str]:  # noqa: ANN401 - a class of Faker's
    lists = (getattr(provider, name, ()) for name in attributes)
    return frozenset(one.strip() for some in lists if isinstance(some, list | tuple | dict) for one in some
                     if isinstance(one, str) and one.strip())


def _words(some: Iterable[str]) -> tuple[str, ...]:
    """Single words; of one letter only where a letter is a syllable."""
    return tuple(sorted(name for name in some if (len(name) > 1 or name > _FIRST_SYLLABLE)
                        and all(unicodedata.category(c)[0] in "LM" for c in name)))
