# ruff: noqa: INP001 - a script, not a package
"""Builds the packages zip for ``spark-submit --py-files``: the wheel's own bytes under a name that ends in .zip.

A wheel in ``--py-files`` imports on the driver and fails on executors, which add only .zip, .egg and .py
to their path; and the bare script without the packages fails at its first import.

Usage: python deploy/spark/package.py [FOLDER]    prints the zip's path; FOLDER is build/spark by default
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def build(folder: Path) -> Path:
    """Builds the wheel from this checkout and returns its copy as ``<folder>/lakeveil.zip``."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", scratch]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - a fixed command
        (wheel,) = Path(scratch).glob("lakeveil-*.whl")
        return Path(shutil.copyfile(wheel, folder / "lakeveil.zip"))


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "spark"
    sys.stdout.write(f"{build(target)}\n")
