"""tink: keysets that the Tink library made, and subkeys against Tink's own PRF."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from engine.backends.keys import Checked, check, create, resolve
from engine.errors import InputError, SetupError
from tests.engine.backends.keys.loopback import Answer, Transit, serving

tink = pytest.importorskip("tink", reason="tink is not installed: pip install 'lakeveil[tink]'")
from tink import json_proto_keyset_format, prf, proto_keyset_format, secret_key_access  # noqa: E402 - after the question
from tink.proto import common_pb2, hkdf_prf_pb2, tink_pb2  # noqa: E402

HKDF = "type.googleapis.com/google.crypto.tink.HkdfPrfKey"
ROOT = bytes(range(70, 102))
INFOS = ("", "lakeveil/v1/token/patient", "lakeveil/v1/key-id", "é" * 100)
prf.register()


def key(number: int, material: bytes = ROOT, *, salt: bytes = b"", status=tink_pb2.ENABLED, hash_=common_pb2.SHA256,
        url: str = HKDF) -> tink_pb2.Keyset.Key:
    value = hkdf_prf_pb2.HkdfPrfKey(params={"hash": hash_, "salt": salt}, key_value=material).SerializeToString()
    data = tink_pb2.KeyData(type_url=url, value=value, key_material_type=tink_pb2.KeyData.SYMMETRIC)
    return tink_pb2.Keyset.Key(key_data=data, status=status, key_id=number, output_prefix_type=tink_pb2.RAW)


def handle_of(*keys, primary=None):
    keyset = tink_pb2.Keyset(primary_key_id=primary or keys[0].key_id, key=keys)
    return proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)


def written(path: Path, *keys, primary=None) -> str:
    path.write_text(json_proto_keyset_format.serialize(handle_of(*keys, primary=primary), secret_key_access.TOKEN))
    path.chmod(0o600)
    return f"tink:{path}"


def refused(handle: str) -> str:
    with pytest.raises(SetupError) as error:
        resolve(handle)
    assert handle in error.value.render()
    assert error.value.__suppress_context__ or error.value.__context__ is None
    return error.value.render()


@pytest.mark.parametrize("salt", [b"", b"a salt", bytes(64)])
@pytest.mark.parametrize("size", [32, 47, 100])
def test_subkeys_are_those_of_tinks_prf(tmp_path, salt, size):
    material = os.urandom(size)
    theirs = handle_of(key(7, material, salt=salt)).primitive(prf.PrfSet).primary()
    ours = resolve(written(tmp_path / "keys.json", key(7, material, salt=salt)))
    for info in INFOS:
        assert ours.derive(info) == theirs.compute(info.encode(), 32)


def test_a_key_of_the_library_s_own_template(tmp_path):
    made = tink.new_keyset_handle(prf.prf_key_templates.HKDF_SHA256)
    path = tmp_path / "keys.json"
    path.write_text(json_proto_keyset_format.serialize(made, secret_key_access.TOKEN))
    path.chmod(0o600)
    assert resolve(f"tink:{path}").derive("x") == made.primitive(prf.PrfSet).primary().compute(b"x", 32)


def test_without_salt_the_same_as_by_file(tmp_path):
    (tmp_path / "raw").write_text(ROOT.hex())
    (tmp_path / "raw").chmod(0o600)
    raw, kept = resolve(f"file:{tmp_path / 'raw'}"), resolve(written(tmp_path / "keys.json", key(7)))
    assert [raw.derive(info) for info in INFOS] == [kept.derive(info) for info in INFOS]


def test_a_keyset_is_made_and_tink_reads_it(tmp_path):
    handle = f"tink:{tmp_path / 'keys.json'}"
    made = create(handle)
    assert made == check(handle) == Checked(handle, "tink", made.key_id)
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600
    theirs = json_proto_keyset_format.parse((tmp_path / "keys.json").read_text(), secret_key_access.TOKEN)
    assert theirs.primitive(prf.PrfSet).primary().compute(b"x", 32) == resolve(handle).derive("x")
    with pytest.raises(InputError, match="never written over"):
        create(handle)


def test_a_key_moves_from_a_file_into_a_keyset_and_back(tmp_path):
    old = create(f"file:{tmp_path / 'old'}")
    kept = create(f"tink:{tmp_path / 'keys.json'}#77", like=old.handle)
    assert json.loads((tmp_path / "keys.json").read_text())["primaryKeyId"] == 77
    assert kept.key_id == old.key_id == create(f"file:{tmp_path / 'back'}", like=kept.handle).key_id
    assert (tmp_path / "old").read_text() == (tmp_path / "back").read_text()


def test_a_key_with_a_salt_moves_nowhere(tmp_path):
    salted = written(tmp_path / "keys.json", key(7, salt=b"s"))
    with pytest.raises(SetupError, match="salt"):
        create(f"file:{tmp_path / 'new'}", like=salted)
    assert not (tmp_path / "new").exists()


def test_of_several_keys_the_handle_names_one(tmp_path):
    handle = written(tmp_path / "keys.json", key(7), key(8, bytes(range(32))), primary=8)
    assert "2 enabled keys" in refused(handle)
    assert resolve(f"{handle}#7").key_id != resolve(f"{handle}#8").key_id
    assert resolve(f"{handle}#7").derive("x") == resolve(written(tmp_path / "one.json", key(7))).derive("x")
    assert "no enabled key of this id" in refused(f"{handle}#9")


def test_keys_that_are_not_enabled_do_not_count(tmp_path):
    handle = written(tmp_path / "keys.json", key(7), key(8, bytes(32), status=tink_pb2.DISABLED))
    assert resolve(handle).key_id == resolve(f"{handle}#7").key_id
    assert "no enabled key of this id" in refused(f"{handle}#8")


@pytest.mark.parametrize(("other", "said"), [
    (key(7, hash_=common_pb2.SHA512), "another type"), (key(7, url=HKDF.replace("Hkdf", "Hmac")), "another type"),
    (key(7, bytes(31)), "too short"), (key(7, b""), "too short"),
], ids=["SHA-512", "HMAC", "short", "empty"])
def test_other_keys_are_refused(tmp_path, other, said):
    assert said in refused(written(tmp_path / "keys.json", other))


@pytest.mark.parametrize("text", [
    "", "{}", "[]", "no keyset", ROOT.hex(), '{"primaryKeyId": 7, "key": []}', '{"encryptedKeyset": "AAAA"}',
    '{"primaryKeyId": 7, "key": [{"keyData": {"value": "%"}}]}',
])
def test_what_is_no_keyset(tmp_path, text):
    path = tmp_path / "keys.json"
    path.write_text(text)
    path.chmod(0o600)
    assert "no whole keyset" in refused(f"tink:{path}")


def test_a_cleartext_keyset_is_as_private_as_a_key_file(tmp_path):
    handle = written(tmp_path / "keys.json", key(7))
    (tmp_path / "keys.json").chmod(0o640)
    assert "chmod 600" in refused(handle)
    assert "cannot be opened" in refused(f"tink:{tmp_path / 'absent'}")


@pytest.fixture
def vault(monkeypatch):
    """A key of Vault, by the recorded contract of ``loopback.Transit``."""
    pytest.importorskip("hvac", reason="hvac is not installed: pip install 'lakeveil[vault]'")
    transit = Transit("t", "transit/lake", "transit/other")
    with serving(transit) as address:
        monkeypatch.setenv("VAULT_ADDR", address)
        monkeypatch.setenv("VAULT_TOKEN", "t")
        yield transit


@pytest.fixture
def encrypted(vault, tmp_path) -> str:
    handle = f"tink:vault-transit:transit/lake#{tmp_path / 'keys.json'}"
    create(handle)
    return handle


def test_an_encrypted_keyset_is_made_and_read(encrypted, vault, tmp_path):
    number = json.loads((tmp_path / "keys.json").read_text())["keysetInfo"]["primaryKeyId"]
    assert check(encrypted).key_id == check(f"{encrypted}#{number}").key_id
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600
    assert "associated_data" not in vault.requests[0].body, "as Tink's own client of Vault has it"


def test_tinks_own_client_of_vault_reads_it(encrypted, tmp_path):
    hvac, hcvault = pytest.importorskip("hvac"), pytest.importorskip("tink.integration.hcvault")
    aead = hcvault.new_aead("transit/keys/lake", hvac.Client(url=os.environ["VAULT_ADDR"], token="t"))  # noqa: S106 - a test's
    theirs = json_proto_keyset_format.parse_encrypted((tmp_path / "keys.json").read_text(), aead, b"")
    assert theirs.primitive(prf.PrfSet).primary().compute(b"x", 32) == resolve(encrypted).derive("x")


def test_the_handle_chooses_the_key(encrypted):
    assert "did not unwrap it" in refused(encrypted.replace("transit/lake", "transit/other"))


def test_bad_encrypted_keysets(encrypted, tmp_path):
    path = tmp_path / "keys.json"
    changed = json.loads(path.read_text())
    changed["encryptedKeyset"] = changed["encryptedKeyset"][:-8] + "AAAAAAA="
    path.write_text(json.dumps(changed))
    assert "did not unwrap it" in refused(encrypted)
    clear = written(tmp_path / "clear.json", key(7))
    assert "no whole keyset" in refused(clear.replace("tink:", "tink:vault-transit:transit/lake#"))
    path.chmod(0o622)
    assert "chmod go-w" in refused(encrypted)


def test_answers_that_are_no_keyset(encrypted, vault):
    vault.instead = Answer(200, {"data": {"plaintext": "bm8ga2V5c2V0"}})
    assert "no whole keyset" in refused(encrypted)
    vault.instead = Answer(403, {"errors": ["no"]})
    assert "does not allow it" in refused(encrypted)


@pytest.mark.slow
def test_an_encrypted_keyset_behind_aws_kms(tmp_path, monkeypatch):
    """moto's server, and Tink's own client of KMS."""
    boto3 = pytest.importorskip("boto3", reason="boto3 is not installed: pip install 'lakeveil[aws]'")
    server = pytest.importorskip("moto.server", reason="moto is not installed").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in (("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_DEFAULT_REGION", "eu-central-1"),
                        ("AWS_ENDPOINT_URL_KMS", f"http://{host}:{port}")):
        monkeypatch.setenv(name, value)
    try:
        client = boto3.session.Session().client("kms")
        arn = client.create_key()["KeyMetadata"]["Arn"]
        handle = f"tink:aws-kms:{arn}#{tmp_path / 'keys.json'}"
        create(handle)
        aead = pytest.importorskip("tink.integration.awskms").new_client(boto3_client=client).get_aead(f"aws-kms://{arn}")
        theirs = json_proto_keyset_format.parse_encrypted((tmp_path / "keys.json").read_text(), aead, b"")
        assert theirs.primitive(prf.PrfSet).primary().compute(b"x", 32) == resolve(handle).derive("x")
    finally:
        server.stop()
