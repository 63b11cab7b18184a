"""Written statistics beside their receipt: whether they are the figures that were released."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from engine.artifacts import file_of, read, released
from engine.backends.rows import read_columns
from engine.backends.tables import open_table
from engine.errors import InputError
from engine.release.files import receipt_path
from engine.statistics.road import ROWS, digest_of
from schemas.policy.v1 import Source
from schemas.statistics import Figure, StatisticsReceipt


def names_statistics(target: str) -> bool:
    """Whether a target is statistics, or their receipt.

    Raises:
        InputError: If no receipt lies beside it.
    """
    try:
        told = json.loads(file_of(receipt_path(released(target))).read_bytes())
    except ValueError:
        return False
    return isinstance(told, dict) and told.get("receipt") == StatisticsReceipt.model_fields["receipt"].default


def verify(target: str) -> StatisticsReceipt:
    """Reads written statistics, and holds their digest against their receipt, which is returned as of where they lie now.

    Args:
        target: Statistics, or their receipt.

    Raises:
        InputError: If they cannot be read, or are not those that the receipt was written for.
    """
    path = released(target)
    receipt = read(receipt_path(path), StatisticsReceipt)
    try:
        figures = [Figure.model_validate(row) for row in _rows(path)]
    except (OSError, ValueError, KeyError):
        raise InputError("the statistics cannot be read", where=path, next="restore them as they were released") from None
    if digest_of(figures) != receipt.sha256:
        raise InputError("the statistics are not those that their receipt was written for", where=path,
                         allowed=f"{receipt.figures:,} figures of digest {receipt.sha256[:12]}…",
                         next="restore them as they were released; to release others is paid for again")
    return receipt.model_copy(update={"output": path})


def _rows(path: str) -> list[dict[str, Any]]:
    """Returns the rows of a Delta table, or of a file that ends with .json or .csv, in their order."""
    file: Path = file_of(path)
    if path.endswith(".json"):
        found: list[dict[str, Any]] = json.loads(file.read_bytes())
        return found
    if path.endswith(".csv"):
        rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    else:
        table = open_table(Source(table=path))
        rows = read_columns(table, table.schema, ROWS.names).to_pylist()
    return [{**row, "groups": json.loads(row["groups"]), "deviation": row["deviation"] or None} for row in rows]
