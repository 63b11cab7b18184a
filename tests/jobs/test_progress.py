"""How far a lake's scan is, as people see it: a bar on a terminal, lines elsewhere, nothing beside a JSON document."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from engine.lake.scan import Standing
from jobs._progress import LakeProgress

ROOT = Path(__file__).parents[2]


def at(done=1, failed=0, error=None, **known):
    last = ("/lake/sales/orders", None if error else "restricted", error)
    return Standing(**{"lake": "/lake", "total": 40, "skipped": 2, "done": done, "failed": failed, "share": 0.25, "seconds": 10.0,
                       "bytes": 50_000_000, "current": ("/lake/a", "/lake/b"), "last": last, **known})


def test_off_a_terminal_a_line_a_second_and_failures_at_once(capsys):
    show = LakeProgress(silent=False)
    for standing in (at(1), at(2), at(2), at(2, 1, "the file is cut short"), at(3, 1), at(37, 1, share=1.0)):
        show(standing)
    assert capsys.readouterr().err.splitlines() == [
        "3 of 40 tables, 5.0 MB/s, 30 s left: sales/orders: restricted",
        "5 of 40 tables, 1 failed, 5.0 MB/s, 30 s left: sales/orders: the file is cut short",
        "40 of 40 tables, 1 failed, 5.0 MB/s: sales/orders: restricted",
    ]


@pytest.mark.parametrize(("known", "words"), [
    ({"share": 0.01}, "5.0 MB/s, 16 min left"), ({"share": 0.001}, "2.8 h left"), ({"share": 0.0}, "5.0 MB/s:"),
    ({"bytes": 20_000}, "2 kB/s"),
    ({"last": ("main.claims.people", "internal", None), "lake": "main.claims"}, ": people: internal"),
])
def test_speeds_and_times(known, words, capsys):
    LakeProgress(silent=False)(at(**known))
    assert words in capsys.readouterr().err


def test_beside_json_it_says_nothing(capsys):
    show = LakeProgress(silent=True)
    show(at())
    show.clear()
    assert capsys.readouterr().err == ""


@pytest.mark.slow
def test_on_a_terminal_a_bar_that_goes_away():
    code = ("from jobs._console import Console\nfrom tests.jobs.test_progress import at\n"
            "with Console(as_json=False) as console:\n"
            "    console.progress('look at the tables', 0.5)\n"
            "    for done in range(4): console.standing(at(done, failed=1))\n"
            "    console.show({}, 'the result')\n")
    ours, theirs = pty.openpty()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs, check=True, timeout=60,
                          env={**os.environ, "TERM": "xterm", "COLUMNS": "100", "PYTHONPATH": str(ROOT)})
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert done.stdout == b"the result\n"
    assert "6 of 40 tables, 1 failed" in shown
    assert "30 s left" in shown
    assert "a  and 1 more" in shown
    assert shown.endswith("\x1b[2K")  # both lines are cleared
