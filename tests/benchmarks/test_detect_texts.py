"""The texts that detection is measured on: what they promise."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from engine.detect.registry import Registry
from tests.benchmarks.detect.clean import corpora
from tests.benchmarks.detect.dense import COMMON, Dense
from tests.benchmarks.detect.entities import valid, values
from tests.benchmarks.detect.perturbed import KINDS, TYPES
from tests.benchmarks.detect.slots import filled, templates

REGISTRY = Registry.default()
SOME = Registry(types=tuple(one for place, one in enumerate(REGISTRY.types) if place % 40 == 0 or one.type in COMMON))
SIZE = 30_000
PARSED = ("prose: technical", "code: Python")
"""Corpora that read all of the standard library first."""


@pytest.mark.slow
@pytest.mark.parametrize("corpus", corpora(), ids=lambda one: one.name)
def test_clean_cells_are_distinct_and_the_same_every_time(corpus):
    cells = corpus.take(SIZE)
    assert len(set(cells)) == len(cells)
    assert SIZE <= sum(len(cell.encode()) for cell in cells) < SIZE + 30_000
    assert cells == corpus.take(SIZE)
    assert len(set(cells) & set(corpus.take(SIZE, 1))) <= len(cells) * 0.02  # short row numbers may meet again


@pytest.mark.slow
def test_nobody_is_in_clean_text():
    private = re.compile(r"[\w.]+@[\w-]+\.\w|https?://|\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b(?<!\.0\.[0-9]{4}\.)")
    versions = re.compile(r"Chrome/[0-9.]+")
    for corpus in (one for one in corpora() if one.name not in PARSED):
        text = versions.sub("", "\n".join(corpus.take(SIZE)))
        assert not private.search(text), corpus.name
    assert {"logs", "code: Python", "column: UUID", "column: timestamps", "prose: clinical"} <= {one.name for one in corpora()}


def test_slots():
    rng = random.Random(5)  # noqa: S311 - invented values
    assert all(valid(REGISTRY["DATE_TIME"], [next(filled("DATE_TIME")(rng))]) for _ in range(50))
    made = [next(filled("digests")(rng)) for _ in range(60)]
    assert {len(one) for one in made} == {8, 16, 32, 40, 64, 95}
    assert all(kind in {one.type for one in REGISTRY.types} for kind in templates() if kind.isupper())


@pytest.mark.parametrize("name", ["IBAN_CODE", "EMAIL_ADDRESS", "US_SSN", "PL_PESEL", "UK_NINO"])
def test_values_of_a_type_are_valid_and_different(name):
    one = REGISTRY[name]
    found = values(one, 50)
    assert len(set(found)) == 50
    assert valid(one, found) == list(found)
    assert values(one, 50, seed=1) != found
    assert one.type in COMMON or one.example[:2].isalpha() == found[0][:2].isalpha()


def test_a_type_that_chance_does_not_find_has_its_example():
    one = REGISTRY["GITHUB_TOKEN"]
    assert values(one, 5) == (one.example,)


@pytest.mark.slow
def test_dense_notes_say_where_everything_is():
    dense = Dense(SOME, each=100)
    notes = dense.notes(SIZE)
    assert len({note.text for note in notes}) == len(notes)
    assert notes == Dense(SOME, each=100).notes(SIZE)
    by_type = {one.reported: one for one in SOME.types if not one.label and one.reported == one.type}
    seen = Counter()
    for note in notes:
        for before, after in zip(note.planted, note.planted[1:], strict=False):
            assert before.end < after.start
        for one in note.planted:
            seen[one.entity_type] += 1
            if one.entity_type in by_type:
                assert valid(by_type[one.entity_type], [note.text[one.start:one.end]])
    assert set(seen) == dense.types
    assert 50 <= sum(len(note.text.encode()) for note in notes) / seen.total() <= 100
    assert 0.4 <= sum(seen[kind] for kind in COMMON) / seen.total() <= 0.6


@pytest.mark.slow
def test_the_whole_registry_has_values():
    """Of every twentieth type; the benchmark draws them all."""
    some = [one for one in REGISTRY.types[::20] if values(one, 10)[9:]]
    assert len(some) >= 0.93 * len(REGISTRY.types[::20])


@pytest.mark.parametrize("perturb", KINDS)
def test_perturbed_values_are_the_same_signs_otherwise_written(perturb):
    rng = random.Random(3)  # noqa: S311 - invented values
    changed = 0
    for name in TYPES:
        for value in values(REGISTRY[name], 20):
            other = perturb(value, rng)
            changed += other != value
            assert len(other.replace(" ", "")) >= len(value.replace(" ", ""))
    assert changed >= 0.7 * 20 * len(TYPES)
