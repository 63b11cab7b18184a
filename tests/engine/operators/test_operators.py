"""Operator specifications: their effects, the calls they become, the columns they refuse."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

import udfs
from engine.errors import PolicyError
from engine.operators import OPERATORS, operator
from engine.operators.base import Context, KernelCall, KeyRef
from engine.plan.fingerprint import fingerprint
from schemas.policy.operators import Operator
from schemas.reserved import KNOWN

KEY = "env:LAKEVEIL_KEY"
WRITTEN = {
    "drop": {}, "keep": {}, "redact": {}, "mask": {"keep_left": 1}, "replace": {"with": "x"},
    "token": {"domain": "patient", "key": KEY}, "encrypt": {"domain": "patient", "key": KEY},
    "encrypt_format": {"domain": "card", "key": KEY},
    "generalize": {"hierarchy": {"dates": ["month", "year"]}, "level": 2}, "date_shift": {"key": KEY},
    "bucket": {"width": 10}, "round": {"to": 5}, "top_bottom_code": {"bottom": 18, "top": 90, "top_label": "90+"},
    "noise": {"scale": 2, "key": KEY},
}


def call(
    written: str | dict[str, object], kind: pa.DataType, role: str = "insensitive", subject: str | None = None,
) -> KernelCall | None:
    parsed = Operator.model_validate(written)
    return operator(parsed.name).call(parsed.spec, Context("c", kind, role, subject))


def test_every_operator_of_the_policy_has_a_specification() -> None:
    assert set(OPERATORS) == set(Operator.model_fields) == set(WRITTEN)
    assert all(spec.name == name for name, spec in OPERATORS.items())


def test_an_unknown_operator_gets_a_hint() -> None:
    with pytest.raises(PolicyError, match="did you mean 'token'"):
        operator("tokens")


@pytest.mark.parametrize(("name", "summary", "reversible", "linkable"), [
    ("drop", "nothing: the column is left out", False, False),
    ("keep", "the value as it is", False, True),
    ("redact", "placeholders for what is found in it", False, False),
    ("mask", "its first 1 characters, and its length", False, True),
    ("replace", "the constant 'x'", False, False),
    ("token", "a one-way token; equal values in domain patient stay equal", False, True),
    ("encrypt", "a token that the key opens again; equal values of the column stay equal", True, True),
    ("encrypt_format", "a value of the same form (digits) that the key turns back; equal values of the column stay equal", True,
     True),
    ("generalize", "its year", False, False),
    ("date_shift", "a date moved by up to 180 days; intervals within a subject are kept", True, True),
    ("bucket", "the interval of width 10 it falls in", False, False),
    ("round", "the nearest multiple of 5, rounded half to even", False, False),
    ("top_bottom_code", "the value as it is, but the bound up to 18 and '90+' from 90", False, True),
    ("noise", "the value blurred by keyed gaussian noise, standard deviation 2", False, True),
])
def test_effects(name: str, summary: str, reversible: bool, linkable: bool) -> None:  # noqa: FBT001 - a table of facts
    effect = OPERATORS[name].effect(Operator.model_validate({name: WRITTEN[name]}).spec)
    assert (effect.summary, effect.reversible, effect.linkable) == (summary, reversible, linkable)


def test_effects_follow_their_parameters() -> None:
    def summary(written: dict[str, object]) -> str:
        parsed = Operator.model_validate(written)
        return operator(parsed.name).effect(parsed.spec).summary

    assert summary({"mask": {}}) == "none of its characters, and its length"
    ends = "its first 1 characters and its last 4 characters, and its length"
    assert summary({"mask": {"keep_left": 1, "keep_right": 4}}) == ends
    assert summary({"redact": {"known": ["name"]}}).endswith("less everything its row is known by")
    assert summary({"generalize": {"hierarchy": {"mask": "right"}, "level": 3}}) == "its group at level 3 of a hierarchy"


@pytest.mark.parametrize("name", ["drop", "keep"])
def test_drop_and_keep_run_nothing(name: str) -> None:
    assert call(name, pa.struct([("a", pa.int8())])) is None


def test_token_subkey_depends_on_the_domain_alone() -> None:
    found = call({"token": {"domain": "patient", "key": KEY}}, pa.string(), "direct")
    assert found == KernelCall("token", ("c",), pa.string(), (("form", "hex"), ("version", 1)),
                               KeyRef(KEY, "lakeveil/v1/token/patient"))
    later = call({"token": {"domain": "patient", "key": KEY, "version": 2, "form": "integer"}}, pa.string(), "direct")
    assert (later.key, later.output) == (KeyRef(KEY, "lakeveil/v1/token/patient/2"), pa.int64())


def test_reversible_tokens_are_bound_to_their_column_and_two_subkeys() -> None:
    found = call({"encrypt": {"domain": "patient", "key": KEY, "version": 3}}, pa.int64(), "direct")
    assert dict(found.params) == {"column": "c", "domain": "patient", "version": 3}
    assert {ref.info for _, ref in found.keys} == {
        "lakeveil/v1/encrypt/patient/3", "lakeveil/v1/encrypt/patient/3/second", "lakeveil/v1/key-id"}
    formed = call({"encrypt_format": {"domain": "card", "key": KEY}}, pa.string(), "direct")
    assert dict(formed.params) == {"alphabet": "0123456789", "column": "c", "domain": "card", "short": "refuse"}


def test_redact_depends_on_the_role() -> None:
    assert call("redact", pa.int64(), "direct") == KernelCall("redact", ("c",), pa.string())
    text = call("redact", pa.string(), "text")
    assert text == KernelCall("redact_text", ("c",), pa.string(), (("entities", None), ("threshold", 0.35)))
    known = call({"redact": {"known": ["name"], "entities": ["PERSON", "EMAIL_ADDRESS"]}}, pa.large_string(), "text")
    assert known.inputs == ("c", KNOWN)
    assert dict(known.params)["entities"] == ("EMAIL_ADDRESS", "PERSON")


def test_redact_with_styles_reads_what_they_need() -> None:
    written = {"style": {"PERSON": "surrogate", "default": "hash"}, "key": KEY, "known": ["name"]}
    found = call({"redact": written}, pa.string(), "text", subject="patient")
    assert found.inputs == ("c", KNOWN, "patient")
    assert dict(found.params) == {
        "entities": None, "threshold": 0.35, "styles": (("PERSON", "surrogate"), ("default", "hash")), "reads": ("known",
        "subject"),
        "locale": "en_US", "by_subject": False, "max_days": 180}
    assert found.key == KeyRef(KEY, "lakeveil/v1/surrogate")
    assert found.more_keys == (("dates_key", KeyRef(KEY, "lakeveil/v1/date_shift")),)
    assert found.keys == (("subkey", found.key), *found.more_keys)

    alone = call({"redact": {"style": "hash", "key": KEY}}, pa.string(), "text", subject="patient")
    assert (alone.inputs, alone.more_keys) == (("c",), ())
    apart = call({"redact": {"style": "hash", "key": KEY, "scope": "subject"}}, pa.string(), "text", subject="patient")
    assert apart.inputs == ("c", "patient")
    dropped = call({"redact": {"style": "drop"}}, pa.string(), "text", subject="patient")
    assert (dropped.key, dropped.inputs) == (None, ("c",))


def test_redact_says_that_what_is_made_up_is_pseudonymous() -> None:
    def effect(**written: object) -> tuple[str, bool, bool]:
        parsed = Operator.model_validate({"redact": written})
        found = operator("redact").effect(parsed.spec)
        return found.summary, found.reversible, found.linkable

    said, reversible, linkable = effect(style="surrogate", key=KEY)
    assert said.startswith("invented values of the same type for what is found in it; equal values stay equal under one key")
    assert said.endswith("dates can be moved back with it")
    assert (reversible, linkable) == (True, True)
    assert effect(style="hash", key=KEY, scope="subject")[0].endswith("; equal values stay equal within a subject")
    said, reversible, linkable = effect(style={"PERSON": "surrogate", "AGE": "drop"}, key=KEY)
    assert said.startswith("placeholders for what is found in it; invented values of the same type for PERSON; nothing for AGE;")
    assert (reversible, linkable) == (False, True)
    assert effect(style="drop")[1:] == (False, False)


def test_redact_refuses_a_locale_without_names() -> None:
    with pytest.raises(PolicyError, match="no names for the locale 'de_DF'") as error:
        call({"redact": {"style": "surrogate", "key": KEY, "locale": "de_DF"}}, pa.string(), "text")
    assert "'de_DE'" in error.value.next


@pytest.mark.parametrize("written", [
    {"known": ["name"]}, {"entities": ["PERSON"]}, {"threshold": 0.5}, {"style": "drop"}, {"style": "hash", "key": KEY},
])
def test_redact_refuses_text_parameters_elsewhere(written: dict[str, object]) -> None:
    with pytest.raises(PolicyError, match="free text") as error:
        call({"redact": written}, pa.string(), "direct")
    assert "'c'" in error.value.where
    assert error.value.next


def test_date_shift_takes_the_subject_and_one_subkey_for_all_columns() -> None:
    found = call({"date_shift": {"key": KEY, "max_days": 30}}, pa.timestamp("us", "UTC"), subject="patient")
    assert found.inputs == ("c", "patient")
    assert found.output == pa.timestamp("us", "UTC")
    assert found.key == KeyRef(KEY, "lakeveil/v1/date_shift")
    with pytest.raises(PolicyError, match="names no subject"):
        call({"date_shift": {"key": KEY}}, pa.date32())


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
    assert "standard deviation 844.9: what sensitivity 200 needs for epsilon 1 and delta 1e-06" in said(delta=1e-6, **BOUNDED)


@pytest.mark.parametrize(("written", "kind", "what"), [
    ({"distribution": "discrete_laplace", "scale": 2, "key": KEY}, pa.float64(), "does not work"),
    ({"distribution": "laplace", "lower": 0.1, "upper": 0.3, "epsilon": 1, "key": KEY}, pa.int32(), "one value"),
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


@pytest.mark.parametrize(("written", "kind", "role"), [
    ({"mask": {}}, pa.int64(), "direct"), ({"token": WRITTEN["token"]}, pa.list_(pa.string()), "direct"),
    ({"date_shift": {"key": KEY}}, pa.string(), "direct"), ({"bucket": {"width": 1}}, pa.string(), "sensitive"),
    ({"bucket": {"width": 1}}, pa.bool_(), "sensitive"), ({"noise": WRITTEN["noise"]}, pa.date32(), "sensitive"),
    ("redact", pa.int64(), "text"), ({"generalize": WRITTEN["generalize"]}, pa.string(), "sensitive"),
    ({"generalize": {"hierarchy": {"widths": [5]}}}, pa.string(), "sensitive"),
    ({"generalize": {"hierarchy": {"mask": "left"}}}, pa.float64(), "sensitive"),
    ({"generalize": {"hierarchy": {"groups": {"g": ["a"]}}}}, pa.binary(), "sensitive"),
])
def test_wrong_types_are_refused_with_what_to_do(written: object, kind: pa.DataType, role: str) -> None:
    with pytest.raises(PolicyError) as error:
        call(written, kind, role, subject="patient")
    assert str(kind) in error.value.what
    assert all((error.value.where, error.value.allowed, error.value.next))


@pytest.mark.parametrize("name", sorted(set(WRITTEN) - {"drop", "keep"}))
def test_calls_are_plain_sorted_and_name_a_kernel(name: str) -> None:
    needed = {"generalize": pa.date32(), "date_shift": pa.date32(), "bucket": pa.int64(), "noise": pa.float64(),
              "round": pa.int64(), "top_bottom_code": pa.int64()}
    kind = needed.get(name, pa.string())
    for column in (kind, pa.dictionary(pa.int32(), kind), pa.null()):
        found = call({name: WRITTEN[name]}, column, "direct", subject="patient")
        assert [word for word, _ in found.params] == sorted(word for word, _ in found.params)
        json.dumps(dict(found.params))
        assert len(fingerprint(found)) == 64
        assert callable(udfs.kernel(found.kernel))
