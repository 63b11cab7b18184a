"""Ciphers both ways: by numpy, as little text is worked on, and by compiled loops, as much is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine import compiled
from engine.ciphers import base32, ff1, ragged


@pytest.fixture(params=["numpy", "compiled"], scope="module")
def both_ways(request: pytest.FixtureRequest) -> Iterator[None]:
    """Runs a test twice."""
    loops = request.param == "compiled"
    if loops and not compiled.available():
        pytest.skip("numba is not installed, or switched off")
    with pytest.MonkeyPatch.context() as patch:
        for module in (base32, ff1, ragged):
            patch.setattr(module, "worth", lambda _: loops)
        yield
