"""Places and companies: what says of which kind they are stays, names do not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.surrogates.keyed import Keyed, fold
from engine.surrogates.lexica import cities
from engine.surrogates.places import city, company, street

KEYED = Keyed(bytes(range(32)))


@pytest.mark.parametrize(("written", "locale", "expected"), [
    ("12 Main Street", "en_US", r"(?!12)\d\d (?!Main)\w+ Street"), ("221B Baker St", "en_US", r"\d{3}[A-Z] (?!Baker)\w+ St"),
    ("P.O. Box 123", "en_US", r"P\.O\. Box (?!123)\d{3}"), ("PSC 1234, Box 5678", "en_US", r"PSC \d{4}, Box \d{4}"),
    ("12 Main Street, Apt 4B, Springfield, IL 62704",
    "en_US", r"\d\d \w+ Street, Apt \d[A-Z], (?!Springfield)[\w ]+, IL (?!62704)\d{5}"),
    ("Springfield, IL 62704-1234", "en_US", r"(?!Springfield)[\w ]+, IL \d{5}-\d{4}"), ("Park Avenue",
    "en_US", r"(?!Park)\w+ Avenue"),
    ("123 N. Old Mill Rd.", "en_US", r"\d{3} N\. (?!Old)\w+ (?!Mill)\w+ Rd\."), ("Hauptstraße 12",
    "de_DE", r"(?!Haupt)\w+straße \d\d"),
    ("12 rue de la Paix, 75002 Paris", "fr_FR", r"\d\d rue de la (?!Paix)[\w-]+, \d{5} (?!Paris)[\w '-]+"),
    ("Via Roma 12", "it_IT", r"Via (?!Roma)\w+ \d\d"), ("10 Downing Street, London SW1A 2AA",
    "en_GB", r"\d\d \w+ Street, [\w ]+ [A-Z]{2}\d[A-Z] \d[A-Z]{2}"),
    ("1 Elm St, Springfield, United Kingdom 75419", "en_US", r"\d \w+ St, (?!Springfield)[\w ]+, United Kingdom (?!75419)\d{5}"),
    ("1 Elm St\nSpringfield", "en_US", r"\d \w+ St\n(?!Spring)[\w ]+"),
])
def test_addresses_keep_their_form(written, locale, expected):
    found = street(written, KEYED, locale)
    assert re.fullmatch(expected, found), found
    assert found == street(written, KEYED, locale)


def test_a_street_and_a_city_map_alike_in_every_address():
    one, other = (street(f"{number} Elm Street, Boston", KEYED, "en_US").split(" ", 1)[1] for number in (1, 25))
    assert one == other


@pytest.mark.parametrize("written", ["", " ", "-"])
def test_nothing_is_no_address(written):
    assert street(written, KEYED, "en_US") is None


@pytest.mark.parametrize(("written", "locale"), [("Berlin", "de_DE"), ("Milano", "it_IT"), ("Москва", "en_US"), ("Praha",
"cs_CZ")])
def test_cities_come_from_the_lists_of_the_locale(written, locale):
    found = city(written, KEYED, locale)
    assert found in cities("ru_RU" if written == "Москва" else locale)
    assert found != written


@pytest.mark.parametrize(("written", "kind"), [("France", "country"), ("TX", "abbreviation"), ("Texas", "state"), ("boston",
"lower"), ("BOSTON", "upper")])
def test_countries_states_and_cities_stay_of_their_kind(written, kind):
    found = city(written, KEYED, "en_US")
    assert fold(found) != fold(written)
    assert {"abbreviation": len(found) == 2, "lower": found.islower(), "upper": found.isupper()}.get(kind, found[0].isupper())


def test_postal_codes_keep_their_format():
    assert re.fullmatch(r"(?!10115)\d{5}", city("10115", KEYED, "de_DE"))


@pytest.mark.parametrize(("written", "expected"), [
    ("Acme Inc.", r"(?!Acme)\w+ Inc\."), ("Acme Widgets GmbH & Co. KG", r"\w+ \w+ GmbH & Co\. KG"),
    ("General Hospital", r"(?!General)\w+ Hospital"),
    ("IBM", r"(?!IBM)\w+"), ("Müller & Söhne GmbH", r"\w+ \w+ GmbH"), ("ACME CORP", r"[A-Z]+ CORP"),
])
def test_companies_keep_their_legal_form(written, expected):
    found = company(written, KEYED, "en_US")
    assert re.fullmatch(expected, found), found


@settings(deadline=None)
@given(st.text("Main StrePkv.,12\n-é漢", max_size=20))
def test_any_text_comes_out_differently_or_not_at_all(text):
    for maker in (street, city, company):
        found = maker(text, KEYED, "en_US")
        assert found is None or fold(found) != fold(text)
