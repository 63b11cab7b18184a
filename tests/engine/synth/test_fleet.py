"""What Ray is told."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow  # Ray takes seconds to load


def test_ray_starts_no_worker_again_by_itself():
    """Its defaults do, without end: after a preemption, and where workers found no room. Nobody would count those steps."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'lakeveil[synth]'")
    from engine.synth.fleet import _ONCE  # noqa: PLC0415 - loads Ray

    assert (_ONCE.max_failures, _ONCE.max_preemption_failures, _ONCE.controller_failure_limit) == (0, 0, 0)
