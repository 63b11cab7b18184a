"""Invented values in place of real ones, for text and for columns: of the right kind, in the same format, the same each time.

``Surrogates`` is a function of key, scope and value. It is pseudonymization, not anonymization: who holds the key can test
guesses, and everybody sees which values were equal. Nothing that it returns says what the original says.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from engine.surrogates.contact import email, ip, mac, url
from engine.surrogates.dates import MOST_DAYS, date, subject_days
from engine.surrogates.formats import Luhn, card, iban, keep_format, social_security, token
from engine.surrogates.keyed import Keyed, differing
from engine.surrogates.lexica import DEFAULT, locales
from engine.surrogates.people import Role, person
from engine.surrogates.phones import phone
from engine.surrogates.places import city, company, street

__all__ = ["DEFAULT", "LUHN", "Surrogates", "kind_of", "locales", "surrogates"]

LUHN = {
    **dict.fromkeys((
        "AE_EMIRATES_ID", "CA_SIN", "CREDIT_CARD", "FR_SIREN", "GN_NIFP", "GR_AMKA", "ICCID", "IL_ID", "IMEI",
        "JP_HEALTH_INSURANCE", "MX_NSS", "RU_HEALTH_INSURANCE", "SA_NATIONAL_ID", "SE_BANKGIRO",
        "SE_ORGANISATIONSNUMMER", "ZA_ID_NUMBER"), Luhn()),
    "SE_PERSONNUMMER": Luhn(last=10),
    "US_NPI": Luhn("80840"),
}
"""Entity types whose last digit makes a Luhn sum right."""

_KINDS = tuple((re.compile(pattern), kind) for pattern, kind in (
    (r"(^|_)E?MAIL(_|$)", "email"), (r"^IP_ADDRESS|^IPV[46]", "ip"), (r"^MAC_ADDRESS", "mac"), (r"^(URL|DOMAIN_NAME)$", "url"),
    (r"CREDIT_CARD|^CARD_NUMBER", "card"), (r"^IBAN", "iban"), (r"^US_SSN$", "ssn"),
    (r"PHONE|FAX|(TELEPHONE|MOBILE)_NUMBER", "phone"),
    (r"^DATE|DATE_OF_BIRTH|BIRTH_?DATE|^DOB$", "date"), (r"^AGE$", "age"), (r"POSTAL_CODE|POSTCODE|ZIP_CODE", "format"),
    (r"^(FIRST|GIVEN)_NAME$", "given"), (r"^(LAST_|FAMILY_|SUR)NAME$", "family"),
    (r"^(PERSON|NAME|PER|FULL_NAME)(_|$)", "person"),
    (r"^(STREET_)?ADDRESS|^PO_BOX$", "street"), (r"^(LOCATION|GPE|LOC|CITY|COUNTRY|STATE)$", "city"),
    (r"^(ORG|ORGANI[ZS]ATION|COMPANY)(_NAME)?$", "company"), (r"^KNOWN$", "known"),
))
_NUMBERED_STREET = re.compile(r"\d+\s+[^\W\d_]|[^\W\d_].*\s\d+\w?\Z")
_MOST_NAME_WORDS = 6
_OLD = 90


@functools.cache
def kind_of(entity_type: str) -> str:
    """Returns the kind of surrogate for an entity type: ``person``, ``date``; ``format`` for what has nothing but a format."""
    return next((kind for pattern, kind in _KINDS if pattern.search(entity_type)), "format")


class Surrogates:
    """Invented values under one key.

    Args:
        key: The subkey, 32 bytes.
        locale: Whose names, places and order of day and month the text mostly holds.
        dates_key: The subkey under which dates of a subject move; ``key`` by default.
        max_days: Dates move by at most this many days.
    """

    def __init__(self, key: bytes, locale: str = DEFAULT, *, dates_key: bytes | None = None, max_days: int = MOST_DAYS) -> None:
        self._key = key
        self._dates_key = dates_key or key
        self.locale = locale
        self.max_days = max_days

    def __repr__(self) -> str:
        return f"Surrogates(hidden, {self.locale!r})"

    def surrogate(
        self, entity_type: str, text: str, *, scope: bytes = b"", subject: bytes = b"", role: Role | None = None,
    ) -> str | None:
        """Returns an invented value of an entity type in place of ``text``.

        Args:
            entity_type: What ``text`` is. ``KNOWN`` says nothing of its form, which is then read from the text.
            text: The value as it is written.
            scope: Equal values of different scopes get different surrogates.
            subject: Whose dates move together.
            role: Which part of a name a single word is, where that is known.

        Returns:
            None where the text is not read as what it is said to be: no surrogate would be safe.
        """
        keyed = Keyed(self._key, scope)
        kind = kind_of(entity_type)
        if kind == "known":
            return self._known(text, keyed, subject, role)
        makers: dict[str, Callable[[], str | None]] = {
            "person": lambda: person(text, keyed, self.locale, role),
            "given": lambda: person(text, keyed, self.locale, role or "given"),
            "family": lambda: person(text, keyed, self.locale, role or "family"),
            "email": lambda: email(text, keyed, self.locale), "phone": lambda: phone(text, keyed, self.locale),
            "date": lambda: self._date(text, keyed, subject), "street": lambda: street(text, keyed, self.locale),
            "city": lambda: city(text, keyed, self.locale), "company": lambda: company(text, keyed, self.locale),
            "url": lambda: url(text, keyed), "ip": lambda: ip(text, keyed), "mac": lambda: mac(text, keyed),
            "card": lambda: card(text, keyed), "iban": lambda: iban(text, keyed), "ssn": lambda: social_security(text, keyed),
            "age": lambda: _age(text, keyed), "format": lambda: _identifier(entity_type, text, keyed),
        }
        return makers[kind]()

    def keep_format(self, entity_type: str, text: str, *, scope: bytes = b"") -> str | None:
        """Returns ``text`` with other letters and digits; a Luhn sum or the check digits of an IBAN are made right again.

        Dates, ages and addresses of networks, which other digits would put out of their range, are made as ``surrogate`` makes
        them, each by itself; what is not read as one gives None.
        """
        keyed, kind = Keyed(self._key, scope), kind_of(entity_type)
        if kind in ("date", "age", "ip", "mac"):
            return self.surrogate(entity_type, text, scope=scope)
        if kind == "known" and any(map(str.isdigit, text)) and (made := self._date(text, keyed, b"")):
            return made
        return iban(text, keyed) if kind == "iban" else keep_format(text, keyed, luhn=LUHN.get(entity_type))

    def token(self, entity_type: str, text: str, *, scope: bytes = b"") -> str:
        """Returns what stands for the value and says its type: ``PERSON_`` and 16 signs. Equal values have equal signs."""
        return token(entity_type, text, Keyed(self._key, scope))

    def _date(self, text: str, keyed: Keyed, subject: bytes) -> str | None:
        days = subject_days(subject, self._dates_key, self.max_days) if subject else None
        return date(text, keyed, self.locale, days=days, most=self.max_days)

    def _known(self, text: str, keyed: Keyed, subject: bytes, role: Role | None) -> str | None:
        """What a row is known by has no type: it is read as what it looks like."""
        if "@" in text:
            return email(text, keyed, self.locale) or keep_format(text, keyed)
        if not any(map(str.isdigit, text)):
            short = len(text) > 1 and len(text.split()) <= _MOST_NAME_WORDS
            return person(text, keyed, self.locale, role) if short else None
        if made := self._date(text, keyed, subject):
            return made
        if _NUMBERED_STREET.match(text) and sum(map(str.isalpha, text)) > sum(map(str.isdigit, text)):
            return street(text, keyed, self.locale)
        return keep_format(text, keyed)


@functools.lru_cache(maxsize=8)
def surrogates(key: bytes, locale: str, dates_key: bytes | None, max_days: int) -> Surrogates:
    """Returns the surrogates of a key and a locale, made once a process."""
    return Surrogates(key, locale, dates_key=dates_key, max_days=max_days)


def _identifier(entity_type: str, text: str, keyed: Keyed) -> str | None:
    """An identifier has a digit; words of a type without a maker of its own are not made up."""
    return keep_format(text, keyed, luhn=LUHN.get(entity_type)) if any(map(str.isdigit, text)) else None


def _age(text: str, keyed: Keyed) -> str | None:
    """An age becomes one of at most three years more or less; from 90, where ages identify, any of ten years.

    Source: 45 CFR 164.514(b)(2)(i)(C).
    """
    match = re.search(r"\d{1,3}", text)
    if match is None:
        return None
    age = int(match[0])
    low, high = (_OLD, _OLD + 9) if age >= _OLD else (max(0, age - 3), min(_OLD - 1, age + 3))
    return differing(text, lambda attempt: (
        f"{text[:match.start()]}{low + keyed.below(high - low + 1, 'age', match[0], attempt)}{text[match.end():]}"))
