"""Detection: speed, recall, false positives and poison, on one core, beside Presidio's own analyzer in the same run.

Every text is public and labelled (``../shared/data/pii``), or generated from a seed and without repetition; what is timed is
timed by the processor, on one thread. ``--only`` takes some of the parts, ``--seconds`` what all parts may take together.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from tests.benchmarks.column_score import cells_per_second, column_score
from tests.benchmarks.detect import false_positives, perturbed, poisoned, recall, spark_speed, speed
from tests.benchmarks.detect.figures import Figure, figure, table

RESULT = Path(__file__).parents[2] / "build" / "bench" / "detect.json"
COLUMNS = 0.95

PARTS: dict[str, tuple[float, Callable[[float], list[Figure]]]] = {
    "speed": (0.26, speed.measure),
    "spark": (0.12, spark_speed.measure),
    "labelled": (0.06, lambda _: recall.measure()),
    "perturbed": (0.04, lambda _: perturbed.measure(time.time_ns() % 10**9)),
    "poison": (0.34, poisoned.measure),
    "false-positives": (0.14, false_positives.measure),
    "columns": (0.04, lambda _: columns()),
}
"""What is measured, and the share of the time that it gets."""


def main() -> int:
    """Measures, prints a table, writes the figures; 0 if no bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}, with commas between them")
    parser.add_argument("--seconds", type=float, default=600, help="for all parts together, without writing the texts")
    parser.add_argument("--markdown", action="store_true", help="print a table in Markdown")
    asked = parser.parse_args()
    wanted = asked.only.split(",")
    if unknown := set(wanted) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    pa.set_cpu_count(1)
    figures: list[Figure] = []
    for name in wanted:
        share, measure = PARTS[name]
        print(f"{name} …", file=sys.stderr, flush=True)  # noqa: T201 - a script that prints
        found = measure(asked.seconds * share)
        figures += found
        print(table(found, markdown=asked.markdown), flush=True)  # noqa: T201 - a script that prints
    _write(figures)
    return 0 if all(found["holds"] is not False for found in figures) else 1


def columns() -> list[Figure]:
    """Returns the share of columns whose role and category are classified rightly, and how fast cells of a column are counted."""
    right, total = column_score()
    return [figure("columns with the right role and category", right / total, bar=COLUMNS, note=f"{right} of {total}"),
            figure("cells of columns with 1% distinct values", cells_per_second() / 1e6, "M/s", note="mail addresses, one core")]


def _write(figures: list[Figure]) -> None:
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {time.strftime('%Y-%m-%d')}"
    print(f"{len(figures)} figures in build/bench/detect.json; {machine}", file=sys.stderr)  # noqa: T201 - a script that prints


if __name__ == "__main__":
    sys.exit(main())
