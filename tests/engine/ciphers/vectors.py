"""Wycheproof's vectors."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def vectors(shared_data: Path, name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yields each test of a file, with the group that it stands in."""
    for group in json.loads(gzip.decompress((shared_data / "vectors" / f"{name}_test.json.gz").read_bytes()))["testGroups"]:
        yield from ((group, one) for one in group["tests"])
