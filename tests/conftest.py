"""Shared fixtures, and which tests share a process where several run. Lazy: who asks for no JVM and no cluster starts none."""

from __future__ import annotations

import gc
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from xdist.remote import Producer
    from xdist.scheduler import LoadGroupScheduling

settings.register_profile("shared machine", deadline=None, max_examples=25)
settings.load_profile("shared machine")

ROOT = Path(__file__).parents[1]
KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"


gc.set_threshold(50_000, 20, 100)
"""Garbage is looked for less often than by default: it took a tenth of the time to walk through word lists in vain."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of several processes one has the shared JVM, and one Ray and the demo. They take longest, and come first."""
    if not config.getoption("loadgroup", default=False):
        return
    for item in items:
        names = {mark.name for mark in item.iter_markers()}
        shared = "ray" if "ray" in names else "jvm" if "spark" in names else None
        if shared and "xdist_group" not in names:
            item.add_marker(pytest.mark.xdist_group(shared))
    order = {"jvm": 0, "ray": 1, "apart": 2}
    items.sort(key=lambda item: min((order[mark.args[0]] for mark in item.iter_markers("xdist_group")), default=3))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadGroupScheduling:
    """Hands out groups, and else whole files: their fixtures are made once."""
    from xdist.scheduler import LoadGroupScheduling  # noqa: PLC0415 - where several processes are asked for

    class Files(LoadGroupScheduling):
        def _split_scope(self, nodeid: str) -> str:
            group = super()._split_scope(nodeid)
            return group.partition("::")[0] if group == nodeid else group

    return Files(config, log)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The data sets that lie beside a development checkout."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no data sets at ../shared/data beside {ROOT.name}")
    return folder


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """A handle to a key that exists for one test."""
    monkeypatch.setenv("LAKEVEIL_TEST_KEY", KEY)
    return "env:LAKEVEIL_TEST_KEY"


@pytest.fixture(scope="session")
def event_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the shared session's event log."""
    return tmp_path_factory.mktemp("event-log")


@pytest.fixture(scope="session")
def _jvm(event_log: Path) -> Iterator[tuple[SparkSession, str]]:
    """One JVM for all tests: a classic session that also serves Spark Connect, and where it does."""
    from engine.backends.spark.session import spark_session  # noqa: PLC0415 - lazy

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    session = spark_session(master="local[2]", event_log=event_log, settings={
        "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
        "spark.connect.grpc.binding.address": "127.0.0.1", "spark.connect.grpc.binding.port": str(port),
    })
    yield session, f"sc://127.0.0.1:{port}"
    session.stop()


@pytest.fixture
def spark(_jvm: tuple[SparkSession, str]) -> SparkSession:
    """The shared classic session."""
    return _jvm[0]


@pytest.fixture(scope="session")
def _connected(_jvm: tuple[SparkSession, str]) -> Iterator[SparkSession]:
    from pyspark.sql.connect.session import SparkSession as Connect  # noqa: PLC0415 - lazy

    session = Connect.builder.remote(_jvm[1]).create()
    yield session
    session.stop()


@pytest.fixture
def spark_connect(_connected: SparkSession, monkeypatch: pytest.MonkeyPatch) -> SparkSession:
    """The shared Connect session. While a test holds it, pyspark's functions build Connect expressions."""
    monkeypatch.setenv("SPARK_CONNECT_MODE_ENABLED", "1")
    return _connected


@pytest.fixture(scope="session", autouse=True)
def _quiet_machine() -> None:
    """Keeps native thread pools small: the suite runs on two cores."""
    os.environ.setdefault("OMP_NUM_THREADS", "2")


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[None]:
    """One small Ray cluster for all tests, as Lakeveil starts it; it ends with the tests."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'lakeveil[synth]'")
    from engine.synth.fleet import cluster  # noqa: PLC0415 - lazy

    with cluster(workers=2):
        yield
