"""Weights on disk in the safetensors format: a length, a JSON header, raw numbers. Nothing in it can run.

Format: https://github.com/huggingface/safetensors#format. Only float32 is written and read.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.errors import InputError
from engine.release.durable import write_whole

Weights = Mapping[str, npt.NDArray[np.float32]]

_LARGEST_HEADER = 1 << 24


def save(path: Path, weights: Weights, metadata: Mapping[str, str]) -> None:
    """Writes ``weights`` and ``metadata``. There is no other state in the file: no noise, no key, no sampling state.

    Raises:
        SetupError: If the folder cannot be written.
    """
    header: dict[str, object] = {"__metadata__": dict(metadata)}
    place = 0
    for name, array in weights.items():
        end = place + 4 * array.size
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [place, end]}
        place = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    arrays = (np.ascontiguousarray(array, dtype="<f4").tobytes() for array in weights.values())
    write_whole(path, b"".join((struct.pack("<Q", len(text)), text, *arrays)))


def load(path: Path) -> tuple[dict[str, npt.NDArray[np.float32]], dict[str, str]]:
    """Returns the weights and the metadata of a file that ``save`` wrote.

    Raises:
        InputError: If the file is not whole or not of this format.
    """
    content = path.read_bytes()
    try:
        return _parsed(content)
    except (ValueError, KeyError, TypeError, AttributeError, struct.error):
        raise InputError("not a whole safetensors file of float32 weights", where=path.name, next="train again") from None


def _parsed(content: bytes) -> tuple[dict[str, npt.NDArray[np.float32]], dict[str, str]]:
    (length,) = struct.unpack_from("<Q", content)
    if length > min(_LARGEST_HEADER, len(content) - 8):
        raise ValueError("header")
    header = json.loads(content[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    body, place, weights = memoryview(content)[8 + length :], 0, {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        if entry["dtype"] != "F32" or begin != place or end > len(body):
            raise ValueError("entry")
        weights[name] = np.frombuffer(body[begin:end], dtype="<f4").reshape(entry["shape"]).copy()
        place = end
    if place != len(body):
        raise ValueError("length")
    return weights, metadata
