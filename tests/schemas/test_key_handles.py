"""Key handles: what may be written, and what looks like a key and is not shown."""

from __future__ import annotations

import base64
import hashlib
import re

import jsonschema
import pytest
from pydantic import TypeAdapter, ValidationError

from schemas.policy.key_handles import KeyHandle, key_handle

ADAPTER = TypeAdapter(KeyHandle)
SCHEMA = jsonschema.Draft202012Validator(ADAPTER.json_schema())
ARN = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
MULTI = "arn:aws:kms:eu-central-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"
HEX = "0f" * 32
LONGER = base64.b64encode(hashlib.sha384(b"no key").digest()).decode().replace("+", "-").replace("/", "_")
BASE64 = base64.b64encode(bytes(range(100, 132))).decode()


@pytest.mark.parametrize("handle", [
    "env:LAKEVEIL_KEY", "env:k", "file:/etc/lakeveil/key", "file:~/key", "file:key of the lake.txt", "file:a#b",
    f"file:./{HEX}", f"file:/keys/{HEX}/root", "file:/Users/Somebody/Documents/Lakeveil/Keys/Production2026/root",
    "databricks-secret:lake/root", "databricks-secret:team@lake.org/root-2026_a",
    f"aws-kms:{ARN}#root.json", f"aws-kms:{MULTI}#root.json", "aws-kms:alias/lake/root#/etc/root.json",
    "aws-kms:1234abcd-12ab-34cd-56ef-1234567890ab#root.json", "aws-kms:mrk-1234abcd12ab34cd56ef1234567890ab#root.json",
    "vault-transit:transit/lake#root.json", "vault-transit:teams/a/transit/lake_2#/etc/root.json",
    "tink:keys.json", "tink:keys.json#4711", f"tink:aws-kms:{ARN}#keys.json", "tink:aws-kms:alias/a#keys.json#4711",
    "tink:vault-transit:transit/lake#keys.json#1",
    "file:/Users/JaneRoe1/Projects/LakeveilProduction/keys/RootKey2026",
    "file:/SRV/LAKEVEIL/KEYS2026/PRODUCTION/root-of-all-patients", "file:./a-very-long-name-of-a-key-in-a-folder-of-2026-11",
    "aws-kms:arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab#/etc/lakeveil/root.json",
    "databricks-secret:LakeveilProductionScope/TokenRootKeyOfAllPatients2026",
])
def test_handles(handle):
    assert key_handle(handle) == handle
    assert SCHEMA.is_valid(handle)


@pytest.mark.parametrize("handle", [
    "", "env", "env:", "env: ", "env:a=b", "file:", "ftp:x", "ENV:X", " env:X", "env:X\n",
    "databricks-secret:scope", "databricks-secret:scope/", "databricks-secret:a/b/c", "databricks-secret:a b/c",
    "aws-kms:alias/x", "aws-kms:#root.json", "aws-kms:alias/x#", "aws-kms:alias/x#a#b", "aws-kms:arn:aws:s3:::bucket#root.json",
    "aws-kms:https://kms.example.org/x#root.json",
    "vault-transit:lake#root.json", "vault-transit:transit/lake", "vault-transit:transit/../sys/lake#f",
    "vault-transit:/transit/lake#f",
    "vault-transit:transit/lake?x#f", "vault-transit:transit//lake#f",
    "tink:", "tink:keys.json#", "tink:keys.json#primary", "tink:#1", "tink:aws-kms:alias/x", "tink:vault-transit:transit/lake",
    "tink:vault-transit:lake#f",
])
def test_what_is_no_handle(handle):
    with pytest.raises(ValueError, match="a key is named by a handle"):
        key_handle(handle)
    assert not SCHEMA.is_valid(handle) or handle.endswith("\n")


@pytest.mark.parametrize("handle", [
    *(f"{before}{HEX}" for before in (
        "", "env:", "file:", "tink:", "aws-kms:", "aws-kms:alias/x#", "vault-transit:transit/lake#", "databricks-secret:scope/",
        "tink:keys.json#", "env:0x")),
    f"aws-kms:{HEX}#root.json", f"env:{HEX[:32]}", f"env:{HEX.upper()}", f"env:{BASE64}", f"file:{BASE64}", f"env:{BASE64[:-1]}",
    f"tink:{BASE64}", f"file:/{BASE64[1:]}",
    *(before + LONGER + after for before, after in (
        ("databricks-secret:scope/", ""),
        ("aws-kms:", "#f"), ("aws-kms:alias/", "#f"), ("vault-transit:transit/", "#f"), ("tink:", ""),
        ("tink:aws-kms:", "#f"), ("file:./", ""), ("file:/", ""), ("tink:/", ""))),
    'tink:{"primaryKeyId":1,"key":[{"keyData":{"value":"EgIIAxog"}}]}',
    f"databricks-secret:scope/{BASE64[:-1].replace('+', '-')}",
])
def test_what_looks_like_a_key_is_refused_and_not_shown(handle):
    with pytest.raises(ValidationError) as error:
        ADAPTER.validate_python(handle)
    said = error.value.errors()[0]["msg"]
    assert "looks like a key itself" in said
    assert not re.search(r"[0-9a-fA-F]{32}", said)
    assert BASE64[:20] not in said
    assert not SCHEMA.is_valid(handle)
