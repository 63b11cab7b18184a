"""Operator specifications: their effects, the calls they become, the columns they refuse."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

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
    "surrogate": {"type": "PERSON", "key": KEY},
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
    ("surrogate", "an invented PERSON (en_US) in its place; equal values under one key, in texts, too, stay equal", False, True),
    ("token", "a one-way token; equal values in domain patient stay equal", False, True),
    ("encrypt", "a token that the key opens again; equal values of the column stay equal", True, True),
    ("encrypt_format", (
        "a value of the same form (digits; other signs stay as they are) that the key turns back; equal values of the column "
        "stay equal"), True, True),
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
    assert dict(formed.params) == {
        "alphabet": "0123456789", "column": "c", "domain": "card", "others": "refuse", "short": "refuse"}


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


def test_surrogates_of_columns_and_texts_share_a_subkey_unless_there_is_a_domain() -> None:
    written = {"type": "ORGANIZATION", "key": KEY, "locale": "de_DE"}
    found = call({"surrogate": written}, pa.string(), "direct")
    assert (found.inputs, found.output, dict(found.params)) == (
        ("c",), pa.string(), {"entity_type": "ORGANIZATION", "locale": "de_DE"})
    assert found.key == call({"redact": {"style": "surrogate", "key": KEY}}, pa.string(), "text").key
    assert call({"surrogate": {**written, "domain": "firm"}}, pa.string()).key == KeyRef(KEY, "lakeveil/v1/surrogate/firm")
    with pytest.raises(PolicyError, match="no names for the locale 'de_DF'"):
        call({"surrogate": {**written, "locale": "de_DF"}}, pa.string())


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


@pytest.mark.parametrize(("written", "kind", "role"), [
    ({"surrogate": {"type": "PHONE_NUMBER", "key": KEY}}, pa.int64(), "direct"),
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
