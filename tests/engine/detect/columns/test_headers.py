"""What columns' names say: in several styles and languages, about a thing or of it, run together or nested."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from engine.detect.columns.column import NAME_SETS
from engine.detect.columns.headers import HeaderConfig, ends_as_id, hint, hints, speaks_of_id, speaks_of_thing, words_of
from engine.detect.columns.looks import LOOKS
from engine.detect.columns.vocabulary import Vocabulary


@pytest.mark.parametrize(("name", "words"), [
    ("CUST_FST_NM", "customer first name"), ("homePhone_no", "home phone number"), ("lastmodifieddate", "last modified date"),
    ("Prénom", "prenom"), ("dtNasc", "date nascimento"), ("payload", "payload"), ("therapist", "therapist"), ("c7", "c7"),
        ("", "")])
def test_words(name, words):
    assert words_of(name) == words


@pytest.mark.parametrize(("name", "role", "category"), [
    ("first_name", "direct", "identity"), ("PAT_LST_NM", "direct", "identity"), ("vorname", "direct", "identity"),
    ("apellidos", "direct", "identity"), ("cognome", "direct", "identity"), ("fornamn", "direct", "identity"),
    ("name", "direct", "identity"), ("names_of_patients", "direct", "identity"), ("product_name", "insensitive", "other"),
    ("statename", "quasi", "location"), ("e_mail", "direct", "contact"), ("email_opt_in", "insensitive", "other"),
    ("is_email_verified", "insensitive", "other"), ("mac_address", "direct", "online"), ("address", "direct", "location"),
    ("phone_type", "insensitive", "other"), ("blood_type", "sensitive", "health"), ("marital_status", "quasi", "demographic"),
    ("citizenship_status", "quasi", "demographic"), ("user_agent", "quasi", "online"), ("geburtsdatum", "quasi", "date"),
    ("created_at", "quasi", "date"), ("ingested_at", "insensitive", "other"), ("etl_load_date", "insensitive", "other"),
    ("number_of_rooms", "insensitive", "other"), ("number_of_children", "quasi", "demographic"),
        ("salary", "sensitive", "financial"),
    ("PESEL", "direct", "identity"), ("codice_fiscale", "direct", "identity"), ("numero_afiliado", "direct", "health"),
    ("kitambulisho", "direct", "identity"),  # a word of the registry's, in Swahili
    ("notes", "text", "free text"), ("api_key", "direct", "credential"), ("kreditkartennummer", "direct", "financial")])
def test_hints(name, role, category):
    found = hint(name)
    assert (found.role, found.category) == (role, category), found


@pytest.mark.parametrize("name", ["c1", "x", "foo_bar", "datum7", "", "lorem"])
def test_no_hint(name):
    assert hint(name) is None


def test_of_a_path_the_last_step_that_says_something():
    assert hint("user.email").category == "contact"
    assert hint("session_data$.map") is None
    assert hint("account.owner.name").role == "direct"
    assert hint("products[].name").role == "insensitive"
    assert hint("phones[]").category == "contact"
    assert hint("emails.value").category == "contact"


def test_the_next_hint_that_fits():
    says = [one.category for one in hints("nota_media") if "whole" in one.looks or "real" in one.looks]
    assert "demographic" in says
    assert hint("customer_email_text", lambda one: "wordy" in one.looks).role == "text"


def test_identifiers_of_what():
    assert speaks_of_id("order_no")
    assert not speaks_of_id("order")
    assert ends_as_id("race_concept_id")
    assert not ends_as_id("idle")
    assert speaks_of_thing("product_id")
    assert not speaks_of_thing("person_id")


@pytest.mark.slow
def test_the_configuration_speaks_of_what_there_is():
    looks = {*LOOKS, "wordy", "small", "flag", "whole", "real", "binary"}
    sets = {one.name for one in Vocabulary.default().sets}
    for one in HeaderConfig.default().hints:
        assert set(one.looks) <= looks, one.words[0]
        assert one.set is None or one.set in sets
        for word in one.words:
            assert word == word.lower().replace("\\W", ""), word
            assert regex.compile(word)
            assert not regex.fullmatch(word, ""), word
    assert set(NAME_SETS) <= sets


@given(st.text(max_size=30))
def test_any_name(name):
    for one in hints(name):
        assert one.weight > 0
        assert one.word
