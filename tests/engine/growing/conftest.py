"""A release with its first version."""

from __future__ import annotations

import pytest

from engine import road
from engine.backends.local import LocalBackend
from tests.engine.growing.lives import policy, source


@pytest.fixture
def made(tmp_path, key):
    """A source of 120 people and the first version of its release."""
    source(tmp_path, range(120))
    found = policy(tmp_path, key)
    road.anonymize(found, LocalBackend())
    return found
