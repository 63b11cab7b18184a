"""The command line in a process of its own, as a person runs it; and in this one, where the process is not what is tested."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from jobs.cli import app

ROOT = Path(__file__).resolve().parents[2]
KEY = "6b" * 32


def lakeveil(*arguments, cwd, timeout=900, **environment):
    """Runs the command line in a process of its own."""
    command = [sys.executable, "-c", "from jobs.cli import main; main()", *map(str, arguments)]
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), "LAKEVEIL_KEY": KEY, **environment}
    return subprocess.run(command, cwd=cwd, env=surroundings, capture_output=True, text=True, check=False, timeout=timeout)


def here(*arguments, cwd, **environment):
    """Runs the command line in this process: seconds less."""
    with contextlib.chdir(cwd):
        done = CliRunner().invoke(app, [*map(str, arguments)], env={"LAKEVEIL_KEY": KEY, **environment})
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)
