"""Every type is found as itself where a word that speaks of it stands beside its example, or is its column's name."""

from __future__ import annotations

import pyarrow as pa
import pytest

from engine.detect.scanner import Scanner

SCANNER = Scanner.default()
TYPES = [one for one in SCANNER.config.types() if not one.label and one.when != "column"]
"""An example with its own label needs no word; what counts in columns alone is looked for there."""

IN_COLUMNS = [one for one in SCANNER.config.types() if one.when == "column"]
MOST = 0.8
"""Share of an example that a finding has to cover."""

# Words that say what a number is, and not whose: another country's type has the form, too, and its check proves more
WHOSE = {
    "passport": {"AT_PASSPORT", "BR_PASSPORT", "ES_PASSPORT", "IN_PASSPORT", "IT_PASSPORT", "MX_PASSPORT", "NL_ID_DOCUMENT",
                 "TH_PASSPORT", "US_PASSPORT"},
    "passport number": {"IN_PASSPORT", "US_PASSPORT"}, "driver licence": {"AU_DRIVER_LICENCE"},
    "driver license": {"AU_DRIVER_LICENCE"},
    "identity card": {"CZ_ID_CARD", "GR_ID_CARD"},
    "contribuinte": {"CV_NIF"}, "nif": {"CV_NIF"}, "tax number": {"EG_TAX_ID"}, "tin": {"PG_TIN"}, "adresse": {"DE_PLZ"},
    "fax": {"US_PHONE_NUMBER"},  # a FAX_NUMBER
}
TITLES = {
    "UA_PASSPORT": "its Cyrillic letters look like the Latin ones of a Slovak card, and the title speaks of cards",
}


def found(texts, header=""):
    """The findings of each text."""
    rows = [[] for _ in texts]
    for row in SCANNER.find(pa.array(texts), header=header).to_pylist():
        rows[row["row"]].append(row)
    return rows


def is_itself(one, findings, begin=0):
    def covers(row):
        share = (min(row["end"], begin + len(one.example)) - max(row["start"], begin)) / len(one.example)
        return share >= MOST or (one.type == "AGE" and share > 0)  # of an age the number alone
    return any(row["entity_type"] == one.reported and covers(row) for row in findings)


@pytest.mark.slow
def test_after_each_of_its_context_words():
    pairs = [(one, word) for one in TYPES for word in one.context]
    texts = found([f"{word}: {one.example}" for one, word in pairs])
    wrong = {}
    for (one, word), findings in zip(pairs, texts, strict=True):
        if not is_itself(one, findings, len(word) + 2):
            wrong.setdefault(word, set()).add(one.type)
    assert wrong == WHOSE
    spoken = {(one.reported, word) for one, word in pairs}
    assert all(any((row["entity_type"], word) in spoken for row in findings)
               for (one, word), findings in zip(pairs, texts, strict=True) if one.type in wrong.get(word, ()))


def test_after_its_title():
    texts = found([f"{one.title}: {one.example}" for one in TYPES])
    assert {one.type for one, findings in zip(TYPES, texts, strict=True)
            if not is_itself(one, findings, len(one.title) + 2)} == TITLES.keys()


@pytest.mark.slow
def test_what_counts_in_columns_alone_counts_under_each_of_its_words_and_nowhere_else():
    assert IN_COLUMNS
    for one in IN_COLUMNS:
        assert [word for word in one.context if not is_itself(one, *found([one.example], header=word))] == []
        assert not any(is_itself(one, *found([f"{word}, {one.example}"], header="notes")) for word in ("some", "5 apples"))
        assert not any(row["entity_type"] == one.reported for row in found([one.example])[0])


@pytest.mark.slow
@pytest.mark.parametrize("named", [lambda one: one.title, lambda one: one.type.lower(), lambda one: one.type.replace("_", " ")],
                         ids=["title", "snake case", "words"])
def test_under_its_name(named):
    missed = {one.type for one in TYPES if not is_itself(one, *found([one.example], header=named(one)))}
    assert missed <= TITLES.keys()
