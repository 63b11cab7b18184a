"""The demo, run once as a person runs it; the tests of its outcome and of the README share it."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.jobs.command import lakeveil


@dataclass(frozen=True)
class DemoRun:
    """The demo's folder, and what the command printed."""

    folder: Path
    printed: dict
    said: str


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory) -> DemoRun:
    """Runs ``lakeveil demo`` on Spark and Ray."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'lakeveil[synth]'")
    work = tmp_path_factory.mktemp("demo")
    done = lakeveil("demo", "--folder", "hospital", "--json", cwd=work)
    assert done.returncode == 0, done.stderr[-4000:]
    return DemoRun(work / "hospital", json.loads(done.stdout), done.stderr)
