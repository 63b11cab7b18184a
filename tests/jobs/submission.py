"""Jobs by deploy/spark/submit.sh, away from the checkout, so that only the zip can provide the packages."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyspark

ROOT = Path(__file__).parents[2]
CLUSTER = "local-cluster[2,1,1024]"
SMALL = ("spark.sql.shuffle.partitions=2", "spark.databricks.delta.snapshotPartitions=1", "spark.ui.enabled=false")
SET_ASIDE = ("PYTHONPATH", "PYSPARK_GATEWAY_PORT", "SPARK_REMOTE")


class Submissions:
    """Submits jobs that share a key, from a folder of their own."""

    def __init__(self, folder: Path) -> None:
        """Makes, in a folder, where jobs start, and a Spark whose executors write there."""
        self._elsewhere, self._home = folder / "elsewhere", folder / "spark"
        self._elsewhere.mkdir()
        self._home.mkdir()
        for entry in Path(pyspark.__file__).parent.iterdir():
            if entry.name != "work":  # where executors write; not into the installed package
                (self._home / entry.name).symlink_to(entry)
        self._key = os.urandom(32).hex()

    def start(self, job: str, *arguments: Any, master: str = CLUSTER, settings: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """Starts a job; both of its streams can be read."""
        clean = {name: value for name, value in os.environ.items() if name not in SET_ASIDE}
        return subprocess.Popen(
            [str(ROOT / "deploy" / "spark" / "submit.sh"), job, *map(str, arguments)], cwd=self._elsewhere, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**clean, "PYTHON": sys.executable, "SPARK_HOME": str(self._home), "MASTER": master, "SUBMIT_TEST_KEY": self._key,
                 "SUBMIT_ARGS": " ".join(f"--conf {setting}" for setting in (*SMALL, *settings))})

    def __call__(self, job: str, *arguments: Any, master: str = CLUSTER) -> subprocess.CompletedProcess[str]:
        """Runs a job to its end."""
        started = self.start(job, *arguments, master=master)
        out, error = started.communicate(timeout=900)
        return subprocess.CompletedProcess(started.args, started.returncode, out, error)
