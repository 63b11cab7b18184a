"""What stands beside a table's rows: names, comments, tags, properties, partition values, file paths. They are scanned too.

A table can be rewritten without a column, and its name, its comment and the paths of its partitions stay: in the Delta log, in
catalogs, in listings of folders, for whoever may see those.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

import pyarrow as pa

from engine.detect.columns.tags import Tag, tags_of
from engine.detect.scanner import Scanner
from engine.detect.tables.naming import Names
from schemas.findings import ColumnFindings, MetadataFinding

_ENDINGS = re.compile(r"(?:\.(?:parquet|pq|csv|tsv|jsonl?|ndjson|avro|orc|snappy|gz|bz2|zst))+$", re.IGNORECASE)
_WRITTEN = re.compile(r"^(?:part-\d+[-.]|[0-9a-f]{8}-[0-9a-f]{4}-)[\w.\-]*$")
"""Names that Spark and delta-rs give to files: a number and a random UUID."""


@dataclass(frozen=True)
class TableMetadata:
    """What stands beside the rows of a table.

    Attributes:
        name: What the catalog calls the table, if it does.
        description: Its comment.
        properties: Its properties.
        comments: Column or path → its comment.
        column_tags: Column or path → its tags and field metadata.
        partitions: Columns that it is partitioned by.
        files: Paths of its files, below the table.
    """

    name: str = ""
    description: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    column_tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    partitions: Sequence[str] = ()
    files: Sequence[str] = ()

    def tags(self) -> dict[str, tuple[Tag, ...]]:
        """Returns column or path → what its tags and comment say."""
        paths = dict.fromkeys((*self.column_tags, *self.comments))
        found = {path: tags_of(self.column_tags.get(path, {}), self.comments.get(path, "")) for path in paths}
        return {path: tags for path, tags in found.items() if tags}

    def remarks(self, column: str) -> Iterator[str]:
        """Yields what a column's evidence should say for where its values stand beside the rows."""
        if column in self.partitions:
            yield "the table is partitioned by it: its values stand in the clear in file paths and, of a Delta table, in its log"

    def texts(self, shown: Callable[[str], str]) -> Iterator[tuple[str, list[str]]]:
        """Yields what is scanned: a place and its texts. ``shown`` says what a name is in a report."""
        yield "name of the table", [_named(self.name)]
        yield "description of the table", [self.description]
        for key, value in self.properties.items():
            yield "name of a property", [re.sub(r"[._]", " ", key)]
            yield f"property {shown(key)!r}", [value]
        for path, comment in self.comments.items():
            yield f"comment of column {shown(path)!r}", [comment]
        for path, tags in self.column_tags.items():
            yield f"tags of column {shown(path)!r}", list(tags.values())
        yield "file path", [_named(path) for path in self.files]


def _named(path: str) -> str:
    """Returns of a file's path what people have named: ``surname=Roe/2024/part-00000-….parquet`` → ``surname=Roe 2024``."""
    *folders, name = unquote(path).split("/")
    named = (*folders, *(() if _WRITTEN.match(name) else (_ENDINGS.sub("", name),)))
    return " ".join(re.sub(r"[=_]", " ", part) for part in named)


def scan_metadata(
    metadata: TableMetadata, columns: Iterable[ColumnFindings], names: Names, scanner: Scanner,
) -> tuple[MetadataFinding, ...]:
    """Returns what personal data stands beside the rows.

    Args:
        metadata: What stands there.
        columns: What was found in the columns, under their true names: what was found in the cells of those that the table is
            partitioned by stands in paths.
        names: What was found in the columns' names.
        scanner: Looks for it.
    """
    written = [(place, text) for place, texts in metadata.texts(names.shown) for text in texts if text]
    counts = _found(written, scanner)
    counts.update(("name of a column", kind) for kinds in names.found for kind in kinds)
    found = [MetadataFinding(place=place, entity_type=kind, count=count) for (place, kind), count in counts.items()]
    for column in columns:
        if column.path in metadata.partitions:
            place = f"partition values of column {names.shown(column.path)!r}"
            found += [MetadataFinding(place=place, entity_type=one.entity_type, count=one.cells) for one in column.entities]
            if not column.entities and column.role == "direct" and column.cells > column.nulls:
                found.append(MetadataFinding(place=place, entity_type=column.category.upper(), count=column.cells - column.nulls))
    return tuple(found)


def _found(written: Sequence[tuple[str, str]], scanner: Scanner) -> Counter[tuple[str, str]]:
    """Returns place and entity type → how many of the texts that stand there hold it; in the order of the places."""
    table = scanner.find(pa.array([text for _, text in written], pa.string()))
    pairs = dict.fromkeys(zip(table["row"].to_pylist(), table["entity_type"].to_pylist(), strict=True))
    return Counter((written[row][0], kind) for row, kind in pairs)
