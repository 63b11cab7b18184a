"""What the benchmark of training says of memory, at a small size: by torch's allocator and by the kernel's limit."""
# ruff: noqa: PLC0415 - torch takes seconds to load: not while tests are collected

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.slow  # torch takes seconds to load
SIZES = [9, 16, 7, 15, 6]


@pytest.fixture(scope="module", autouse=True)
def torch():
    return pytest.importorskip("torch", reason="torch is not installed: pip install 'lakeveil[synth]'")


def test_clipping_takes_little_more_memory_than_no_clipping():
    from engine.synth.microbatches import clipped_sum
    from tests.benchmarks.training_memory import peak
    from tests.benchmarks.training_speed import MORE, generator_of, plain_gradient, units_of

    generator, units, everybody = generator_of(SIZES), units_of(SIZES, 1024), np.arange(1024)
    plain = peak(lambda: plain_gradient(generator, units, everybody, 1024))
    assert peak(lambda: clipped_sum(generator, units, everybody, 1.0, at_once=1024)) < MORE * plain


def test_memory_does_not_grow_with_the_batch():
    from engine.synth.microbatches import clipped_sum
    from tests.benchmarks.training_memory import peak
    from tests.benchmarks.training_speed import generator_of, units_of

    generator, units = generator_of(SIZES), units_of(SIZES, 1024)
    few, many, whole = (peak(lambda batch=batch, once=once: clipped_sum(generator, units, np.arange(batch), 1.0, at_once=once))
                        for batch, once in ((256, 64), (1024, 64), (1024, 1024)))
    assert many < 1.05 * few
    assert whole > 4 * few, "so the figure can tell"


@pytest.mark.parametrize(("memory", "ends_well"), [(2 << 20, True), (1 << 40, False)])
def test_a_table_is_loaded_in_less_memory_than_its_codes_take(memory, ends_well):
    """Eight megabytes of codes under a limit of seven, by the kernel; without rounds and buckets it runs out."""
    from tests.benchmarks.training_memory import loaded

    assert (loaded(80_000, 100, memory, 7 << 20).code == 0) is ends_well
