"""Names of months and days of the week as dates are written with them, in seven languages."""

from __future__ import annotations

import functools
from typing import NamedTuple

from engine.surrogates.keyed import fold

_MONTHS = {
    "en": ("January February March April May June July August September October November December",
           "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
    "es": ("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
           "ene feb mar abr may jun jul ago sep oct nov dic"),
    "de": ("Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
           "Jan Feb Mrz Apr Mai Jun Jul Aug Sep Okt Nov Dez"),
    "fr": ("janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
           "janv févr mars avr mai juin juil août sept oct nov déc"),
    "it": ("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
           "gen feb mar apr mag giu lug ago set ott nov dic"),
    "pt": ("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
           "jan fev mar abr mai jun jul ago set out nov dez"),
    "nl": ("januari februari maart april mei juni juli augustus september oktober november december",
           "jan feb mrt apr mei jun jul aug sep okt nov dec"),
}
_VARIANTS = (  # as written, language, which month, whether it is an abbreviation
    ("Sept", "en", 9, True), ("set", "es", 9, True), ("Sept", "de", 9, True), ("Jänner", "de", 1, False),
    ("Feber", "de", 2, False), ("Mär", "de", 3, True), ("fév", "fr", 2, True), ("sett", "it", 9, True), ("sept", "nl", 9, True),
)
_DAYS = {
    "en": ("Monday Tuesday Wednesday Thursday Friday Saturday Sunday", "Mon Tue Wed Thu Fri Sat Sun"),
    "es": ("lunes martes miércoles jueves viernes sábado domingo", "lun mar mié jue vie sáb dom"),
    "de": ("Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag", "Mo Di Mi Do Fr Sa So"),
    "fr": ("lundi mardi mercredi jeudi vendredi samedi dimanche", "lun mar mer jeu ven sam dim"),
    "it": ("lunedì martedì mercoledì giovedì venerdì sabato domenica", "lun mar mer gio ven sab dom"),
    "pt": ("segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo", "seg ter qua qui sex sáb dom"),
    "nl": ("maandag dinsdag woensdag donderdag vrijdag zaterdag zondag", "ma di wo do vr za zo"),
}


class Named(NamedTuple):
    """A month or a day of the week in one language: which, and all of them in the form that was written."""

    language: str
    number: int
    all: tuple[str, ...]


def month(word: str, first: str) -> Named | None:
    """Returns the month that a word means, 1 to 12, in language ``first`` if it can be; None if it means none."""
    return _preferred(_named("months").get(fold(word).rstrip(".")), first)


def weekday(word: str, first: str) -> Named | None:
    """Returns the day of the week that a word means, 0 for Monday; None if it means none."""
    return _preferred(_named("days").get(fold(word).rstrip(".")), first)


def _preferred(found: tuple[Named, ...] | None, first: str) -> Named | None:
    return next((one for one in found if one.language == first), found[0]) if found else None


@functools.cache
def _named(what: str) -> dict[str, tuple[Named, ...]]:
    """Folded word → what it means in each language that has it."""
    tables, first = (_MONTHS, 1) if what == "months" else (_DAYS, 0)
    found: dict[str, list[Named]] = {}
    for language, forms in tables.items():
        for form in forms:
            words = tuple(form.split())
            for number, word in enumerate(words, first):
                found.setdefault(fold(word), []).append(Named(language, number, words))
    for word, language, number, short in _VARIANTS if what == "months" else ():
        found.setdefault(fold(word), []).append(Named(language, number, tuple(_MONTHS[language][short].split())))
    return {word: tuple(some) for word, some in found.items()}
