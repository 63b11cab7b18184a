from __future__ import annotations

import json
import struct

import numpy as np
import pytest

from engine.errors import InputError
from engine.synth.weights import load, save

WEIGHTS = {
    "a": np.arange(6, dtype=np.float32).reshape(2, 3), "b.bias": np.array([1.5], np.float32),
    "empty": np.empty((0, 4), np.float32),
}


def test_weights_survive_and_nothing_else_is_stored(tmp_path):
    save(tmp_path / "w", WEIGHTS, {"generator": "tabular"})
    weights, metadata = load(tmp_path / "w")
    assert metadata == {"generator": "tabular"}
    assert list(weights) == list(WEIGHTS)
    assert all((weights[name] == WEIGHTS[name]).all() and weights[name].shape == WEIGHTS[name].shape for name in WEIGHTS)


def test_the_file_is_laid_out_as_safetensors_says(tmp_path):
    save(tmp_path / "w", WEIGHTS, {})
    content = (tmp_path / "w").read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8 : 8 + length])
    assert length % 8 == 0
    assert header["a"] == {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}
    assert np.frombuffer(content[8 + length :][24:28], "<f4") == 1.5


@pytest.mark.parametrize("spoil", [
    lambda c: c[:-1], lambda c: c + b"x", lambda c: c[:0], lambda c: struct.pack("<Q", 1 << 60) + c[8:],
    lambda c: c.replace(b'"F32"', b'"I64"', 1), lambda c: c.replace(b"[0,24]", b"[4,24]"), lambda c: c[:8] + b"[" + c[9:],
    lambda c: b"\x80\x04\x95" + c,
])
def test_a_file_that_is_not_whole_is_refused(tmp_path, spoil):
    save(tmp_path / "w", WEIGHTS, {})
    (tmp_path / "w").write_bytes(spoil((tmp_path / "w").read_bytes()))
    with pytest.raises(InputError, match="not a whole safetensors file"):
        load(tmp_path / "w")
