"""Java, as Spark will find it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from engine.errors import SetupError

SUPPORTED = (17, 21)
_NEXT = "install Java 17 or 21 (Debian: apt install openjdk-17-jre-headless) or point JAVA_HOME at one"


def java_version() -> int:
    """Returns the major version of the Java that Spark will start, without starting Spark.

    Raises:
        SetupError: If there is none, it does not run, or it is not a supported one.
    """
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if java is None or not Path(java).is_file():
        raise SetupError("Java is missing", where=java or "PATH", allowed="Java 17 or 21", next=_NEXT)
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=True).stderr  # noqa: S603 - a fixed command
    except (OSError, subprocess.SubprocessError):
        raise SetupError("Java does not run", where=java, allowed="Java 17 or 21", next=_NEXT) from None
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    version = int(found.group(1)) if found else 0
    if version not in SUPPORTED:
        raise SetupError(f"Java {version} is not supported", where=java, allowed="Java 17 or 21", next=_NEXT)
    return version
