"""How many values of 16 digits a second ``ff3`` and ``pyffx`` encrypt: run by an interpreter that has these and nothing of ours.

Writes one JSON object: peer → million values a second of processor time.
"""

import json
import statistics
import time
from collections.abc import Callable

import pyffx
from ff3 import FF3Cipher

RUNS = 5
VALUES = [f"{number * 7919 + 4 * 10**15:016}" for number in range(4000)]


def main() -> None:
    """Measures each one on the same values."""
    fpe = FF3Cipher("2DE79D232DF5585D68CE47882AE256D6", "CBD09280979564")
    ffx = pyffx.String(b"secret-key", alphabet="0123456789", length=16)
    print(json.dumps({"ff3": _rate(fpe.encrypt), "pyffx": _rate(ffx.encrypt)}))  # noqa: T201 - read by the other process


def _rate(encrypt: Callable[[str], str]) -> float:
    times = []
    for _ in range(RUNS):
        begin = time.process_time()
        for value in VALUES:
            encrypt(value)
        times.append(time.process_time() - begin)
    return len(VALUES) / statistics.median(times) / 1e6


if __name__ == "__main__":
    main()
