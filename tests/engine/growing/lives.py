"""A source that people come to and leave, its policy, and what somebody sees who has every version of the release."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from random import Random

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from engine.growing import following
from engine.plan import Policy
from schemas.versions import Version

KEEP = {"why": "needed"}


def people(numbers, *, seed: int = 0) -> pa.Table:
    """Returns rows of people: equal numbers give equal rows."""
    rows = [(number, Random(f"{seed}-{number}")) for number in numbers]  # noqa: S311 - a test's data
    return pa.table({
        "id": pa.array([number for number, _ in rows], pa.int64()),
        "age": pa.array([random.choice([*range(18, 80), None]) for _, random in rows], pa.int64()),
        "town": pa.array([random.choice("ABCDEF") for _, random in rows], pa.string()),
        "illness": pa.array([random.choice(["flu", "gout", "mumps", None]) for _, random in rows], pa.string()),
    })


def source(place: Path, numbers, *, feed: bool = True) -> str:
    path = str(place / "source")
    write_deltalake(path, people(numbers), configuration={"delta.enableChangeDataFeed": str(feed).lower()})
    return path


def policy(place: Path, key: str, *, name: str = "release", distinct: int = 2, k: int = 4, versions: dict | None = None,
           **changes: object) -> Policy:
    claimed = {"l": {"column": "illness", "distinct": distinct}} if distinct > 1 else {}
    return Policy.parse({
        "apiVersion": "lakeveil/v1", "name": "people", "purpose": "p", "legal_basis": "b", "retention": "r",
        "source": {"table": str(place / "source"), "subject": "id"},
        "columns": {
            "id": {"role": "direct", "operator": {"token": {"domain": "people", "key": key}}, **KEEP},
            "age": {"role": "quasi", **KEEP}, "town": {"role": "quasi", **KEEP}, "illness": {"role": "sensitive", **KEEP}},
        "guarantees": {"k": k, "suppression": "20%", **claimed},
        "release": {"path": str(place / name),
                    "versions": {"state": str(place / f"{name}.state"), "key": key, **(versions or {})}},
    } | changes)


def released(path: Path | str, version: int | None = None) -> dict[str, tuple[str, ...]]:
    """Returns token → (age, town, illness), as far as they are released, of one version of a release."""
    rows = DeltaTable(str(path), version=version).to_pyarrow_table().to_pylist()
    return {row["id"]: tuple(cell for name, cell in row.items() if name != "id") for row in rows}


def histories(path: Path | str) -> dict[tuple[object, ...], list[str]]:
    """Returns all people that were ever published by what is seen of each: labels, or nothing, in every version."""
    versions = [released(path, version) for version in range(DeltaTable(str(path)).version() + 1)]
    seen = defaultdict(list)
    for person in set().union(*versions):
        seen[tuple(version[person][:2] if person in version else None for version in versions)].append(person)
    return seen


def version(receipt) -> Version:
    assert receipt.verified
    return receipt.versions


def add(place, numbers, **how) -> None:
    write_deltalake(str(place / "source"), people(numbers, **how), mode="append")


def delete(place, *numbers) -> None:
    DeltaTable(str(place / "source")).delete(f"id in ({', '.join(map(str, numbers))})")


def killed(patches: pytest.MonkeyPatch, call: Callable[[], object], owner: object = following, at: str = "certify") -> None:
    """Makes a call that is killed where it gets to ``owner``'s ``at``: in the end of an append, before it is proved."""
    def die(*arguments: object, **more: object) -> None:
        raise KeyboardInterrupt

    with patches.context() as patch:
        patch.setattr(owner, at, die)
        with pytest.raises(KeyboardInterrupt):
            call()
