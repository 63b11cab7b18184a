"""Operator generalize accepts a column's type exactly where the kernel does, for every kind of hierarchy."""

from __future__ import annotations

import pyarrow as pa
import pytest

from engine.anonymity.hierarchies import generalize_level
from engine.errors import PolicyError
from engine.operators import operator
from engine.operators.base import Context
from schemas.policy import Hierarchy
from schemas.policy.operators import Operator

KINDS = {
    "dates": {"dates": ["year"]}, "mask": {"mask": "left"}, "chunks": {"mask": {"chunk": 2}}, "prefix": {"prefix": [1]},
    "widths": {"widths": [5]}, "edges": {"edges": [[5]]}, "ages": "ages", "latitude": {"latitude": [1]},
    "longitude": {"longitude": [1]}, "postal": {"postal": "us"}, "geohash": {"geohash": [1]}, "ip": "ip", "icd10": "icd10",
    "order": {"order": {"values": [1, 2, 3], "groups": [2]}}, "groups": {"groups": {"g": ["a"]}},
    "table": {"table": [["a", "x"]]},
}
TYPES = (
    pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string()), pa.int8(), pa.uint64(), pa.int64(),
    pa.float32(), pa.float64(), pa.decimal128(9, 2), pa.bool_(), pa.date32(), pa.date64(), pa.timestamp("us"),
    pa.timestamp("s", "UTC"), pa.binary(), pa.list_(pa.string()), pa.struct({"a": pa.int8()}), pa.time64("us"), pa.duration("s"),
    pa.null())


def test_every_kind_is_here() -> None:
    assert {Hierarchy.model_validate(written).kind for written in KINDS.values()} == set(Hierarchy.model_fields) - {"file"}


def accepted_by_operator(written: object, kind: pa.DataType) -> bool:
    parsed = Operator.model_validate({"generalize": {"hierarchy": written}})
    try:
        operator("generalize").call(parsed.spec, Context("c", kind, "insensitive", None))
    except PolicyError:
        return False
    return True


def accepted_by_kernel(written: object, kind: pa.DataType) -> bool:
    try:
        generalize_level(pa.array([], kind), Hierarchy.model_validate(written), 1)
    except PolicyError:
        return False
    return True


@pytest.mark.parametrize("written", KINDS.values(), ids=KINDS)
def test_operator_and_kernel_accept_the_same_types(written) -> None:
    accepted = {str(kind): accepted_by_operator(written, kind) for kind in TYPES}
    assert accepted == {str(kind): accepted_by_kernel(written, kind) for kind in TYPES}
    assert accepted["null"]
    assert not any(accepted[name] for name in ("binary", "list<item: string>", "struct<a: int8>", "time64[us]", "duration[s]"))


@pytest.mark.parametrize(("kind", "names"), [
    ("dates", {"date32[day]", "date64[ms]", "timestamp[us]", "timestamp[s, tz=UTC]"}),
    ("ages", {"int8", "uint64", "int64", "float", "double", "decimal128(9, 2)"}),
    ("ip", {"string", "large_string", "string_view", "dictionary<values=string, indices=int8, ordered=0>"}),
    ("postal", {"string", "large_string", "string_view", "dictionary<values=string, indices=int8, ordered=0>",
                "int8", "uint64", "int64"})])
def test_what_some_kinds_accept(kind, names) -> None:
    assert {str(type_) for type_ in TYPES if accepted_by_operator(KINDS[kind], type_)} == names | {"null"}


@pytest.mark.parametrize("written", KINDS.values(), ids=KINDS)
def test_the_hierarchy_travels_in_the_call_as_plain_values(written) -> None:
    parsed = Operator.model_validate({"generalize": {"hierarchy": written, "level": 2}})
    call = operator("generalize").call(parsed.spec, Context("c", pa.null(), "insensitive", None))
    travelled = dict(call.params)["hierarchy"]
    assert isinstance(travelled, dict)
    assert Hierarchy.model_validate(travelled) == Hierarchy.model_validate(written)


def test_effects_name_the_unit_of_time() -> None:
    for unit in ("hour", "day", "week", "weekday", "century"):
        parsed = Operator.model_validate({"generalize": {"hierarchy": {"dates": [unit]}}})
        assert operator("generalize").effect(parsed.spec).summary == f"its {unit}"
