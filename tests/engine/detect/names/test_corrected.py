"""Rules that stand after the evidence: what they take away, and what they give."""

import pyarrow as pa
import pytest

from engine.detect.scanner import Scanner


def found(text):
    return {(text[row["start"]:row["end"]], row["entity_type"]) for row in Scanner.default().find(pa.array([text])).to_pylist()}


@pytest.mark.parametrize("text", ["temperature 36.6, pulse 72, BP 120/80", "EAN 4006381333931", "PZN 12345678", "1 Hard Drive",
                                  "患者:出院,男", "患者:不明"])
def test_nothing(text):
    assert not found(text)


@pytest.mark.parametrize(("text", "name"), [
    ("Bitte an Herrn Weber", "Herrn Weber"), ("Bitte an Herrn Weber weiterleiten", "Herrn Weber"),
    ("EAN Smith called", "EAN Smith"), ("患者:王小明,男", "王小明"), ("患者：山田太郎，男", "山田太郎"), ("客户:李娜", "李娜")])
def test_a_name_and_nothing_else(text, name):
    assert found(text) == {(name, "PERSON")}


@pytest.mark.parametrize(("text", "address"), [
    ("1 Main St.", "1 Main St"), ("1 Main Street", "1 Main Street"), ("at 1 Main St, Springfield", "1 Main St"),
    ("12 Old Mill Road\nSpringfield", "12 Old Mill Road"), ("221 Baker St", "221 Baker St")])
def test_an_address(text, address):
    assert (address, "STREET_ADDRESS") in found(text)
