"""Wycheproof's vectors, where they lie beside this checkout."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[3] / ".." / "shared" / "data" / "vectors"


def vectors(name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yields each test of a file, with the group that it stands in."""
    path = FOLDER / f"{name}_test.json.gz"
    if not path.is_file():
        pytest.skip(f"{path.name} does not lie beside this checkout")
    for group in json.loads(gzip.decompress(path.read_bytes()))["testGroups"]:
        yield from ((group, one) for one in group["tests"])
