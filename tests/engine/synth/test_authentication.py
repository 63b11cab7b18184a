"""A Ray cluster that lets anybody in is refused, before anything is counted or charged; one of our own asks for a token."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.errors import SetupError
from engine.synth import authentication
from engine.synth.authentication import require_authentication, require_token
from engine.synth.stranger import ADMITTED, REFUSED
from engine.synth.synthesize import synthesize
from tests.engine.synth.people import people, policy, write_release

ROOT = Path(__file__).parents[3]
OPEN_CLUSTER = """
import sys, ray
ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False, object_store_memory=80 * 1024 * 1024)
print(ray.get_runtime_context().gcs_address, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def no_ray(monkeypatch):
    for name in [name for name in os.environ if name.startswith("RAY_A")]:
        monkeypatch.delenv(name)
    monkeypatch.delitem(sys.modules, "ray", raising=False)


@pytest.mark.parametrize("said", [{"RAY_AUTH_MODE": "disabled"}, {"RAY_ADDRESS": "127.0.0.1:6379"},
                                  {"RAY_ADDRESS": "auto", "RAY_AUTH_MODE": "Disabled"}])
def test_what_the_environment_says_is_refused_before_ray_is_loaded(no_ray, monkeypatch, tmp_path, said):
    release = write_release(tmp_path, people(50))
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SetupError, match="without authentication") as refused:
        synthesize(policy(), release)
    assert (refused.value.exit_code, refused.value.allowed) == (4, "token")
    assert "RAY_AUTH_MODE=token" in refused.value.next
    assert not Path(release + ".synthetic.training").exists(), "nothing was counted, and nothing charged"


def test_an_address_where_nobody_listens_is_told_at_once(no_ray, monkeypatch):
    """Ray itself waits for ten minutes and tells nobody."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'lakeveil[synth]'")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("RAY_ADDRESS", address)
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    with pytest.raises(SetupError, match="no Ray cluster answers") as refused:
        require_authentication()
    assert refused.value.where == f"RAY_ADDRESS={address}"


@pytest.mark.parametrize("said", [{}, {"RAY_AUTH_MODE": "token"}, {"RAY_AUTH_MODE": "TOKEN"}])
def test_a_cluster_that_is_to_be_started_has_it(no_ray, monkeypatch, said):
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    require_authentication()
    assert "ray" not in sys.modules


@pytest.mark.parametrize(("code", "words"), [(ADMITTED, "admits clients without a token"), (1, "nobody can tell"), (REFUSED, "")])
def test_a_stranger_tells(monkeypatch, code, words):
    monkeypatch.setattr(authentication.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], code))
    require_token.cache_clear()
    if words:
        with pytest.raises(SetupError, match=words):
            require_token("10.0.0.1:6379")
    else:
        require_token("10.0.0.1:6379")
    require_token.cache_clear()


@contextmanager
def _cluster(**environment: str):
    """Starts a cluster in a process of its own, as somebody else would, and yields its address."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("RAY_A")}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, subprocess.Popen(
            [sys.executable, "-c", OPEN_CLUSTER], env={**plain, "TMPDIR": folder, **environment}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        address = process.stdout.readline().strip()
        assert address, "the cluster did not start"
        yield address
        process.stdin.close()


@pytest.mark.ray
@pytest.mark.slow
def test_a_cluster_that_admits_anybody_is_refused_with_a_token_in_hand(tmp_path):
    """The client has a token and is let in with it, as it would be without: it cannot tell, and a stranger can."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'lakeveil[synth]'")
    release = write_release(tmp_path, people(50))
    with _cluster(RAY_AUTH_MODE="disabled") as address:
        joining = ("from engine.synth.synthesize import synthesize; from tests.engine.synth.people import policy; import sys\n"
                   "def tried():\n"
                   "    try: synthesize(policy(), sys.argv[1])\n"
                   "    except Exception as error: print(type(error).__name__, error)\n"
                   "tried(); import ray; ray.init(log_to_driver=False); tried()")
        ended = subprocess.run(
            [sys.executable, "-c", joining, release], cwd=ROOT, capture_output=True, text=True, check=True,
            env={**os.environ, "RAY_ADDRESS": address, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "a" * 64}).stdout
    assert ended.count("SetupError the Ray cluster admits clients without a token") == 2, "joined by us, and by somebody before"
    assert not Path(release + ".synthetic.training").exists()


@pytest.mark.ray
def test_our_own_cluster_refuses_a_stranger(ray_cluster):
    import ray  # noqa: PLC0415 - lazy

    require_token.cache_clear()
    require_token(ray.get_runtime_context().gcs_address)
    require_authentication()
