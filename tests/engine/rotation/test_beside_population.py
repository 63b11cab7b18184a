"""A release that was held against a population is held against it again when its keys are exchanged."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from engine import road
from engine.errors import InputError
from engine.rotation import rotate
from schemas.receipt import Receipt
from tests.engine.rotation.releases import NEW, OLD, patients, rows

PROMISED = {"guarantees": {"population": {"table": "everybody"}, "k_map": 9}}


@pytest.mark.slow
def test_the_new_release_says_the_same_of_the_population(lake):
    old, new = (patients(name, how, **PROMISED) for name, how in (("m1", OLD), ("m2", NEW)))
    ages = rows("patients")["age"].to_pylist()
    write_deltalake("everybody", pa.table({"age": [*ages * 3, 50]}))
    before = road.anonymize(old, road.open_backend("local"))
    write_deltalake("everybody", pa.table({"age": ages}), mode="append")
    rotate([(old, new)], road.open_backend("local"))
    after = Receipt.model_validate_json(Path("m2.receipt.json").read_text())
    assert after.population == before.population
    assert after.population.version == 0
    assert [one for one in after.verdicts if one.guarantee == "k-map"] == [
        one for one in before.verdicts if one.guarantee == "k-map"]


@pytest.mark.slow
def test_a_population_that_is_another_one_stops_it(lake):
    Path("everybody.jsonl").write_text("".join(json.dumps({"age": age}) + "\n" for age in range(20, 40) for _ in range(9)))
    table = {"guarantees": {"population": {"table": "everybody.jsonl"}, "k_map": 9}}
    old, new = (patients(name, how, **table) for name, how in (("m1", OLD), ("m2", NEW)))
    road.anonymize(old, road.open_backend("local"))
    Path("everybody.jsonl").write_text("".join(json.dumps({"age": age}) + "\n" for age in range(20, 40) for _ in range(10)))
    with pytest.raises(InputError, match="do not give the plan"):
        rotate([(old, new)], road.open_backend("local"))
    assert not Path("m2").exists()
