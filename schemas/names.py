"""Names of tables in a catalog: one for each, however it is written. Catalogs take capital letters for small ones."""

from __future__ import annotations

import re

PART = r"(?:[A-Za-z_]\w*|`(?:[^`]|``)+`)"
"""A catalog, a schema or a table, in back quotes or plain."""

_NAME = re.compile(rf"{PART}(?:\.{PART}){{1,2}}")


def parts_of(name: str) -> list[str]:
    """Returns the parts of ``schema.table`` or ``catalog.schema.table``, unquoted and in small letters; none of anything else."""
    found = re.findall(PART, name) if _NAME.fullmatch(name) else []
    return [(part[1:-1].replace("``", "`") if part.startswith("`") else part).casefold() for part in found]


def one_name(written: str) -> str:
    """Returns the one name of a table in a catalog: in small letters, quoted where it has to be. Anything else is as it is."""
    return ".".join(part if re.fullmatch(r"[a-z_]\w*", part) else f"`{part.replace('`', '``')}`"
                    for part in parts_of(written)) or written
