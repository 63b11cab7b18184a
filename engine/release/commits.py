"""What was committed to a table after some version: services that keep tables in shape commit, too, and change no data.

Spark's and Databricks' OPTIMIZE, auto compaction and clustering write files anew, VACUUM removes those that no version needs and
commits that it began and ended, and table services set properties.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from engine.release.files import local_path

Change = Literal["none", "files", "rows"]
"""No data file came or went; files did, in commits that say of themselves that they change no data; or anything else."""

_NO_DATA = frozenset({"commitInfo", "protocol", "domainMetadata", "metaData"})
_FILES = frozenset({"add", "remove"})


def change_after(path: str, version: int) -> Change:
    """Returns what the log says was done to a table after a version.

    A commit counts as 'rows' unless all that is in it is known to change none: entries ``add`` and ``remove`` with ``dataChange``
    false, and a ``metaData`` that leaves the table's id, schema and partitions as they were (Delta Transaction Log Protocol,
    'Actions'). Log entries that are missing, say because the log was cleaned up to a checkpoint, are 'rows', and so is a version
    that the table does not have. Whoever can write the table can say there that no data is changed: after 'files' the rows have
    to be compared (``ReleaseStore.same_rows``).

    Args:
        path: Of a Delta table.
        version: The last that is known.
    """
    root = local_path(path)
    try:
        newest = int(DeltaTable(str(root or path)).version())
        if root is None or newest <= version:  # of other stores nothing is read: a commit more is a change
            return "none" if newest == version else "rows"
        found = {_change(root, at) for at in range(version + 1, newest + 1)}
    except (DeltaError, OSError, ValueError):
        return "rows"
    return "rows" if "rows" in found else "files" if "files" in found else "none"


def changed_at(path: str, newest: int) -> int:
    """Returns the newest version that may have changed data: each one after it is known not to have, as of ``change_after``."""
    root = local_path(path)
    while newest and root is not None and _change(root, newest) != "rows":
        newest -= 1
    return newest


def _change(root: Path, version: int) -> Change:
    try:
        entry = (root / "_delta_log" / f"{version:020}.json").read_text(encoding="utf-8")
        said = list(_actions(entry))
        if any(name == "metaData" for name, _ in said) and _kind(root, version) != _kind(root, version - 1):
            return "rows"
    except (DeltaError, OSError, ValueError, AttributeError):  # missing, or no log entry
        return "rows"
    files = [what.get("dataChange") for name, what in said if name in _FILES]
    if any(name not in _NO_DATA | _FILES for name, _ in said) or any(change is not False for change in files):
        return "rows"
    return "files" if files else "none"


def _actions(entry: str) -> Iterator[tuple[str, dict[str, Any]]]:
    return (action for line in entry.splitlines() if line.strip() for action in json.loads(line).items())


def _kind(root: Path, version: int) -> tuple[object, ...]:
    """Returns what of a table's metadata says how its files are read."""
    table = DeltaTable(str(root), version=version)
    told = table.metadata()
    mapping = told.configuration.get("delta.columnMapping.mode", "none")
    return told.id, json.loads(table.schema().to_json()), list(told.partition_columns), mapping
