"""Operators on numbers: the calls they become, what they say of themselves, what they refuse."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from engine.errors import PolicyError
from engine.operators import operator
from engine.operators.base import Context, KernelCall, KeyRef
from schemas.policy.operators import Operator

KEY = "env:LAKEVEIL_KEY"


def call(written: dict[str, object], kind: pa.DataType, subject: str | None = None) -> KernelCall | None:
    parsed = Operator.model_validate(written)
    return operator(parsed.name).call(parsed.spec, Context("c", kind, "insensitive", subject))


def test_noise_takes_the_subject_if_there_is_another() -> None:
    written = {"noise": {"scale": 2, "key": KEY}}
    assert call(written, pa.int16()).inputs == ("c",)
    assert call(written, pa.int16(), subject="c").inputs == ("c",)
    assert call(written, pa.int16(), subject="patient").inputs == ("c", "patient")
    assert call(written, pa.decimal128(9, 2)).output == pa.decimal128(9, 2)
    assert call(written, pa.int16()).key == KeyRef(KEY, "lakeveil/v1/noise/c")


BOUNDED = {"lower": 0, "upper": 200, "epsilon": 1, "key": KEY}


def test_noise_reads_what_it_differs_by() -> None:
    written = {"noise": {"scale": 2, "key": KEY, "per": ["visit", "patient"]}}
    assert call(written, pa.int16(), subject="patient").inputs == ("c", "patient", "visit")
    assert call(written, pa.int16()).inputs == ("c", "visit", "patient")


@pytest.mark.parametrize(("written", "kind", "params"), [
    ({"distribution": "laplace", **BOUNDED}, pa.int32(),
     {"distribution": "discrete_laplace", "lower": 0, "upper": 200, "scale": 200.00000000000003, "step": 1}),
    ({"distribution": "discrete_laplace", **BOUNDED}, pa.decimal128(9, 2),
     {"distribution": "discrete_laplace", "lower": 0, "upper": 2500, "scale": 2500.0000000000005, "step": 8}),
    ({"distribution": "laplace", **BOUNDED}, pa.float32(),
     {"distribution": "discrete_laplace", "lower": 0, "upper": 3200, "scale": 3200.0000000000005, "step": 0.0625}),
    ({"delta": 1e-6, **BOUNDED}, pa.int64(), {"distribution": "discrete_gaussian", "lower": 0, "upper": 200, "scale": 844.9358,
                                              "step": 1}),
    ({"distribution": "discrete_gaussian", "scale": 2, "key": KEY}, pa.int8(),
     {"distribution": "discrete_gaussian", "scale": 2.0, "step": 1}),
    ({"distribution": "discrete_laplace", "scale": 2, "key": KEY}, pa.decimal128(9, 1),
     {"distribution": "discrete_laplace", "scale": 14.14508, "step": 1}),
])
def test_calibrated_and_discrete_noise_has_a_grid(written: dict[str, object], kind: pa.DataType, params: dict[str, Any]) -> None:
    found = call({"noise": written}, kind)
    assert found.output == kind
    assert dict(found.params) == {**params, "scale": pytest.approx(params["scale"], rel=1e-5)}


def test_calibrated_noise_says_what_it_follows_from_and_claims_nothing() -> None:
    def said(**written: object) -> str:
        return operator("noise").effect(Operator.model_validate({"noise": written}).spec).summary

    laplacian = said(distribution="laplace", lower=18, upper=98, epsilon=0.5, key=KEY, per=["visit"])
    assert laplacian.startswith("the value, set within 18 and 98 and blurred by keyed laplace noise of scale 160: what "
                                "sensitivity 80 needs for epsilon 0.5 in one cell if its noise were fresh;")
    assert "no differential privacy is claimed for a cell, a person or the table" in laplacian
    assert laplacian.endswith("noise differs by visit")
    assert "standard deviation 844.936: what sensitivity 200 needs for epsilon 1 and delta 1e-06" in said(delta=1e-6, **BOUNDED)


@pytest.mark.parametrize(("written", "kind", "what"), [
    ({"scale": 0.4, "key": KEY}, pa.int64(), "changes hardly a value"),
    ({"scale": 0.001, "key": KEY}, pa.decimal128(10, 2), "changes hardly a value"),
    ({"distribution": "laplace", "lower": 0, "upper": 1, "epsilon": 9, "key": KEY}, pa.int32(), "changes hardly a value"),
    ({"distribution": "discrete_laplace", "scale": 2, "key": KEY}, pa.float64(), "does not work"),
    ({"distribution": "laplace", "lower": 0.1, "upper": 0.3, "epsilon": 0.1, "key": KEY}, pa.int32(), "one value"),
])
def test_noise_that_does_not_fit_its_column_is_refused(written: dict[str, object], kind: pa.DataType, what: str) -> None:
    with pytest.raises(PolicyError, match=what) as error:
        call({"noise": written}, kind)
    assert error.value.next


@pytest.mark.parametrize(("written", "kind", "params", "said"), [
    ({"to": 0.25}, pa.float64(), {"step": "0.25", "half": "even"}, "the nearest multiple of 0.25, rounded half to even"),
    ({"digits": 2, "half": "away"}, pa.decimal128(9, 4), {"step": "0.01", "half": "away"},
     "the nearest multiple of 0.01, rounded half away from zero"),
    ({"digits": -3}, pa.int32(), {"step": "1000", "half": "even"}, "the nearest multiple of 1000, rounded half to even"),
    ({"to": 1e20}, pa.float64(), {"step": "100000000000000000000", "half": "even"},
     "the nearest multiple of 100000000000000000000, rounded half to even"),
    ({"significant": 2}, pa.int8(), {"significant": 2, "half": "even"}, "its first 2 significant digit(s), rounded half to even"),
    ({"to": "month"}, pa.date32(), {"step": "month"}, "the start of its month"),
    ({"to": "hour"}, pa.timestamp("us"), {"step": "hour"}, "the start of its hour"),
])
def test_round_keeps_the_type(written: dict[str, object], kind: pa.DataType, params: dict[str, object], said: str) -> None:
    found = call({"round": written}, kind)
    assert (dict(found.params), found.output, found.key) == (params, kind, None)
    assert operator("round").effect(Operator.model_validate({"round": written}).spec).summary == said


def test_codes_are_of_the_columns_type_unless_they_have_a_label() -> None:
    assert call({"top_bottom_code": {"top": 2**53 + 1}}, pa.int64()) == KernelCall(
        "top_bottom_code", ("c",), pa.int64(), (("top", str(2**53 + 1)),))
    labelled = call({"top_bottom_code": {"bottom": dt.date(1930, 1, 1), "bottom_label": "before"}}, pa.date32())
    assert (labelled.output, dict(labelled.params)) == (pa.string(), {"bottom": "1930-01-01", "bottom_label": "before"})


@pytest.mark.parametrize(("written", "kind", "what"), [
    ({"round": {"to": 2.5}}, pa.int32(), "do not fit"), ({"round": {"digits": 2}}, pa.int32(), "do not fit"),
    ({"round": {"digits": 0}}, pa.int32(), "leaves every value"),
    ({"round": {"digits": 2}}, pa.decimal128(9, 2), "leaves every value"),
    ({"round": {"to": 1000}}, pa.int8(), "makes every value"), ({"round": {"to": "day"}}, pa.date32(), "no day"),
    ({"round": {"to": "month"}}, pa.int32(), "does not work"), ({"round": {"to": 5}}, pa.date32(), "does not work"),
    ({"top_bottom_code": {"top": 89.5}}, pa.int32(), "more digits"),
    ({"top_bottom_code": {"top": "2024-01-01"}}, pa.int32(), "no number"),
    ({"top_bottom_code": {"top": 90}}, pa.date32(), "no date"),
    ({"top_bottom_code": {"bottom": "2024-01-01", "top": "2023-01-01"}}, pa.date32(), "not below"),
    ({"top_bottom_code": {"top": 90}}, pa.string(), "does not work"),
])
def test_what_would_round_or_code_nothing_is_refused(written: dict[str, object], kind: pa.DataType, what: str) -> None:
    with pytest.raises(PolicyError, match=what) as error:
        call(written, kind)
    assert "'c'" in error.value.where
    assert error.value.next


@pytest.mark.parametrize(("written", "why"), [
    ({"round": {}}, "in one way"), ({"round": {"to": 5, "digits": 2}}, "in one way"), ({"round": {"to": 0}}, "greater than 0"),
    ({"round": {"to": "month", "half": "away"}}, "no middle"), ({"round": {"to": "fortnight"}}, "'second'"),
    ({"noise": {"key": KEY}}, "has a scale"), ({"noise": {"scale": 1, **BOUNDED}}, "has a scale"),
    ({"noise": BOUNDED}, "give delta"),
    ({"noise": {"distribution": "laplace", "delta": 0.1, **BOUNDED}}, "no delta"),
    ({"noise": {"distribution": "uniform", **BOUNDED}}, "no uniform"),
    ({"noise": {**BOUNDED, "delta": 0.1, "upper": 0}}, "below upper"),
    ({"noise": {"scale": 1, "key": KEY, "per": ["a", "a"]}}, "twice"),
    ({"top_bottom_code": {}}, "a bottom, a top"), ({"top_bottom_code": {"top_label": "90+", "bottom": 1}}, "top_label"),
    ({"top_bottom_code": {"bottom": 5, "top": 5}}, "below the top"), ({"top_bottom_code": {"top": float("inf")}}, "finite"),
])
def test_parameters_that_contradict_each_other_are_refused(written: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Operator.model_validate(written)
