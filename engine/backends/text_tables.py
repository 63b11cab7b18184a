"""Reads CSV and JSON lines whole. Types are inferred from all values, so that no value changes when written again."""

from __future__ import annotations

import bz2
import codecs
import csv
import gzip
import io
import itertools
import json
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.json as pa_json

from engine.errors import InputError

DELIMITERS = ",;\t|"
_BLOCK = 1 << 24
"""Bytes that the parsers look at together; a longer line is refused."""
_FIRST_LINE = 1 << 16
_MOST_BAD = 0.1
"""Lines that are left out, at most, for each that is not: a file with more is something else."""

_UNREADABLE = (OSError, EOFError, zlib.error)
_COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2"}
_RAGGED = re.compile(r"CSV parse error: (?:Row #(\d+): )?Expected \d+ columns, got \d+")
"""How Arrow begins to complain about a line; what follows in its sentence is the line itself."""

CANONICAL: tuple[tuple[str, pa.DataType], ...] = (
    (r"^(?:true|false)$", pa.bool_()),
    # Leading zeros and plus signs mean something in a code: such columns stay text.
    (r"^-?(?:0|[1-9][0-9]{0,17})$", pa.int64()),
    (r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$", pa.float64()),
    (r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", pa.date32()),
    (r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?$", pa.timestamp("us")),
)


def read_csv(place: Path) -> pa.Table:
    """Reads a CSV file, or all of a folder, with a header line, in UTF-8, split by the commonest of ``, ; tab |`` in the header.

    Raises:
        InputError: If lines have different numbers of fields, a byte is not UTF-8, or files have different headers.
    """
    return _typed(_whole(place, (".csv", ".tsv"), _one_csv))


def read_json_lines(place: Path, *, skip: bool = False) -> tuple[pa.Table, int]:
    """Reads a file of JSON objects, one a line, or all such of a folder, in UTF-8.

    Args:
        place: The file, or the folder.
        skip: Leave out lines that are no object with different keys, if most lines are; and read what is not of one type, or
            holds other things, as a text of JSON, if it cannot be read otherwise.

    Returns:
        The table, and how many lines were left out.

    Raises:
        InputError: If a line is not a JSON object, a byte is not UTF-8, or a key has values of different types.
    """
    left_out = 0

    def read(file: Path) -> pa.Table:
        nonlocal left_out
        try:
            return _one_json(file, _stream(file))
        except InputError:
            sound, bad = _sound_lines(file) if skip else (b"", 0)
            if not sound:
                raise
        left_out += bad
        try:
            return _one_json(file, pa.BufferReader(sound))
        except InputError:
            return _one_json(file, pa.BufferReader(_evened(sound)))

    return _whole(place, (".jsonl", ".ndjson", ".json"), read), left_out


def first_line(file: Path) -> bytes | None:
    """Returns the first line of a text file, compressed or not, of its first 64 KiB; None where it cannot be read."""
    try:
        with _opened(file) as stream:
            return stream.readline(_FIRST_LINE).strip()
    except _UNREADABLE:
        return None


def _whole(place: Path, endings: tuple[str, ...], read: Callable[[Path], pa.Table]) -> pa.Table:
    files = [place]
    if place.is_dir():
        files = [file for file in sorted(place.rglob("*")) if file.is_file() and set(file.suffixes) & set(endings)
                 and not any(part.startswith(("_", ".")) for part in file.relative_to(place).parts)]
        if not files:
            raise InputError("the folder holds no file of its format", where=str(place), allowed=", ".join(endings),
                             next="check the path, and the format: source.format in the policy, --format on the command line")
    tables = [read(file) for file in files]
    if any(set(table.schema.names) != set(tables[0].schema.names) for table in tables):
        raise InputError("the folder's files have different columns", where=str(place), next="scan them one by one")
    try:
        return pa.concat_tables([table.select(tables[0].schema.names) for table in tables], promote_options="permissive")
    except (pa.ArrowException, KeyError):
        raise InputError("the folder's files differ in the types or names of their columns", where=str(place),
                         next="scan them one by one") from None


def _opened(file: Path) -> IO[bytes]:
    by_ending: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open}
    opened: IO[bytes] = by_ending.get(file.suffix.lower(), open)(file, "rb")
    return opened


def _stream(file: Path) -> pa.NativeFile:
    """Opens a file for Arrow to read ahead in threads of its own.

    None of Python's files: a thread that waits for the interpreter while that ends, after an error, say, aborts the process.
    """
    return pa.input_stream(str(file), compression=_COMPRESSIONS.get(file.suffix.lower()))


def _one_csv(file: Path) -> pa.Table:
    try:
        header, names = _header(file)
        require_different(names, str(file))
        return pa_csv.read_csv(
            _stream(file), pa_csv.ReadOptions(use_threads=False, block_size=_BLOCK), _parsing(header),
            pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""],
                                  quoted_strings_can_be_null=False))
    except UnicodeDecodeError:
        raise _not_utf8(file) from None
    except (pa.ArrowException, csv.Error, *_UNREADABLE) as error:
        ragged = _RAGGED.match(str(error))
        if ragged:
            where = f"{file}, row {ragged[1]}" if ragged[1] else str(file)
            raise InputError("a line has more or fewer fields than the header", where=where,
                             next="correct the line, or quote fields that hold the delimiter") from None
        raise _unreadable(file, "CSV", error) from None


def _header(file: Path) -> tuple[str, list[str]]:
    """Returns the header line, and the names in it."""
    with _opened(file) as stream, io.TextIOWrapper(stream, "utf-8-sig", newline="") as text:
        header = text.readline()
        if not header.strip():
            raise InputError("the CSV file has no header line", where=str(file),
                             next="write the columns' names as its first line")
        lines = itertools.chain([header], text)  # a name in quotes may go on
        return header, next(csv.reader(lines, delimiter=_delimiter(header)))


def require_different(names: list[str], where: str) -> None:
    """Checks that columns have different names. Told by their places: in a file without a header line names are data.

    Raises:
        InputError: If two are equal, or equal but for case.
    """
    spelled: dict[str, int] = {}
    for place, name in enumerate(names):
        before = spelled.setdefault(name.casefold(), place)
        if before != place:
            equal = names[before] == name
            alike = "have the same name" if equal else "differ only in case, which Delta and Spark do not tell apart"
            raise InputError(f"columns {before + 1} and {place + 1} {alike}", where=where, next="rename one of them")


def _delimiter(header: str) -> str:
    return max(DELIMITERS, key=lambda sign: (header.count(sign), -DELIMITERS.index(sign)))


def _parsing(header: str) -> pa_csv.ParseOptions:
    return pa_csv.ParseOptions(delimiter=_delimiter(header), newlines_in_values=True)


def _one_json(file: Path, stream: pa.NativeFile) -> pa.Table:
    try:
        return pa_json.read_json(stream, pa_json.ReadOptions(use_threads=False, block_size=_BLOCK))
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(file, "JSON lines", error) from None


def _sound_lines(file: Path) -> tuple[bytes, int]:
    """Returns the lines of a file that are objects with different keys, and how many others there are; none if they are many."""
    sound, bad = [], 0
    with _opened(file) as stream:
        for line in stream:
            if _is_object(line):
                sound.append(line)
            elif line.strip():
                bad += 1
    return (b"".join(sound), bad) if bad <= _MOST_BAD * len(sound) else (b"", bad)


def _evened(lines: bytes) -> bytes:
    """Returns JSON lines in which a key whose values are not all of one type, or not plain, has texts of JSON."""
    rows = [json.loads(line) for line in lines.split(b"\n") if line.strip()]
    kinds: dict[str, set[type]] = {}
    for row in rows:
        for key, value in row.items():
            kinds.setdefault(key, set()).add(type(value))
    plain = {key for key, found in kinds.items()
             if len(found - {type(None)} - ({int} if float in found else set())) < 2 and found.isdisjoint((dict, list))}  # noqa: PLR2004 - of one type
    return "\n".join(json.dumps({key: value if key in plain or value is None or isinstance(value, str) else json.dumps(
        value, ensure_ascii=False) for key, value in row.items()}, ensure_ascii=False) for row in rows).encode()


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line, object_pairs_hook=_different), dict)
    except (ValueError, RecursionError):
        return False


def _different(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _unreadable(file: Path, what: str, error: Exception) -> InputError:
    # Only the kind of the parser's complaint is looked at: its text can quote the line.
    if "changed from" in str(error):
        return InputError("a key has values of different types", where=str(file),
                          next="write them alike; a scan reads them as texts")
    if "UTF8" in str(error) or "UTF-8" in str(error) or "encoding" in str(error):
        return _not_utf8(file)
    return InputError(f"this is not readable as {what}", where=str(file),
                      next="check that every line is complete; name another format with source.format if it is one")


def _not_utf8(file: Path) -> InputError:
    try:
        with _opened(file) as stream:
            written = "utf-16" if stream.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} else "latin1"
    except _UNREADABLE:
        written = "latin1"
    return InputError("the file is not UTF-8", where=str(file), next=f"convert it, say with: iconv -f {written} -t utf-8")


def _typed(table: pa.Table) -> pa.Table:
    arrays = [inferred(column) for column in table.columns]
    return pa.Table.from_arrays(arrays, names=table.schema.names)


def inferred(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Casts text to the first type in whose usual notation every value is written; leaves it where there is none."""
    for expression, kind in CANONICAL:
        if pc.all(pc.match_substring_regex(column, expression)).as_py():
            try:
                return column.cast(kind)
            except pa.ArrowInvalid:  # the 31st of February, say
                continue
    return column
