"""The command ends, whatever code it was given does with its threads and with interrupts."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOLDS = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n"


def run(code):
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=50,
                          env={**os.environ, "PYTHONPATH": str(ROOT)})
    return done, time.monotonic() - began


def test_a_thread_that_does_not_end_is_left():
    done, took = run(f"{HOLDS}from jobs._ending import end_within\nprint('result')\nend_within(0.1, 7)\nraise SystemExit(7)")
    assert (done.returncode, done.stdout) == (7, "result\n")
    assert "does not end" in done.stderr
    assert took < 30


@pytest.mark.slow
def test_threads_that_end_are_waited_for():
    done, _ = run("import threading, time\nfrom jobs._ending import end_within\n"
                  "threading.Thread(target=lambda: (time.sleep(0.2), print('done'))).start()\nend_within(20, 7)")
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


@pytest.mark.slow
def test_the_command_itself():
    done, _ = run(f"{HOLDS}import sys, jobs._ending, jobs.cli\njobs._ending.GRACE = 0.1\n"
                  "sys.argv = ['lakeveil', 'scan', 'nothing']\njobs.cli.main()")
    assert done.returncode == 3


@pytest.mark.slow
def test_code_that_swallows_every_interrupt_ends_with_its_process():
    done, _ = run("import time\nfrom engine.detect.plugins import budget\nfrom jobs._console import Console\n"
                  "budget._TRIES = 3\nconsole = Console(as_json=True)\nbudget.Deadline.hopeless = console.hopeless\n"
                  "with budget.Deadline(0.01):\n  while True:\n    try: time.sleep(0.01)\n    except BaseException: pass\n")
    assert done.returncode == 4
    assert '"exit_code": 4' in done.stdout
    assert "swallows every exception" in done.stderr
