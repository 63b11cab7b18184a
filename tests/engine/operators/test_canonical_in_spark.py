"""The Spark expressions that the canonical encoding names say the same, byte for byte."""

from __future__ import annotations

import datetime as dt
import hmac
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from engine.operators.canonical import canonical
from udfs.date_shift import date_shift
from udfs.token import token

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

SUBKEY = bytes(range(32))
COLUMNS = {
    "text": pa.array(["", "patient-1", "O'Brien", "a\nb", " 42 ", None]),
    "whole": pa.array([0, -7, 2**63 - 1, -(2**63), 42, None]),
    "flag": pa.array([True, False, True, False, True, None]),
    "day": pa.array([0, -1, 2_932_896, 2_932_897, -719_529, None], pa.int32()).cast(pa.date32()),
    "moment": pa.array([0, -1, 1_614_834_367_000_008, 253_402_300_799_999_999, -62_135_596_800_000_000, None],
                       pa.timestamp("us", "UTC")),
    "data": pa.array([b"", b"\0\xff", b"abc", b"\x80", b"42", None]),
}
EXPRESSIONS = {
    "text": "text", "whole": "cast(whole AS STRING)", "flag": "cast(flag AS STRING)", "day": "cast(day AS STRING)",
    "moment": "cast(unix_micros(moment) AS STRING)", "data": "data",
}


def test_expressions(spark: SparkSession) -> None:
    frame = spark.createDataFrame(pa.table(COLUMNS))
    as_bytes = [f"hex(cast({expression} AS BINARY)) AS {name}" for name, expression in EXPRESSIONS.items()]
    found = frame.selectExpr(*as_bytes).toArrow()
    for name, values in COLUMNS.items():
        expected = [cell and cell.hex().upper() if cell != b"" else "" for cell in canonical(values).to_pylist()]
        assert found[name].to_pylist() == expected, name


def test_ascii_is_what_has_as_many_bytes_as_signs(spark: SparkSession) -> None:
    texts = ["", "abc", "é", "e\u0301", "\U0001f9ec", "\x7f", "\x80", "a\nb"]
    frame = spark.createDataFrame(pa.table({"c": pa.array(texts)}))
    found = frame.selectExpr("c", "length(c) = octet_length(c) AS ascii").toArrow().to_pydict()
    assert found["ascii"] == [text.isascii() for text in found["c"]]


def test_hmac_and_shift(spark: SparkSession) -> None:
    pads = {name: bytes(byte ^ mask for byte in SUBKEY.ljust(64, b"\0")) for name, mask in (("ipad", 0x36), ("opad", 0x5C))}
    keys = spark.createDataFrame(pa.table({name: pa.array([pad]) for name, pad in pads.items()}))
    subjects, days = pa.array(["p1", "p2", "Lee", ""]), pa.array([dt.date(2020, 2, 29)] * 4)
    frame = spark.createDataFrame(pa.table({"s": subjects, "d": days})).crossJoin(keys).selectExpr(
        "s", "d", "sha2(concat(opad, unhex(sha2(concat(ipad, CAST(s AS BINARY)), 256))), 256) AS h")
    found = frame.selectExpr(
        "s", "h", "date_add(d, CAST(pmod(CAST(conv(substr(h, 1, 15), 16, 10) AS BIGINT), 2 * 180 + 1) - 180 AS INT)) AS moved",
    ).toArrow().sort_by("s").to_pydict()
    order = sorted(range(4), key=lambda place: subjects[place].as_py())
    assert [f"01{digest}" for digest in found["h"]] == token(subjects.take(pa.array(order)), subkey=SUBKEY).to_pylist()
    assert found["h"] == [hmac.new(SUBKEY, text.encode(), "sha256").hexdigest() for text in found["s"]]
    assert found["moved"] == date_shift(days, subjects.take(pa.array(order)), max_days=180, subkey=SUBKEY).to_pylist()
