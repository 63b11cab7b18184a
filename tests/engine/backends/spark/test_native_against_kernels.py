"""Every native expression agrees with its kernel, byte for byte."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac

import pyarrow as pa
import pytest
from pyspark.sql import functions as F  # noqa: N812

from engine.backends.spark.native import native, pads
from engine.backends.spark.types import ddl_schema
from engine.operators.base import KernelCall, KeyRef
from udfs import kernel

SUBKEY = bytes(range(32))
REF = KeyRef("env:UNUSED", "test")
DATES = [dt.date(2020, 2, 29), dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.date(1969, 12, 31), None]
MOMENTS = [dt.datetime(2020, 2, 29, 23, 59, 59, 999_999, dt.UTC), dt.datetime(1, 1, 1, tzinfo=dt.UTC), None,
           dt.datetime(9999, 12, 31, 23, 59, tzinfo=dt.UTC), dt.datetime(1969, 12, 31, 23, 0, 0, 1, dt.UTC)]
ZONED = pa.array(MOMENTS, pa.timestamp("us", tz="UTC"))
UNZONED = ZONED.cast(pa.timestamp("us"))
TEXTS = ["", "a", "ab", "abcdef", "Ünïcødé", "日本語テキスト", "👩‍👩‍👧 family", "'quoted' \"text\"", "[x](y)", None]
INTS = [0, 1, -1, 19, 20, 21, -20, -21, 2**31 - 1, -(2**31), None]
SUBJECTS = pa.array([*range(19), None], pa.int64())

HEX = {"form": "hex", "version": 1}
CASES = {
    "redact": (("redact", {}), [pa.array(TEXTS)]),
    "redact a number": (("redact", {}), [pa.array(INTS, pa.int32())]),
    "replace": (("replace", {"value": "it's [X]"}), [pa.array(TEXTS)]),
    "mask all": (("mask", {"char": "*", "keep_left": 0, "keep_right": 0}), [pa.array(TEXTS)]),
    "mask left": (("mask", {"char": "#", "keep_left": 2, "keep_right": 0}), [pa.array(TEXTS)]),
    "mask right": (("mask", {"char": "█", "keep_left": 0, "keep_right": 3}), [pa.array(TEXTS)]),
    "mask middle": (("mask", {"char": "*", "keep_left": 1, "keep_right": 2}), [pa.array(TEXTS)]),
    "bucket int32": (("bucket", {"width": 10.0, "origin": 0.0}), [pa.array(INTS, pa.int32())]),
    "bucket origin": (("bucket", {"width": 7.0, "origin": -3.0}), [pa.array(INTS, pa.int32())]),
    "bucket int16": (("bucket", {"width": 5.0, "origin": 1.0}), [pa.array([-32768, 32767, 0, None], pa.int16())]),
    **{f"round to {step}, half {half}": (("round", {"half": half, "step": step}), [
        pa.array([*INTS, 5, 15, 25, -5, -15], pa.int32())])
       for step in ("10", "2147483647", "7") for half in ("even", "away")},
    "round int8": (("round", {"half": "even", "step": "100"}), [pa.array([127, -128, 50, -50, None], pa.int8())]),
    **{f"round dates to {unit}": (("round", {"step": unit}), [pa.array(DATES, pa.date32())])
       for unit in ("week", "month", "quarter", "year")},
    "code int64": (("top_bottom_code", {"bottom": "-5", "top": "20"}), [pa.array([*INTS, 2**63 - 1, -(2**63)], pa.int64())]),
    "code int8": (("top_bottom_code", {"top": "90"}), [pa.array([127, 90, 89, None], pa.int8())]),
    "code int16 with a label": (("top_bottom_code", {"bottom": "18", "top": "90", "top_label": "90+"}), [
        pa.array([17, 18, 19, 89, 90, 91, None], pa.int16())]),
    "code dates": (("top_bottom_code", {"bottom": "1970-01-01", "top": "2020-01-01"}), [pa.array(DATES, pa.date32())]),
    "code dates with a label": (("top_bottom_code", {"top": "2020-01-01", "top_label": "later"}), [pa.array(DATES, pa.date32())]),
    **{f"token {form}": (("token", {"form": form, "version": version}), [pa.array([*INTS, None], pa.int64())])
       for form, version in (("base32", 255), ("integer", 15), ("uuid", 200))},
    "token int64": (("token", HEX), [pa.array([*INTS, 2**63 - 1, -(2**63)], pa.int64())]),
    "token boolean": (("token", HEX), [pa.array([True, False, None])]),
    "token date": (("token", HEX), [pa.array(DATES, pa.date32())]),
    "token timestamp": (("token", HEX), [ZONED]),
    "token timestamp without zone": (("token", HEX), [UNZONED]),
    "token bytes": (("token", HEX), [pa.array([b"", b"\x00\xff", b"a" * 200, None], pa.binary())]),
    "shift dates": (("date_shift", {"max_days": 400}), [pa.array(DATES * 4, pa.date32()), SUBJECTS]),
    "shift moments": (("date_shift", {"max_days": 400}), [
        pa.concat_arrays([ZONED] * 4), SUBJECTS]),
    "shift moments without zone": (("date_shift", {"max_days": 30}), [
        pa.concat_arrays([UNZONED] * 4), SUBJECTS.cast(pa.int32())]),
}


@pytest.mark.spark
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("api", ["spark", "spark_connect"])
def test_expression_equals_kernel(case, api, request):
    session = request.getfixturevalue(api)
    (name, params), arrays = CASES[case]
    keyed = name in ("token", "date_shift")
    call = KernelCall(name, tuple(f"c{i}" for i in range(len(arrays))), arrays[0].type, tuple(sorted(params.items())),
                      REF if keyed else None)
    expected = kernel(name)(*arrays, **params, **({"subkey": SUBKEY} if keyed else {}))
    table = pa.table({f"c{i}": array for i, array in enumerate(arrays)}).append_column("row", pa.array(range(len(arrays[0]))))
    frame = session.createDataFrame(table, ddl_schema(table.schema))
    key_row = session.createDataFrame([pads(SUBKEY)], "ki binary, ko binary")
    frame = frame.crossJoin(F.broadcast(key_row))

    expression = native(call, [F.col(name) for name in call.inputs], [a.type for a in arrays], lambda: (F.col("ki"), F.col("ko")))

    result = frame.select("row", expression.alias("out")).orderBy("row").toArrow()
    assert result["out"].cast(expected.type).to_pylist() == expected.to_pylist()


@pytest.mark.parametrize(("kind", "params"), [
    (("token", pa.string()), HEX),  # no Unicode normalization in Spark
    (("token", pa.float64()), HEX),
    (("token", pa.decimal128(10, 2)), HEX),
    (("token", pa.int64()), {"form": "tagged", "version": 1}),  # the key's identifier is derived from the key
    (("bucket", pa.int64()), {"width": 10.0}),  # could overflow
    (("bucket", pa.int32()), {"width": 0.5}),
    (("bucket", pa.float64()), {"width": 10.0}),
    (("round", pa.int64()), {"half": "even", "step": "10"}),  # could overflow
    (("round", pa.int32()), {"half": "even", "significant": 2}),
    (("round", pa.timestamp("us")), {"step": "month"}),  # in the zone of the session
    (("top_bottom_code", pa.float64()), {"top": "1"}),  # NaN is more than everything there
    (("noise", pa.int32()), {}),
    (("redact_text", pa.string()), {}),
])
def test_what_spark_cannot_say_exactly_is_left_to_the_kernel(kind, params):
    name, type_ = kind
    call = KernelCall(name, ("c",), pa.string(), tuple(params.items()), REF)

    def no_key():
        raise AssertionError("a key was asked for without need")

    assert native(call, [None], [type_], no_key) is None


@pytest.mark.parametrize("message", [b"", b"what do ya want for nothing?", b"\xcd" * 200])
def test_padded_blocks_make_hmac(message):
    inner, outer = pads(SUBKEY)
    digest = hashlib.sha256(outer + hashlib.sha256(inner + message).digest()).hexdigest()
    assert digest == hmac.new(SUBKEY, message, "sha256").hexdigest()
