"""Tokens: how fast each kind is on one core, in-process and through Spark, and collisions among many.

Spark runs in a process of its own, the peers (``ff3``, ``pyffx``) in an environment of their own, which ``make`` builds.
"""

from __future__ import annotations

import argparse
import binascii
import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from engine.operators.forms import BITS, collision_bound
from tests.benchmarks.detect.figures import Figure, figure, table
from tests.benchmarks.token_proofs import proofs
from udfs.encrypt import encrypt
from udfs.encrypt_format import encrypt_format
from udfs.token import token

PEERS = Path(__file__).parents[2] / "build" / "peers" / "bin" / "python"
RESULT = Path(__file__).parents[2] / "build" / "bench" / "tokens.json"
ROWS, RUNS = 1_000_000, 5
KEYS = {name: hashlib.sha256(name.encode()).digest() for name in ("subkey", "second", "key_id")}
SEALED = {"domain": "patient", "column": "id", **KEYS}
CARDS = {"alphabet": "0123456789", "domain": "card", "column": "pan", "subkey": KEYS["subkey"]}


def main() -> int:
    """Measures, prints a table, writes the figures; 0 if no bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--values", type=int, default=10**8, help="for collisions; in Spark a tenth of them")
    parser.add_argument("--timed-only", action="store_true", help="leave out the tests behind what is proved")
    parser.add_argument("--markdown", action="store_true", help="print a table in Markdown")
    asked = parser.parse_args()
    pa.set_cpu_count(1)
    figures = [*in_process(), *through_spark(asked.values // 10), *collisions(asked.values),
               *([] if asked.timed_only else proofs())]
    print(table(figures, markdown=asked.markdown))  # noqa: T201 - a script that prints
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0 if all(one["holds"] is not False for one in figures) else 1


def in_process() -> list[Figure]:
    """Returns how many values a second each kernel takes in this process; each value is another one."""
    identifiers = pa.array([f"patient-{number:09}" for number in range(ROWS)])
    cards = pa.array([f"{number * 7919 + 4 * 10**15:016}" for number in range(ROWS)])
    key, beside = KEYS["subkey"], peers()
    return [
        figure("tokens, kernel", _rate(lambda: token(identifiers, subkey=key)), "M/s", bar=1.7, note="hex, 17 signs"),
        *(figure(f"tokens, kernel, {form}", _rate(lambda form=form: token(identifiers, form=form, subkey=key, key_id=key)), "M/s")
          for form in BITS if form != "hex"),
        figure("AES-SIV", _rate(lambda: encrypt(identifiers, **SEALED)), "M/s", bar=0.85, note="as tokens, 17 signs"),
        figure("FF1, 16 digits", _rate(lambda: encrypt_format(cards, **CARDS)), "M/s", bar=0.9,
               peer=max(beside.values(), default=None), note="peers, M/s: " + (", ".join(
                   f"{name} {rate:.4f}" for name, rate in beside.items()) or "not installed, make bench-tokens does")),
    ]


def _rate(work: Callable[[], object], rows: int = ROWS) -> float:
    work()
    times = []
    for _ in range(RUNS):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return rows / statistics.median(times) / 1e6


def peers() -> dict[str, float]:
    """Returns how many million values of 16 digits a second each peer encrypts; none without their environment."""
    if not PEERS.exists():
        return {}
    script = str(Path(__file__).with_name("token_peers.py"))
    done = subprocess.run([str(PEERS), script], check=True, capture_output=True, text=True)
    rates: dict[str, float] = json.loads(done.stdout)
    return rates


def through_spark(values: int) -> list[Figure]:
    """Returns speed of one core of Spark, whether its expressions agree with the kernel, and collisions among its tokens."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "values.parquet"
        pq.write_table(pa.table({"id": np.arange(ROWS), "name": [f"patient-{number:09}" for number in range(ROWS)]}), path)
        child = subprocess.run([sys.executable, "-m", "tests.benchmarks.tokens_in_spark", str(path), "--distinct", str(values)],
                               check=False, capture_output=True, text=True)
    bars = {"native tokens": 1.0, "kernel tokens through mapInArrow": 0.45}
    if child.returncode:
        reason = (child.stderr.strip().splitlines() or ["no message"])[-1][:120]
        return [figure(name, None, "M/s", bar=bar, note=f"Spark did not run: {reason}") for name, bar in bars.items()]
    found: dict[str, Any] = json.loads(child.stdout.splitlines()[-1])
    fuzzed = found["fuzzed"]
    return [
        *(figure(name, found[name], "M/s", bar=bar, note="classic, local[1], by the wall, scan included")
          for name, bar in bars.items()),
        figure("fuzzed values, native = kernel", fuzzed["compared"] - fuzzed["unequal"], "values", bar=fuzzed["compared"],
               note="nine types with their extremes and nulls, four forms; strings are the kernel's in Spark, too"),
        figure(f"Spark's tokens of {values:,} values that are one", values - found["distinct"], "values", bar=0, better="lower",
               note="as an expression, counted by Spark"),
    ]


def collisions(values: int) -> list[Figure]:
    """Returns how many of many different values share the first bits of their tokens, and what chance is bound to do."""
    firsts = np.empty(values, np.uint64)
    for begin in range(0, values, ROWS):
        some = pa.array(np.arange(begin, min(values, begin + ROWS)))
        signs = token(some, subkey=KEYS["subkey"]).buffers()[2]
        tokens = np.frombuffer(binascii.unhexlify(signs), np.uint8).reshape(len(some), -1)
        firsts[begin:begin + len(some)] = tokens[:, 1:9].copy().view(">u8").ravel()  # the first byte is the version
    firsts.sort()
    bounds = ", ".join(f"{form} {collision_bound(values, form):.1e}" for form in BITS)
    notes = {64: f"birthday bounds of whole tokens: {bounds}", BITS["integer"]: "all of an integer token"}
    return [figure(f"tokens of {values:,} values that share {bits} bits", _alike(firsts, 64 - bits), "pairs", bar=0,
                   better="lower", note=f"by chance {values * (values - 1) / 2**(bits + 1):.1e}; {note}")
            for bits, note in notes.items()]


def _alike(numbers: npt.NDArray[np.uint64], dropped: int) -> int:
    """Returns how many neighbours of sorted numbers are one but for their last bits."""
    return sum(int((some[1:] >> np.uint64(dropped) == some[:-1] >> np.uint64(dropped)).sum())
               for some in (numbers[first:first + ROWS + 1] for first in range(0, len(numbers), ROWS)))


if __name__ == "__main__":
    sys.exit(main())
