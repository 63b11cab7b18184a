"""The corpora of clean text: prose, logs, code and columns in which nobody is."""

from __future__ import annotations

import functools
import random
import re
import sysconfig
import uuid
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.detect import prose
from tests.benchmarks.detect.corpus import Corpus
from tests.benchmarks.detect.slots import filled

_TIMES = frozenset({"DATE_TIME"})

_LEFT_OUT = re.compile(
    r"@[\w-]+\.|://|www\.|\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b|[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{2,4}|"
    r"\b(?:19|20)[0-9]{2}\b|::[0-9a-fA-F]|fe80|Copyright|Author|Written by|Contributed|Maintain")
"""Lines of code that hold an address, a date or somebody's name, or may."""

_ABOUT_ADDRESSES = {
    "ipaddress.py", "smtplib.py", "smtpd.py", "ftplib.py", "nntplib.py", "poplib.py", "imaplib.py", "uuid.py",
    "datetime.py", "_strptime.py", "this.py"}
_FOLDERS = ("", "asyncio", "collections", "concurrent", "ctypes", "dbm", "html", "importlib", "json", "logging",
            "multiprocessing", "sqlite3", "tkinter", "unittest", "wsgiref", "xml/dom", "xml/etree", "xml/sax", "idlelib",
            "lib2to3", "curses")


def corpora() -> list[Corpus]:
    """Returns every corpus that can be made here, text first."""
    return [
        *prose.corpora(),
        Corpus("logs", "syslog, nginx, Java, Spark, Kubernetes, PostgreSQL, garbage collection, HDFS, JSON, tracebacks",
               filled("logs"), _TIMES),
        Corpus("code: Python", "the standard library, ten lines a cell, less lines with addresses, dates and names", _library),
        Corpus("code: others", "generated JavaScript, SQL, YAML, Java, C, CSS, lock files and lists of commits", filled("code")),
        Corpus("column: UUID", "random UUIDs (RFC 9562, version 4)", _uuids, frozenset({"UUID"}), column=True),
        Corpus("column: timestamps", "ISO 8601 with and without zone and fraction, RFC 9110, seconds and milliseconds since 1970",
               filled("timestamps"), _TIMES, column=True),
        Corpus("column: row numbers", "whole numbers of 6 to 12 digits", filled("numbers"), column=True),
        Corpus("column: amounts", "money and measured values, with separators and units", filled("amounts"), column=True),
        Corpus("column: product codes", "stock numbers, lots, versions, part numbers; a fifth EAN-13", _codes, column=True),
        Corpus("column: digests", "MD5, SHA-1, SHA-256 in hexadecimal, SHA-512 in base64", filled("digests"), column=True),
        Corpus("column: JSON of metrics", "name, labels, time, values", filled("metrics"), _TIMES, column=True),
    ]


def _uuids(rng: random.Random) -> Iterator[str]:
    while True:
        yield str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _codes(rng: random.Random) -> Iterator[str]:
    others = filled("codes")(rng)
    while True:
        yield next(others) if rng.random() < 0.8 else _ean(rng)


def _ean(rng: random.Random) -> str:
    """An article number with its check digit (GS1 General Specifications, section 7.9)."""
    digits = [rng.randint(0, 9) for _ in range(12)]
    total = sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return "".join(map(str, digits)) + str(-total % 10)


def _library(rng: random.Random) -> Iterator[str]:
    blocks = _blocks()
    yield from rng.sample(blocks, len(blocks))
    while True:  # beyond its size: its lines in another order
        yield "\n".join(rng.choice(rng.choice(blocks).splitlines()) for _ in range(10))


@functools.cache
def _blocks() -> list[str]:
    root = Path(sysconfig.get_paths()["stdlib"])
    files = sorted(path for folder in _FOLDERS for path in (root / folder).glob("*.py") if path.name not in _ABOUT_ADDRESSES)
    lines = [line for path in files for line in path.read_text(encoding="utf-8", errors="ignore").splitlines()
             if not _LEFT_OUT.search(line) and line.strip()]
    return list(dict.fromkeys("\n".join(lines[begin:begin + 10]) for begin in range(0, len(lines), 10)))
