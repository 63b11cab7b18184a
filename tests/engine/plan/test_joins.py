"""Which columns join, over several policies; one domain with two notations is refused."""

from __future__ import annotations

import pyarrow as pa
import pytest

from engine.errors import PolicyError
from engine.plan import Policy
from engine.plan.joins import joining, told


def policy(name: str, **columns: object) -> Policy:
    return Policy.parse({
        "apiVersion": "lakeveil/v1", "name": name, "purpose": "p", "legal_basis": "b", "retention": "r",
        "source": {"table": name}, "columns": {
            column: {"role": "direct", "why": "joins", "operator": {"token": {"key": "env:KEY", **token}}}
            for column, token in columns.items()}, "release": {"path": f"releases/{name}"}})


def schema(**types: pa.DataType) -> pa.Schema:
    return pa.schema(list(types.items()))


PATIENTS = policy("patients", id={"domain": "patient"}, doctor={"domain": "staff"}), schema(id=pa.string(), doctor=pa.int64())
VISITS = policy("visits", who={"domain": "patient"}, seen={"domain": "staff", "version": 2}), schema(
    who=pa.large_string(), seen=pa.int32())


def test_columns_of_one_domain_version_and_form_join_over_tables() -> None:
    assert list(told(joining([PATIENTS, VISITS]))) == [
        "patients: id, visits: who on 'patient' (hex, version 1 of env:KEY)",
        "patients: doctor on 'staff' (hex, version 1 of env:KEY), with none of these",
        "visits: seen on 'staff' (hex, version 2 of env:KEY), with none of these"]


def test_reversible_tokens_join_in_columns_of_one_name() -> None:
    def encrypted(name: str, kind: str, *columns: str) -> tuple[Policy, pa.Schema]:
        made = policy(name, **{column: {"domain": "mail"} for column in columns})
        written = made.model_dump(mode="json", by_alias=True, exclude_unset=True)
        for column in columns:
            written["columns"][column]["operator"] = {kind: {"domain": "mail", "key": "env:KEY"}}
        return Policy.parse(written), schema(**dict.fromkeys(columns, pa.string()))

    first, second = encrypted("a", "encrypt", "mail", "other"), encrypted("b", "encrypt", "mail")
    assert list(told(joining([first, second, encrypted("c", "encrypt_format", "mail")]))) == [
        "a: mail, b: mail on 'mail/mail' (encrypt, version 1 of env:KEY)",
        "a: other on 'mail/other' (encrypt, version 1 of env:KEY), with none of these",
        "c: mail on 'mail/mail' (encrypt_format, version 1 of env:KEY), with none of these"]


@pytest.mark.parametrize(("one", "other"), [
    (pa.string(), pa.int64()), (pa.date32(), pa.timestamp("us")), (pa.string(), pa.binary()), (pa.bool_(), pa.int8())])
def test_one_domain_with_two_notations_is_refused(one: pa.DataType, other: pa.DataType) -> None:
    both = policy("t", a={"domain": "d"}, b={"domain": "d"})
    with pytest.raises(PolicyError, match="domain 'd' is fed with") as refused:
        joining([(both, schema(a=one, b=other))])
    assert refused.value.where == "columns.b.operator"
    with pytest.raises(PolicyError):
        joining([(policy("t", a={"domain": "d"}), schema(a=one)), (policy("u", b={"domain": "d"}), schema(b=other))])


@pytest.mark.parametrize(("one", "other"), [
    (pa.int8(), pa.decimal128(10, 2)), (pa.float32(), pa.int64()), (pa.string(), pa.dictionary(pa.int32(), pa.string())),
    (pa.timestamp("ns"), pa.timestamp("us", tz="UTC")), (pa.null(), pa.date32()), (pa.large_binary(), pa.binary(16))])
def test_what_is_written_alike_is_one_notation(one: pa.DataType, other: pa.DataType) -> None:
    both = policy("t", a={"domain": "d"}, b={"domain": "d"})
    assert len(joining([(both, schema(a=one, b=other))])) == 1


def test_notations_count_over_forms_versions_and_keys() -> None:
    both = policy("t", a={"domain": "d"}, b={"domain": "d", "form": "uuid", "version": 2})
    with pytest.raises(PolicyError, match="domain 'd' is fed with"):
        joining([(both, schema(a=pa.string(), b=pa.int64()))])


def test_tokens_under_subjects_own_keys_join_where_the_keys_are_the_same() -> None:
    def own(name: str, table: str) -> tuple[Policy, pa.Schema]:
        written = policy(name, id={"domain": "patient"}).model_dump(mode="json", by_alias=True, exclude_unset=True)
        written["source"]["subject"], written["subject_keys"] = "id", {"table": table, "key": "env:KEY"}
        written["columns"]["id"]["operator"]["token"]["key"] = "subject"
        return Policy.parse(written), schema(id=pa.string())

    assert list(told(joining([own("patients", "keys"), own("visits", "keys"), own("bills", "others")]))) == [
        "patients: id, visits: id on 'patient' (hex, version 1 of each subject's key in keys)",
        "bills: id on 'patient' (hex, version 1 of each subject's key in others), with none of these"]
