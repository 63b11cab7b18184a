"""What stands in bytes once they are unpacked: archives, compressed streams, Parquet pages, escaped pages."""

from __future__ import annotations

import html
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq

_DEEPEST = 4
_LZ4_BLOCK = re.compile(rb"LZ4Block(?=[\x10-\x2f])")
_ZSTD = re.compile(rb"\x28\xb5\x2f\xfd")
_SNAPPY = re.compile(rb"\x82SNAPPY\x00")
_STEP = 512
_WHITE = b" \t\r\n"


def views(data: bytes, depth: int = 0) -> Iterator[bytes]:
    """Yields bytes as they are, without white space, without HTML's entities, and whatever is packed in them, likewise."""
    yield data
    stripped = data.translate(None, _WHITE)
    if len(stripped) < len(data):
        yield stripped
    if b"&#" in data or b"&quot;" in data:
        yield html.unescape(data.decode("latin-1")).encode("latin-1", "replace")
    if depth < _DEEPEST:
        for begins, unpack in _PACKED:
            if begins.search(data) is not None:
                for inner in unpack(data):
                    yield from views(inner, depth + 1)


def _streams(begins: re.Pattern[bytes], codec: str) -> Callable[[bytes], Iterator[bytes]]:
    """Returns what reads compressed streams wherever one begins, as far as each can be read."""
    def unpack(data: bytes) -> Iterator[bytes]:
        read_up_to = 0
        for found in begins.finditer(data):
            if found.start() < read_up_to:
                continue
            source = pa.BufferReader(pa.py_buffer(data)[found.start():])
            plain = b"".join(_chunks(pa.CompressedInputStream(source, codec)))
            if plain:
                read_up_to = found.start() + source.tell() if not source.closed else len(data)
                yield plain
    return unpack


def _chunks(stream: pa.NativeFile) -> Iterator[bytes]:
    try:
        while chunk := stream.read(1 << 20):
            yield chunk
    except (OSError, pa.ArrowInvalid):
        return  # cut short, or what looked like a stream is none


def _inflated(data: bytes) -> Iterator[bytes]:
    """Of gzip or zlib, one member after the other, as far as each can be read."""
    at = 0
    while at < len(data):
        inflate, plain = zlib.decompressobj(wbits=47), []
        try:
            while at < len(data) and not inflate.eof:
                plain.append(inflate.decompress(data[at:at + _STEP]))
                at += len(data[at:at + _STEP]) - len(inflate.unused_data)
        except zlib.error:
            at = len(data)
        yield b"".join(plain)


def _zip(data: bytes) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield archive.read(name)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return


def _lz4_blocks(data: bytes) -> Iterator[bytes]:
    """As lz4-java's ``LZ4BlockOutputStream`` writes: shuffles, broadcasts, spilled rows."""
    plain = []
    for found in _LZ4_BLOCK.finditer(data):
        head = data[found.end():found.end() + 13]
        if len(head) == 13:
            token, packed, size = struct.unpack("<BII", head[:9])
            body = data[found.end() + 13:found.end() + 13 + packed]
            plain.append(body if token & 0xF0 == 0x10 else _block("lz4_raw", body, size))
    yield b"".join(plain)


def _snappy(data: bytes) -> Iterator[bytes]:
    """As snappy-java's ``SnappyOutputStream`` writes."""
    plain = []
    for found in _SNAPPY.finditer(data):
        at = found.start() + 16
        while at + 4 <= len(data):
            size = int.from_bytes(data[at:at + 4], "big")
            body = data[at + 4:at + 4 + size]
            if size == 0 or len(body) < size:
                break
            plain.append(_block("snappy", body, _varint(body)))
            at += 4 + size
    yield b"".join(plain)


def _varint(data: bytes) -> int:
    value = 0
    for place, byte in enumerate(data[:5]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            break
    return value


def _block(codec: str, body: bytes, size: int) -> bytes:
    try:
        return bytes(pa.Codec(codec).decompress(body, size)) if 0 < size < 1 << 28 else b""
    except (OSError, ValueError):
        return b""


def _parquet(data: bytes) -> Iterator[bytes]:
    try:
        table = pq.read_table(io.BytesIO(data), partitioning=None)
    except (OSError, pa.ArrowException):
        return
    for column in table.columns:
        yield b"".join(bytes(buffer) for chunk in column.chunks for buffer in chunk.buffers() if buffer is not None)


_PACKED: tuple[tuple[re.Pattern[bytes], Callable[[bytes], Iterator[bytes]]], ...] = (
    (re.compile(rb"\A(\x1f\x8b|\x78[\x01\x5e\x9c\xda])"), _inflated),
    (re.compile(rb"\APK\x03\x04"), _zip),
    (re.compile(rb"\APAR1"), _parquet),
    (_ZSTD, _streams(_ZSTD, "zstd")),
    (re.compile(rb"\A\x04\x22\x4d\x18"), _streams(re.compile(rb"\A\x04\x22\x4d\x18"), "lz4")),
    (_LZ4_BLOCK, _lz4_blocks),
    (_SNAPPY, _snappy),
)
