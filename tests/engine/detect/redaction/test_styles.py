"""What stands in place of a finding: by type, by subject, by what a row knows; and never nothing by mistake."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest

from engine.detect.redaction import KNOWN, Spans, Styles, replaced
from engine.detect.scanner import Scanner
from engine.errors import PolicyError
from tests.engine.detect.redaction.test_spans import spans

KEY = bytes(range(32))
TEXT = "Jane Roe paid with 4111 1111 1111 1111 from 10.0.0.7"
CLAIMS = [(0, 0, 8, "PERSON", 0.9), (0, 19, 38, "CREDIT_CARD", 1.0), (0, 44, 52, "IP_ADDRESS", 0.9)]


def styled(styles: Styles, text: str = TEXT, claims=None, **more) -> str:
    return replaced(pa.array([text]), spans(CLAIMS if claims is None else claims), styles, **more)[0].as_py()


def test_each_type_in_its_style():
    styles = Styles("hash", {"PERSON": "surrogate", "IP_ADDRESS": "drop", "CREDIT_CARD": "keep_format"}, KEY)
    found = styled(styles)
    match = re.fullmatch(r"(\w+ \w+) paid with (\d{4} \d{4} \d{4} \d{4}) from", found)
    assert match, found
    assert "Jane" not in found
    assert match[2] != "4111 1111 1111 1111"
    token = styled(Styles("hash", key=KEY), claims=CLAIMS[:1])
    assert re.fullmatch(r"PERSON_[a-z2-7]{16} paid .*", token)


def test_a_style_that_makes_values_up_needs_a_key():
    for style in ("surrogate", "keep_format", "hash"):
        with pytest.raises(PolicyError, match="needs a key"):
            Styles(style)
        with pytest.raises(PolicyError, match="needs a key"):
            Styles("drop", {"PERSON": style})


def test_keys_do_not_show():
    assert KEY.hex() not in repr(Styles("hash", key=KEY))
    assert repr(KEY) not in repr(Styles("hash", key=KEY, dates_key=KEY))


def test_another_key_another_value():
    one, other = (styled(Styles("surrogate", key=key)) for key in (KEY, KEY[::-1]))
    assert one != other
    assert one == styled(Styles("surrogate", key=KEY))


def test_what_cannot_be_made_up_becomes_its_placeholder(monkeypatch):
    styles = Styles("surrogate", key=KEY)
    assert styled(styles, "seen yesterday", [(0, 5, 14, "DATE_TIME", 1.0)]) == "seen [DATE_TIME]"
    assert styled(styles, "x" * 2000, [(0, 0, 1000, "PERSON", 1.0)]) == "[PERSON]" + "x" * 1000
    monkeypatch.setattr(Styles, "_made", lambda *_: 1 / 0)
    assert styled(styles).startswith("[PERSON] paid")


def test_by_subject_or_for_all():
    texts = pa.array(["Jane Roe", "Jane Roe", "Jane Roe", "Jane Roe"])
    subjects = pa.array([b"1", b"2", b"1", None])
    claims = Spans.listed([(row, 0, 8) for row in range(4)], "PERSON")
    everywhere = replaced(texts, claims, Styles("surrogate", key=KEY), subjects=subjects).to_pylist()
    assert len(set(everywhere)) == 1
    apart = replaced(texts, claims, Styles("surrogate", key=KEY, by_subject=True), subjects=subjects).to_pylist()
    assert apart[0] == apart[2]
    assert len({apart[0], apart[1], apart[3]}) == 3


def test_dates_follow_the_subject_and_names_do_not():
    texts = pa.array(["Jane Roe on 2021-03-04"] * 2)
    claims = Spans.listed([(0, 0, 8), (1, 0, 8)], "PERSON").joined(Spans.listed([(0, 12, 22), (1, 12, 22)], "DATE_TIME"))
    one, other = replaced(texts, claims, Styles("surrogate", key=KEY), subjects=pa.array([b"1", b"2"])).to_pylist()
    assert one[:-10] == other[:-10]
    assert one[-10:] != other[-10:]


def test_known_comes_first_as_a_placeholder_and_last_where_its_form_matters():
    text, mail = "write to jane.roe@acme.com", (0, 9, 26, "EMAIL_ADDRESS", 1.0)
    known = (0, 9, 26, KNOWN, 1.0)
    assert styled(Styles(), text, [mail, known]) == "write to [KNOWN]"
    assert re.fullmatch(r"write to KNOWN_\w{16}", styled(Styles("hash", key=KEY), text, [mail, known]))
    assert re.fullmatch(r"write to \w+\.\w+@example\.\w{3}", styled(Styles("surrogate", key=KEY), text, [mail, known]))
    assert styled(Styles("surrogate", {KNOWN: "placeholder"}, KEY), text, [mail, known]) == "write to [KNOWN]"
    longer = (0, 0, 26, KNOWN, 1.0)
    assert styled(Styles("surrogate", {"EMAIL_ADDRESS": "drop"}, KEY), text, [mail, longer]) not in ("", text)


def test_made_up_for_the_claim_that_won():
    found = styled(Styles("surrogate", key=KEY), "on 2021-03-04 10", [(0, 3, 13, "DATE_TIME", 1.0), (0, 11, 16, "OTHER", 1.0)])
    assert re.fullmatch(r"on \d{4}-\d\d-\d\d", found)


def test_what_a_row_knows_of_a_name_decides_its_role():
    claims = [(0, 0, 3, "PERSON", 1.0)]
    styles = Styles("surrogate", key=KEY)
    family, given = (styled(styles, "Roe", claims, roles=lambda *_, role=role: role) for role in ("family", "given"))
    whole = styled(styles, "Roe Roe", [(0, 0, 7, "PERSON", 1.0)])
    assert whole == f"{given} {family}"


@pytest.mark.parametrize("given", [
    {"default": "surogate"}, {"by_type": {"PERSON": "mask"}}, {"default": "hash", "key": b"short"},
    {"default": "hash", "key": "x" * 32}, {"locale": "xx_XX"}])
def test_what_there_is_not_is_refused(given):
    with pytest.raises(PolicyError):
        Styles(**given)


@pytest.mark.parametrize("given", [
    {"entities": ["EMAIL_ADRESS"]}, {"entities": "PERSON"}, {"threshold": 2}, {"threshold": "0.5"},
    {"styles": "surrogate"},
    {"styles": Styles(by_type={"EMAIL_ADRESS": "drop"})}])
def test_redaction_refuses_what_would_redact_nothing(given):
    with pytest.raises(PolicyError) as refused:
        Scanner.default().redact(pa.array(["jane@example.org"]), **given)
    assert "jane" not in str(refused.value)
