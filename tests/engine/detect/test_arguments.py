"""What a scan is given that it cannot read is refused in words; what it can read otherwise than as strings is read."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from engine.detect.config import RecognizerConfig
from engine.detect.plugins import from_presidio, plugged
from engine.detect.redaction import LONGEST, Styles
from engine.detect.scanner import Scanner
from engine.errors import InputError, PolicyError

KEY = bytes(32)


@pytest.fixture(scope="module")
def scanner():
    return Scanner.default()


@pytest.mark.parametrize(("array", "expected"), [
    (pa.array([4111111111111111, None]), ["[CREDIT_CARD]", None]),
    (pa.array([Decimal(4111111111111111), Decimal(1)]), ["[CREDIT_CARD]", "1"]),
    (pa.array([1.5, None]), ["1.5", None]),
    (pa.nulls(2), [None, None]),
    (pa.array([dt.date(2021, 3, 4)]), ["[DATE_TIME]"]),
    (pa.array([b"to jane@example.com", b"\xff\xfe", None]), ["to [EMAIL_ADDRESS]", "[UNSCANNABLE]", None]),
    (pa.array([b"to jane@example.com", b"\xff"], pa.large_binary()), ["to [EMAIL_ADDRESS]", "[UNSCANNABLE]"]),
    (pa.array([b"\xff\xfe"], pa.binary(2)), ["[UNSCANNABLE]"]),
    (pa.array([b"a@b.com", b"\xff"]).dictionary_encode(), ["[EMAIL_ADDRESS]", "[UNSCANNABLE]"]),
    (pa.chunked_array([["to jane@example.com"], ["x"]]), ["to [EMAIL_ADDRESS]", "x"]),
    (pa.array([], pa.int64()), []),
])
def test_what_reads_as_text_is_redacted(scanner, array, expected):
    made = scanner.redact(array)
    assert made.type == pa.string()
    assert made.to_pylist() == expected


@pytest.mark.parametrize("array", [
    pa.array([["a@b.com"]]), pa.array([{"a": "a@b.com"}]), pa.chunked_array([[["x"]]]), ["a@b.com"], "a@b.com", None,
])
def test_what_has_no_texts_is_refused(scanner, array):
    for given in (scanner.redact, scanner.find):
        with pytest.raises(InputError) as caught:
            given(array)
        assert "a@b.com" not in str(caught.value)


@pytest.mark.parametrize("known", [
    pa.array([["Jane"]]), pa.array(["Jane", "Roe"]), pa.array([[1], [2]]), [["Jane"], ["Roe"]],
])
def test_what_rows_know_is_one_list_for_each(scanner, known):
    with pytest.raises(InputError) as caught:
        scanner.find(pa.array(["Jane went", "Roe went"]), known=known)
    assert "known" in str(caught.value)
    assert "Jane" not in str(caught.value)


def test_what_rows_know_may_be_null(scanner):
    assert scanner.find(pa.array(["x", "y"]), known=pa.nulls(2)).num_rows == 0
    assert scanner.find(pa.array(["a@b.com", "y"]), known=pa.array([None, None])).num_rows == 1
    assert scanner.find(pa.chunked_array([["x"], ["y"]]), known=pa.array([None, ["Jane"]])).num_rows == 0


@pytest.mark.parametrize("subjects", [pa.array([b"1"]), pa.array([1, 2]), [b"1", b"2"]])
def test_subjects_are_bytes_for_each(scanner, subjects):
    with pytest.raises(InputError, match="subjects"):
        scanner.redact(pa.array(["2021-03-04", "x"]), styles=Styles("surrogate", key=KEY), subjects=subjects)


@pytest.mark.parametrize("header", [None, 5, b"name"])
def test_a_header_is_a_text(scanner, header):
    for given in (scanner.redact, scanner.find):
        with pytest.raises(InputError, match="header"):
            given(pa.array(["a@b.com"]), header=header)


@pytest.mark.slow
def test_redaction_reads_as_far_as_the_scan(scanner):
    text = "x " * (LONGEST // 2) + "jane@example.com"
    assert scanner.redact(pa.array([text])).to_pylist() == [text.replace("jane@example.com", "[EMAIL_ADDRESS]")]
    small = Scanner(RecognizerConfig.default().model_copy(
        update={"budget": RecognizerConfig.default().budget.model_copy(update={"bytes": 1 << 16})}))
    assert small.redact(pa.array([text])).to_pylist() == ["[UNSCANNABLE]"]


@pytest.mark.slow
def test_plug_ins_come_alone_or_several_wrapped_or_not():
    from presidio_analyzer import Pattern, PatternRecognizer  # noqa: PLC0415 - slow

    badge = PatternRecognizer(supported_entity="BADGE", patterns=[Pattern("badge", r"B-\d{4}", 0.9)])
    for given in (badge, [badge], from_presidio(badge), (one for one in [badge])):
        (plugin,) = plugged(given)
        assert plugin.entity_types == ("BADGE",)
    scanner = Scanner.load(RecognizerConfig.default(), badge)
    assert scanner.redact(pa.array(["his B-1234"])).to_pylist() == ["his [BADGE]"]
    for wrong in (object(), [object()], "presidio.yaml", 7):
        with pytest.raises(PolicyError):
            Scanner.load(RecognizerConfig.default(), wrong)
