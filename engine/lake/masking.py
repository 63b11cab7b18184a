"""Paths of tables without what they might give away: partition values, and whatever looks like an identifier.

``patients/email=jane@example.org/part-0.parquet`` says who was a patient. Names of columns are masked in the report already
(``engine/detect/tables/naming.py``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa

from engine.detect.columns.sensitivity import LEVELS, SensitivityConfig, level_of_type
from engine.detect.tables.naming import MASK
from schemas.findings import printable

_PARTITION = re.compile(r"([^=]+)=.*", re.DOTALL)
_WORTH_A_LOOK = re.compile(r"@|(?:\d\D?){5}")
"""Without an at sign or five digits close together no recognizer takes a name for an identifier, and none needs loading."""

_QUOTED = re.compile(r"['\"].*['\"]", re.DOTALL)


def masked(names: Sequence[str]) -> list[str]:
    """Returns paths with ``*`` for partition values and for what identifies somebody.

    An identifier is a finding whose entity type is confidential or higher by itself. Signs that a terminal would obey, or that
    are not Unicode, become question marks.
    """
    split = [[_PARTITION.sub(rf"\1={MASK}", printable(part)) for part in name.split("/")] for name in names]
    worth = sorted({part for parts in split for part in parts if _WORTH_A_LOOK.search(part)})
    shown = _without_identifiers(worth)
    return ["/".join(shown.get(part, part) for part in parts) for parts in split]


def unquoted(sentence: str) -> str:
    """Returns an error's sentence without what stands in quotes: names, which in a file without a header are values."""
    return _QUOTED.sub("…", printable(sentence))


def _without_identifiers(texts: list[str]) -> dict[str, str]:
    if not texts:
        return {}
    from engine.detect.scanner import Scanner  # noqa: PLC0415 - loads the recognizers, which few lakes need for their names

    rules, shown = SensitivityConfig.default(), dict(zip(texts, texts, strict=True))
    for one in Scanner.default().find_distinct(pa.array(texts, pa.string())):
        if LEVELS.index(level_of_type(one.entity_type, rules)) >= LEVELS.index("confidential"):
            text = shown[texts[one.value]]
            shown[texts[one.value]] = text[:one.start] + "\0" * (one.end - one.start) + text[one.end:]  # findings may overlap
    return {text: re.sub("\0+", MASK, cut) for text, cut in shown.items()}
