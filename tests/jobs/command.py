"""The command line in a process of its own, as a person runs it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEY = "6b" * 32


def lakeveil(*arguments, cwd, timeout=900):
    """Runs the command line in a process of its own."""
    command = [sys.executable, "-c", "from jobs.cli import main; main()", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LAKEVEIL_KEY": KEY}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=timeout)
