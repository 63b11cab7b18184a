"""What Ray is told."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from engine.errors import InputError
from engine.synth.attempts import LostWorkersError

pytestmark = pytest.mark.slow  # Ray takes seconds to load


def test_ray_starts_no_worker_again_by_itself():
    """Its defaults do, without end: after a preemption, and where workers found no room. Nobody would count those steps."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'lakeveil[synth]'")
    from engine.synth.fleet import _ONCE  # noqa: PLC0415 - loads Ray

    assert (_ONCE.max_failures, _ONCE.max_preemption_failures, _ONCE.controller_failure_limit) == (0, 0, 0)


@pytest.mark.parametrize("altered", [InputError("altered"), SimpleNamespace(cause=InputError("altered"))])
def test_a_worker_that_others_lost_says_why(altered):
    """Rank 0 says that it lost its peers; rank 1, whom it lost, had found a file that was altered: nothing to try again."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'lakeveil[synth]'")
    from engine.synth.fleet import _cause  # noqa: PLC0415 - loads Ray

    lost = LostWorkersError("training failed: DistBackendError")
    cause = _cause(SimpleNamespace(worker_failures={0: lost, 1: altered}))
    assert (type(cause), cause.what) == (InputError, "altered")
    assert _cause(SimpleNamespace(worker_failures={0: lost})) is lost
    assert "KeyError" in _cause(SimpleNamespace(worker_failures={0: KeyError("secret")})).what
