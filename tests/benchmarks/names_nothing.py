"""Text in which nobody is and nothing is named, to fit weights on: documentation, programs, licences, values of catalogues.

Documentation, programs and licences are those of packages that are installed beside; their lines that hold a name, or may, are
left out. Nothing of them is kept but weights.
"""

import ast
import random
import re
from collections.abc import Iterator
from pathlib import Path

import jinja2
import numpy as np
import pandas as pd
import pyarrow as pa
import pydantic
import rich
import typer
import yaml
from names_corpora import Document
from names_machines import Machine

from engine.detect.config import packaged

_PACKAGES = (np, pd, pa, yaml, jinja2, rich, pydantic, typer)
_NAMING = re.compile(
    r"Copyright|Author|©|http|www|@|\bet al|University|References?\b|Foundation|Regents|Inc\b|Corporation|Institute|Press\b|"
    r"[A-Z]\. ?[A-Z]|[0-9]{4}|Contribut|Maintain|>>>|\.\. \[|Society|License\b.{0,9}\bby|[^\x00-\x7f]|John|Mary|Jane|Alice|Bob|"
    r"America|Europe|Asia|Africa|Paris|London|York|Berlin|Tokyo|Kong|German|French|English|Japan|China|India|Monday|Sunday|Friday|Guido")
_MACHINES = 1000
_LICENCES = re.compile(r"(?i)^(licen[cs]e|eula|copying)")
_SENTENCE = re.compile(r"(?<=[.!?:;])\s+(?=[A-Z(])")
_WORDS = ("ASM", "KIT", "MOD", "VAR", "SER", "CAT", "UK", "CN", "ROW", "BAY", "BIN", "PKG", "ORD", "RX", "UNIT", "ARM", "PVC",
          "AWG", "LCD", "RPM", "KW", "SET", "PART", "TYP", "LN", "RV")


def documents(seed: int, many: int = 2400) -> list[Document]:
    """Returns some of it, the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311 - the same text every time
    sources = (list(_documentation()), list(_programs()), list(_licences()), [_codes(rng) for _ in range(many)])
    texts = [text for source in sources for text in rng.sample(source, min(len(source), many // len(sources)))]
    machine = Machine(rng, packaged("names/english.txt").split())
    return [*(Document(text, []) for text in texts), *machine.documents(_MACHINES)]


def _files() -> Iterator[Path]:
    for package in _PACKAGES:
        yield from sorted(path for path in Path(package.__file__).parent.rglob("*.py") if "tests" not in path.parts)


def _documentation() -> Iterator[str]:
    for path in _files():
        nodes = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8", errors="ignore")))
                 if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module))
        for node in nodes:
            for part in re.split(r"\n\s*\n", ast.get_docstring(node) or ""):
                text = " ".join(part.split())
                if 30 < len(text) < 900 and not _NAMING.search(text):
                    yield text


def _programs() -> Iterator[str]:
    for path in _files():
        lines = [line for line in path.read_text(encoding="utf-8", errors="ignore").splitlines()
                 if line.strip() and not _NAMING.search(line)]
        yield from ("\n".join(lines[at:at + 8]) for at in range(0, len(lines) - 8, 40))


def _licences() -> Iterator[str]:
    found = (path for path in Path(np.__file__).parents[1].rglob("*") if _LICENCES.match(path.name) and path.suffix != ".py")
    seen = set()
    for path in sorted(path for path in found if path.is_file()):
        for part in re.split(r"\n\s*\n", path.read_text(encoding="utf-8", errors="ignore")):
            for text in _SENTENCE.split(" ".join(part.split())):
                if 30 < len(text) < 900 and text not in seen and not _NAMING.search(text):
                    seen.add(text)
                    yield text


def _codes(rng: random.Random) -> str:
    """A value as catalogues, stock lists and logs have it."""
    def digits(most: int = 6) -> str:
        return "".join(rng.choices("0123456789", k=rng.randint(1, most)))

    def word() -> str:
        return rng.choice((*_WORDS, "".join(rng.choices("ABCDEFGHKLMNPRSTXZ", k=rng.randint(2, 4)))))

    gap = rng.choice("--- /._:")
    parts = [rng.choice((digits(), digits(), word(), word() + digits(3))) for _ in range(rng.randint(2, 5))]
    code = word() + "".join(f"{gap if rng.random() < 0.7 else rng.choice('-/.')}{part}" for part in parts)
    if " " in code and re.search(r"\b[A-Z]{2} [0-9]{5}\b", code):  # a state and its postal code
        return digits()
    before = rng.choice(("", "", "", "code ", "Item ", "(ref ", "id=", "Order ", "task ", "SKU ", "lot "))
    return f"{before}{code}"
