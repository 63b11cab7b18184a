"""A search for many byte strings at once finds what ``bytes.find`` finds, wherever it lies."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.backends import bytescan
from engine.backends.bytescan import search

NEEDLE = st.binary(min_size=8, max_size=20)


@settings(deadline=None, max_examples=60)
@given(texts=st.lists(st.binary(max_size=60), max_size=4), needles=st.lists(NEEDLE, max_size=5, unique=True),
       planted=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 60)), max_size=4), chunk=st.integers(9, 40))
def test_agrees_with_find(tmp_path_factory, texts, needles, planted, chunk):
    folder = tmp_path_factory.mktemp("files")
    for which, at in planted:
        if texts and which < len(needles):
            texts[0] = texts[0][:at] + needles[which] + texts[0][at:]
    for number, text in enumerate(texts):
        (folder / f"{number}.bin").write_bytes(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bytescan, "_CHUNK", chunk)
        found = search(folder, needles)
    assert found.needles == {place for place, one in enumerate(needles) if any(one in text for text in texts)}
    assert found.holders == [folder / f"{number}.bin" for number, text in enumerate(texts) if any(one in text for one in needles)]
    assert (found.files, found.bytes) == (len(texts), sum(map(len, texts)))


@pytest.mark.parametrize("compression", ["none", "snappy", "zstd"])
def test_values_of_compressed_pages_count(tmp_path, compression):
    secret = bytes(range(40))
    rows = pa.table({"wrapped": [b"other" * 9, secret, None] * 50, "name": ["x", "who-is-this", None] * 50})
    (tmp_path / "deep").mkdir()
    pq.write_table(rows, tmp_path / "deep" / "part.parquet", compression=compression)
    assert search(tmp_path, [secret, b"who-is-this", b"not there at all"]).needles == {0, 1}


def test_files_cut_short_and_hidden_ones_are_read(tmp_path):
    (tmp_path / ".hidden.parquet").write_bytes(b"PAR1....a secret of somebody")
    assert search(tmp_path, [b"secret of"]).holders == [tmp_path / ".hidden.parquet"]
    assert not search(tmp_path, []).needles
