"""Delta's two jars: fetched once by Spark's own Ivy, checked against pinned digests, then used from disk.

``python -m engine.backends.jars`` fetches them into :func:`jar_folder`. Starting a session afterwards needs
no network. Two of Delta's 34 transitive jars suffice for write, read, delete, history and vacuum; the
others bring a second Hadoop and Parquet onto the classpath and are left out.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from engine.conf import conf_path
from engine.errors import SetupError

DELTA_VERSION = "4.4.0"
_GROUP = "io.delta"
_EXCLUDED = ("[^i]*:*", "io.netty:*", "io.airlift:*", "io.unitycatalog:*", f"{_GROUP}:delta-kernel*")
"""Ivy globs over group:artifact that cover everything Delta depends on, but not delta-spark and delta-storage."""

_FIX = "python -m engine.backends.jars fetches them once (make setup does)"
_ENGINE = Path(__file__).parents[1]


def artifacts() -> tuple[str, ...]:
    """Returns the names of the two artifacts that fit the installed pyspark (Delta names them per Spark line).

    Raises:
        SetupError: If pyspark is not installed.
    """
    try:
        line = ".".join(importlib.metadata.version("pyspark").split(".")[:2])
    except importlib.metadata.PackageNotFoundError:
        raise SetupError("pyspark is not installed", next="pip install 'lakeveil'") from None
    return f"delta-spark_{line}_2.13", "delta-storage"


def jar_folder() -> Path:
    """Returns where the jars are kept: ``$LAKEVEIL_JARS``, or the checkout's ``.cache``, or the user's."""
    named = os.environ.get("LAKEVEIL_JARS")
    if named:
        return Path(named)
    checkout = _ENGINE.parent
    home = checkout if (checkout / "pyproject.toml").is_file() else Path.home()
    return home / ".cache" / "lakeveil" / "jars"


def delta_jars() -> tuple[Path, ...]:
    """Returns the local jars, checked.

    Raises:
        SetupError: If one is missing, or is not the one that was pinned.
    """
    pinned = _pinned()
    return tuple(_checked(jar_folder() / _file_name(artifact), pinned) for artifact in artifacts())


def fetch() -> tuple[Path, ...]:
    """Fetches the jars unless they lie there already, checks them, and returns where they are.

    Repositories, proxies and mirrors are those of Spark's configuration (``spark.jars.ivySettings``,
    ``spark.jars.repositories``).

    Raises:
        SetupError: If Java is missing, the jars cannot be had, or they are not the ones that were pinned.
    """
    try:
        return delta_jars()
    except SetupError:
        pass
    folder, pinned = jar_folder(), _pinned()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        _run_ivy(Path(scratch))
        for artifact in artifacts():
            name = _file_name(artifact)
            fetched = Path(scratch) / "jars" / f"{_GROUP}_{name}"
            shutil.move(_checked(fetched, pinned, name), folder / name)
    return delta_jars()


def _run_ivy(scratch: Path) -> None:
    """Lets ``spark-submit`` resolve the packages for an empty application, which ends without a Spark context."""
    found = importlib.util.find_spec("pyspark")
    home = Path(found.origin).parent if found and found.origin else Path()
    application = scratch / "nothing.py"
    application.write_text("")
    command = [
        str(home / "bin" / "spark-submit"), "--master", "local[1]", "--conf", f"spark.jars.ivy={scratch}",
        "--packages", ",".join(f"{_GROUP}:{artifact}:{DELTA_VERSION}" for artifact in artifacts()),
        "--exclude-packages", ",".join(_EXCLUDED), str(application),
    ]
    python = sys.executable
    environment = {**os.environ, "SPARK_HOME": str(home), "PYSPARK_PYTHON": python, "PYSPARK_DRIVER_PYTHON": python}
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    except (OSError, subprocess.TimeoutExpired):
        raise SetupError("Delta's jars could not be fetched", where=str(home),
                         next="check that Java 17 or 21 runs: java -version") from None
    if done.returncode != 0:
        telling = ("unresolved", "not found", "JAVA_HOME")
        said = [line.strip() for line in done.stderr.splitlines() if any(word in line for word in telling)]
        raise SetupError("Delta's jars could not be fetched", where="; ".join(said[:3]),
                         next="check Java (17 or 21) and the way to a Maven repository, or copy the jars into $LAKEVEIL_JARS")


def _checked(jar: Path, pinned: dict[str, str], name: str | None = None) -> Path:
    name = name or jar.name
    if not jar.is_file():
        raise SetupError("a jar of Delta Lake is missing", where=str(jar), next=_FIX)
    if name not in pinned:
        raise SetupError("no digest is pinned for this jar", where=name, allowed=", ".join(sorted(pinned)),
                         next="install a pyspark that is supported")
    if hashlib.sha256(jar.read_bytes()).hexdigest() != pinned[name]:
        raise SetupError("a jar of Delta Lake is not the one that was pinned", where=str(jar), next=f"remove it; then {_FIX}")
    return jar


def _file_name(artifact: str) -> str:
    return f"{artifact}-{DELTA_VERSION}.jar"


def _pinned() -> dict[str, str]:
    """Returns file name → SHA-256, as ``sha256sum`` writes them."""
    listing = conf_path("spark/delta-jars.sha256")
    pairs = (line.split() for line in listing.read_text().splitlines() if line and not line.startswith("#"))
    return {name: digest for digest, name in pairs}


if __name__ == "__main__":
    sys.stdout.writelines(f"{jar}\n" for jar in fetch())
