"""A lake with both releases under the old key."""

from __future__ import annotations

import random
import shutil

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from engine import road
from tests.engine.rotation.releases import OLD, patients, visits


@pytest.fixture(scope="module")
def lake_of(tmp_path_factory):
    """A lake with both releases under the old key, made once."""
    place, rng = tmp_path_factory.mktemp("lake"), random.Random(3)  # noqa: S311 - test data
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("OLD_KEY", "a1" * 32)
        write_deltalake("patients", pa.table({
            "id": [str(number) for number in range(60)],
            "mail": [f"m{number}@example.org" if number % 5 else None for number in range(60)],
            "card": [f"{number:04}-5500-0000-0004" for number in range(60)],
            "age": [rng.randrange(20, 40) for _ in range(60)]}))
        write_deltalake("visits", pa.table({
            "patient": pa.array([rng.choice([*range(80), None]) for _ in range(200)], pa.int64()),
            "referred": pa.array([rng.choice([*range(20), None]) for _ in range(200)], pa.int64()), "cost": range(200)}))
        for policy in (patients("p1", OLD), visits("v1", OLD)):
            road.anonymize(policy, road.open_backend("local"))
    return place


@pytest.fixture
def lake(lake_of, tmp_path, monkeypatch):
    shutil.copytree(lake_of, tmp_path / "lake")
    monkeypatch.chdir(tmp_path / "lake")
    monkeypatch.setenv("OLD_KEY", "a1" * 32)
    monkeypatch.setenv("NEW_KEY", "b2" * 32)
    return tmp_path / "lake"
