"""Diagnosis of a machine: what Lakeveil needs, what is there, and the fix for each thing that is off.

Nothing here starts a JVM or loads torch unless it is asked to: versions are read from metadata.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.backends import require_one_root
from engine.backends.jars import DELTA_VERSION, delta_jars
from engine.backends.java import java_version
from engine.errors import LakeveilError, SetupError
from engine.plan import Policy


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What.
        ok: Whether it is as it should be.
        found: What is there, in a few words.
        fix: What to do if it is off.
        required: Whether the main road needs it; synthesis alone needs the others.
    """

    name: str
    ok: bool
    found: str
    fix: str = ""
    required: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Returns the check as the record that ``--json`` prints."""
        return asdict(self)


def diagnose(*, policy: Path | None = None, spark: bool = False) -> list[Check]:
    """Looks at this machine.

    Args:
        policy: Also look for the keys that this policy names.
        spark: Also start Spark and write a Delta table, which takes some 15 seconds.

    Raises:
        PolicyError: If the policy cannot be read.
    """
    checks = [_one_root(), _python(), _java(), _spark_and_delta(), _jars(), _worker_python(), _pandas(), _recognizers(),
              *_checkers(), _engine(), _loops()]
    unnamed = [Check("keys", ok=True, found="not looked at: name a policy with --policy")]
    checks += _keys(Policy.load(policy)) if policy else unnamed
    checks += _synthesis()
    return checks + ([_session(), _disks()] if spark else [])


def exit_code(checks: list[Check]) -> int:
    """Returns 4 (environment) if something required is off, else 0."""
    return SetupError.exit_code if any(check.required and not check.ok for check in checks) else 0


def _one_root() -> Check:
    return _tried("packages", lambda: f"schemas, udfs, engine, jobs from {require_one_root()}")


def _python() -> Check:
    found = sys.version_info
    return Check("python", found >= (3, 11), f"{found.major}.{found.minor}.{found.micro}", "use Python 3.11 or later")


def _java() -> Check:
    return _tried("java", lambda: f"Java {java_version()}")


def _spark_and_delta() -> Check:
    spark, delta = _version("pyspark"), _version("delta-spark")
    supported = spark is not None and (4, 0, 1) <= _numbers(spark) <= (4, 2, 0)
    return Check("spark and delta", supported and delta == DELTA_VERSION, f"pyspark {spark or '-'}, delta-spark {delta or '-'}",
                 f"pip install 'lakeveil[spark]' (pyspark 4.0.1 to 4.2.0 with delta-spark {DELTA_VERSION})")


def _jars() -> Check:
    return _tried("delta jars", lambda: f"{len(delta_jars())}, digests as pinned")


def _worker_python() -> Check:
    named = os.environ.get("PYSPARK_PYTHON")
    same = named is None or Path(named).resolve() == Path(sys.executable).resolve()
    return Check("PYSPARK_PYTHON", same, "this interpreter" if same else "another interpreter",
                 f"export PYSPARK_PYTHON={sys.executable}")


def _pandas() -> Check:
    found = _version("pandas")
    return Check("pandas", found is not None and _numbers(found) < (3,), found or "-", "pip install 'pandas<3'")


def _recognizers() -> Check:
    def load() -> str:
        from engine.detect.plugins.presidio_classes import recognizer_classes  # noqa: PLC0415 - takes a second
        from engine.detect.registry import Registry  # noqa: PLC0415

        return f"{len(Registry.default().types)} entity types, and {len(recognizer_classes())} of Presidio's classes as plug-ins"

    return _tried("recognizers", load, fix="pip install 'lakeveil' anew: presidio-analyzer does not load")


def _checkers() -> Iterator[Check]:
    """Libraries that check numbers: without them no scanner can be made."""
    for distribution, module in (("python-stdnum", "stdnum"), ("phonenumbers", "phonenumbers"), ("faker", "faker")):
        yield _tried(distribution, functools.partial(_imported, distribution, module), fix=f"pip install {distribution}")


def _imported(distribution: str, module: str) -> str:
    importlib.import_module(module)
    return _version(distribution) or "installed"


def _engine() -> Check:
    from engine.detect.first.multi import available  # noqa: PLC0415 - loads the engine

    found = available()
    said = {"hyperscan": "Hyperscan", "re2": "RE2, some thirty times slower than Hyperscan", "none": "-"}[found]
    return Check("pattern engine", found != "none", said, "pip install hyperscan, or google-re2")


def _loops() -> Check:
    from engine.detect import kernels  # noqa: PLC0415 - as late as the others

    said = f"numba {_version('numba')}" if kernels.available() else "off: text is several times slower, trees take minutes"
    advice = "pip install numba, and leave LAKEVEIL_KERNELS unset"
    return Check("compiled loops", kernels.available(), said, advice, required=False)


def _keys(policy: Policy) -> Iterator[Check]:
    from engine.backends.keys import resolve  # noqa: PLC0415 - loads the cryptography package

    for handle in policy.key_handles():
        yield _tried(f"key {handle}", lambda handle=handle: "usable" if resolve(handle) else "")  # type: ignore[misc]


def _synthesis() -> Iterator[Check]:
    for name in ("ray", "torch", "opacus", "scikit-learn"):
        found = _version(name)
        yield Check(name, found is not None, found or "-", "pip install 'lakeveil[synth]'", required=False)


def _session() -> Check:
    def start() -> str:
        from engine.backends.spark.session import spark_session  # noqa: PLC0415 - loads pyspark

        spark = spark_session()
        with tempfile.TemporaryDirectory() as folder:
            spark.range(3).write.format("delta").save(f"{folder}/table")
            rows = spark.read.format("delta").load(f"{folder}/table").count()
        return f"Spark {spark.version} wrote and read {rows} rows of Delta"

    return _tried("spark session", start)


def _disks() -> Check:
    def look() -> str:
        from engine.backends.spark.keys import require_shut  # noqa: PLC0415 - loads pyspark
        from engine.backends.spark.session import spark_session  # noqa: PLC0415

        require_shut(spark_session())
        return "encrypted"

    return _tried("spark's local disks", look)


def _tried(name: str, look: Callable[[], str], *, fix: str = "") -> Check:
    try:
        return Check(name, ok=True, found=look())
    except LakeveilError as error:
        return Check(name, ok=False, found=error.what, fix=error.next or fix)
    except Exception as error:  # noqa: BLE001 - a diagnosis names whatever is wrong
        return Check(name, ok=False, found=f"{type(error).__name__}", fix=fix or "LAKEVEIL_DEBUG=1 lakeveil doctor")


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
