"""Hierarchies as files: CSV in ARX's format, ``value;level 1;level 2;…`` without a header. In UTF-8, with or without a mark."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.errors import PolicyError

SEPARATOR = ";"
"""What ARX writes."""
SEPARATORS = (SEPARATOR, ",", "\t", "|")
"""What is looked for in a file's first line, likeliest first."""


def read_rows(path: Path, separator: str | None = None) -> list[tuple[str, ...]]:
    """Reads a hierarchy's rows as they stand in its file, as ``read_numbered`` does."""
    return [row for _, row in read_numbered(path, separator)]


def read_numbered(path: Path, separator: str | None = None) -> list[tuple[int, tuple[str, ...]]]:
    """Reads a hierarchy's rows, each with the line that it ends on, counted from 1; empty lines are passed over.

    Args:
        path: The file.
        separator: What stands between fields; by default as ``separator_of`` finds.

    Raises:
        PolicyError: If the file cannot be read, is not UTF-8, holds no row, or a quote is left open; if rows differ in length.
    """
    rows = _parsed(_text(path), separator or separator_of(path), path)
    if not rows:
        raise PolicyError("the hierarchy's file is empty", where=str(path), next="write value;level 1;level 2;… in every line")
    length = len(rows[0][1])
    odd = next((line for line, row in rows if len(row) != length), None)
    if odd is not None:
        raise PolicyError("the hierarchy's rows differ in length", where=f"{path}, line {odd}",
                          allowed=f"{length} fields, as in the first row", next="repeat a label where a value has fewer levels")
    return rows


def separator_of(path: Path) -> str:
    """Returns what stands between a file's fields: the first of ``; , tab |`` that is in its first line.

    Raises:
        PolicyError: If the file cannot be read, or is not UTF-8.
    """
    first = next((line for line in _text(path).splitlines() if line.strip()), "")
    return next((sign for sign in SEPARATORS if sign in first), SEPARATOR)


def written(rows: Iterable[Sequence[str]], separator: str = SEPARATOR) -> str:
    """Returns rows as the text of a file, without its last line end; fields are quoted where they have to be."""
    text = io.StringIO(newline="")
    for row in rows:
        other_end = any("\r" in field for field in row)  # csv quotes only the end of line that it writes
        csv.writer(text, delimiter=separator, lineterminator="\n",
                   quoting=csv.QUOTE_ALL if other_end else csv.QUOTE_MINIMAL).writerow(row)
    return text.getvalue().removesuffix("\n")


def read_counts(path: Path) -> dict[str, int]:
    """Reads a table of counts: ``prefix;people`` in every line, without a header.

    Raises:
        PolicyError: If a line is something else, or a prefix stands twice.
    """
    counts: dict[str, int] = {}
    for number, row in enumerate(read_rows(path), start=1):
        sound = len(row) == 2 and row[1].strip().isascii() and row[1].strip().isdigit()  # noqa: PLR2004 - prefix and people
        if not sound or row[0].strip() in counts:
            what = "a prefix stands twice" if sound else "a row is not a prefix and a number of people"
            raise PolicyError(what, where=f"{path}, row {number}", allowed="prefix;people, each prefix once",
                              next="correct the row")
        counts[row[0].strip()] = int(row[1])
    return counts


def parsed_row(text: str) -> tuple[str, ...]:
    """Returns the fields of one line, separated by ``;``, quoted as in a file.

    Raises:
        PolicyError: If it is not one line of fields.
    """
    rows = _parsed(text, SEPARATOR, Path("--"))
    if len(rows) != 1:
        raise PolicyError("this is not one line of fields", allowed="fields separated by ';', quoted as in a CSV file")
    return rows[0][1]


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")  # ends of lines within quotes stay as they are
    except UnicodeDecodeError:
        raise PolicyError("the hierarchy's file is not UTF-8", where=str(path),
                          next="convert it, say with: iconv -f latin1 -t utf-8") from None
    except OSError as error:
        raise PolicyError(f"the hierarchy's file cannot be read: {error.strerror}", where=str(path),
                          next="name a file that is there and may be read") from None


def _parsed(text: str, separator: str, path: Path) -> list[tuple[int, tuple[str, ...]]]:
    """Returns the rows that are not empty, each with the line that it ends on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        return [(reader.line_num, tuple(row)) for row in reader if row]
    except csv.Error:  # its own message can quote what stands there
        where = f"{path}, line {reader.line_num}"
        raise PolicyError("a quote is left open, or something follows where one is closed", where=where,
                          allowed='fields in quotes, quotes within them doubled: "a ""b"" c"', next="correct the line") from None
