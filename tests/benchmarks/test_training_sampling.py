"""The same units are drawn on one and two real ranks, in as many steps, and each row can be."""

from __future__ import annotations

import pytest

from tests.benchmarks.training_sampling import SMALL, measured

pytestmark = pytest.mark.slow  # torch takes seconds to load


def test_draws_do_not_depend_on_the_workers():
    pytest.importorskip("torch", reason="torch is not installed: pip install 'lakeveil[synth]'")
    pytest.importorskip("scipy", reason="scipy is not installed: pip install 'lakeveil[privacy]'")
    found = list(measured(**SMALL))
    assert len(found) == 8
    assert [one["measure"] for one in found if not one["holds"]] == []
    assert " 0 of a rank of 2" not in found[2]["note"], "there were empty draws"
