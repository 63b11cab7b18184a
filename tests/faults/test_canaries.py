"""The sweep for keys finds one that is planted, in each spelling and each packing, and tells of it without saying it."""

from __future__ import annotations

import gzip
import html
import io
import random
import struct
import zipfile
import zlib
from functools import cache

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.backends.spark.native import pads
from engine.operators.base import KeyRef
from tests.faults.canaries import Sweep, secrets_behind
from tests.faults.spellings import BYTES, CARRIERS, HEAD, TEXTS
from tests.faults.unpacked import views

SECRET = random.Random(15).randbytes(32)  # noqa: S311 - a test's key
NOISE, MORE = random.Random(16).randbytes(3000), random.Random(17).randbytes(3000)  # noqa: S311
PLACE = "somewhere"


@cache
def sweep() -> Sweep:
    return Sweep({"the key": SECRET})


def spellings_in(data: bytes) -> set[str]:
    found = sweep().data(PLACE, data)
    assert {(one.place, one.secret) for one in found} <= {(PLACE, "the key")}
    return {one.spelling for one in found}


def lz4_java(data: bytes) -> bytes:
    packed = bytes(pa.Codec("lz4_raw").compress(data))
    return b"LZ4Block\x25" + struct.pack("<III", len(packed), len(data), 0) + packed


def snappy_java(data: bytes) -> bytes:
    packed = bytes(pa.Codec("snappy").compress(data))
    return b"\x82SNAPPY\0" + struct.pack(">III", 1, 1, len(packed)) + packed


def stream(codec: str, data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, codec) as out:
        out.write(data)
    return sink.getvalue().to_pybytes()


def zipped(data: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.json", data)
    return sink.getvalue()


def parquet(data: bytes) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"n": [1, 2], "cell": [data, b"other"]}), sink, compression="zstd")
    return sink.getvalue()


PACKINGS = {
    "gzip": gzip.compress, "gzip, cut short": lambda data: gzip.compress(data)[:-900], "zlib": zlib.compress,
    "zip": zipped, "parquet": parquet, "zstd": lambda data: stream("zstd", data), "lz4 frame": lambda data: stream("lz4", data),
    "two gzip members": lambda data: gzip.compress(MORE) + gzip.compress(data),
    "two zstd streams": lambda data: stream("zstd", NOISE) + NOISE + stream("zstd", data),
    "lz4-java, among others": lambda data: NOISE + lz4_java(NOISE) + lz4_java(data) + NOISE,
    "snappy-java": lambda data: NOISE + snappy_java(data),
    "gzip in zip": lambda data: zipped(gzip.compress(data)),
    "a page": lambda data: b"<pre>" + html.escape(data.hex(":")).replace(":", "&#58;").encode() + b"</pre>",
    "white space": lambda data: b"\n  ".join(data.hex()[at:at + 5].encode() for at in range(0, len(data) * 2, 5)),
}


def test_nothing_is_found_where_nothing_is():
    assert spellings_in(NOISE * 100) == set()


@pytest.mark.parametrize("name", BYTES)
def test_a_key_in_bytes(name):
    written = BYTES[name](SECRET)
    assert name in spellings_in(NOISE + written + NOISE)
    if name != "bytes, reversed":
        assert name in spellings_in(NOISE + written[:len(written) // 2])


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("name", TEXTS)
def test_a_key_in_text(name, carrier):
    text = TEXTS[name](SECRET)
    spelt = name + carrier
    assert spelt in spellings_in(NOISE + CARRIERS[carrier](text) + NOISE)
    assert spelt in spellings_in(NOISE + CARRIERS[carrier](text[:HEAD]) + b"..."), "a print that was cut short"


@pytest.mark.parametrize("before", range(5))
def test_a_key_among_other_bytes_that_are_encoded_with_it(before):
    import base64  # noqa: PLC0415 - beside its only use

    whole = NOISE[:before] + SECRET + NOISE[:7]
    assert f"base64, {before % 3} before" in spellings_in(base64.b64encode(whole))
    assert f"base64 of URLs, {before % 3} before" in spellings_in(base64.urlsafe_b64encode(whole))
    assert f"base32, {before} before" in spellings_in(base64.b32encode(whole))


@pytest.mark.parametrize("name", PACKINGS)
def test_a_key_that_is_packed(name):
    assert spellings_in(PACKINGS[name](NOISE + SECRET + MORE))


@pytest.mark.parametrize("name", PACKINGS)
def test_bytes_that_only_look_packed_are_no_error(name):
    packed = PACKINGS[name](NOISE)
    assert list(views(packed[:20]))
    assert list(views(packed[:40] + NOISE))


def test_a_dump_of_sixteen_bytes_a_line():
    data = NOISE[:27] + SECRET + NOISE[:30]
    lines = [f"{at:08x}  {data[at:at + 16].hex(' ')}  |................|\n" for at in range(0, len(data), 16)]
    assert spellings_in("".join(lines).encode())


def test_without_hyperscan_the_same_is_found(monkeypatch):
    fast = sweep().data(PLACE, SECRET.hex().encode())
    slow = Sweep({"the key": SECRET})
    monkeypatch.setattr(slow, "_database", None)
    assert slow.data(PLACE, SECRET.hex().encode()) == fast != set()


def test_files_are_read_below_folders_and_their_names_too(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "log.gz").write_bytes(gzip.compress(b"key=" + SECRET.hex().encode()))
    (tmp_path / SECRET.hex()).write_text("nothing")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    found = sweep().files(tmp_path)
    assert {one.place.rsplit("/", 1)[-1] for one in found} == {"log.gz", "a file's name"}
    assert SECRET.hex() not in str(found)


def test_what_is_secret_about_a_subkey(key):
    ref = KeyRef(key, "lakeveil/v1/token/people")
    found = dict(secrets_behind(ref))
    root, derived, inner, outer = found.values()
    assert len(root) == len(derived) == len(inner) == len(outer) == 32
    assert (inner, outer) == tuple(block[:32] for block in pads(derived))
    assert next(iter(found)) == key
