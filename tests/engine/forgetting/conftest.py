"""The clients' table, in a folder of its own."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.engine.forgetting.clients import MAILS, PEOPLE


@pytest.fixture
def lake(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASE_KEY", "a1" * 32)
    monkeypatch.setenv("OTHER_KEY", "b2" * 32)
    pq.write_table(pa.table({"id": PEOPLE, "mail": MAILS, "phone": MAILS, "visit": range(6)}), "clients.parquet")
    pq.write_table(pa.table({"id": ["p1", "p4", "p1", None, "nobody"]}), "leave.parquet")
    return tmp_path
