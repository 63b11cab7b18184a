"""Shared fixtures, and which tests share a process where several run. Lazy: who asks for no JVM and no cluster starts none."""

from __future__ import annotations

import contextlib
import functools
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
    from xdist.scheduler import LoadScopeScheduling

    from tests.benchmarks.training_witness import Witness

settings.register_profile("shared machine", deadline=None, max_examples=25)
settings.load_profile("shared machine")

ROOT = Path(__file__).parents[1]
KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"


gc.set_threshold(50_000, 20, 100)
"""Garbage is looked for less often than by default: it took a tenth of the time to walk through word lists in vain."""


APART = {"tests/deploy/test_spark_submit.py", "tests/faults/test_traces.py"}
"""Files whose tests start JVMs of their own."""

QUICK = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:MetaspaceSize=256m"
"""For JVMs that live for minutes, those of processes that tests start too: what is hot is not compiled a second time, which takes
a fifth off. By itself the first option would have Java make room as for a small program, and collect garbage to keep within."""

ORDER = ("jvm", "ray", "apart")
"""What files share a process, the longest first."""


@functools.cache
def together(file: str) -> str:
    """Returns what a file of tests shares a process with: one has the JVM, one Ray and the demo; else itself."""
    text = (ROOT / file).read_text(encoding="utf-8")
    return "ray" if "mark.ray" in text else "apart" if file in APART else "jvm" if "mark.spark" in text else file


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes run, what takes longest comes first."""
    if hasattr(config, "workerinput"):
        rank = {name: place for place, name in enumerate(ORDER)}
        items.sort(key=lambda item: rank.get(together(item.nodeid.partition("::")[0]), len(rank)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Hands out whole files, or those that belong together: each fixture is made once."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - where several processes are asked for

    class Files(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return together(nodeid.partition("::")[0])

    config.option.loadscopereorder = False
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
    """Keeps native thread pools small, and Java's compiler quick: the suite runs on two cores."""
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    os.environ.setdefault("JDK_JAVA_OPTIONS", QUICK)


@pytest.fixture(scope="session")
def ray_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Witness]:
    """One small Ray cluster for all tests, as Lakeveil starts it, with a witness of what its ranks draw; it ends with them."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'lakeveil[synth]'")
    from engine.synth.cluster import cluster  # noqa: PLC0415 - lazy
    from tests.benchmarks.training_witness import Witness, environment  # noqa: PLC0415 - lazy

    folder = tmp_path_factory.mktemp("witness")
    with contextlib.ExitStack() as started:
        with pytest.MonkeyPatch.context() as here:
            for name, value in environment(folder).items():
                here.setenv(name, value)
            started.enter_context(cluster(workers=2))
        yield Witness(folder)
