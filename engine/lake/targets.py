"""What a person named: a folder, a schema of a catalog or a list of tables; or one table, which is no lake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from engine.backends.base import LakeBackend
from engine.errors import InputError, LakeveilError, PolicyError
from engine.lake.discovery import BESIDE, EVERYTHING, Choice, discover
from engine.release.files import local_path
from schemas.base import Record
from schemas.policy import TableFormat
from schemas.policy.v1 import Source

_LISTS = (".txt", ".yaml", ".yml")


class ListedTable(Record):
    """One table of a list."""

    table: str
    format: TableFormat | None = None
    version: int | None = None


class TableList(Record):
    """A list of tables in a YAML file."""

    tables: tuple[ListedTable | str, ...]


@dataclass(frozen=True)
class Lake:
    """Tables to scan in one run.

    Attributes:
        name: What was named: an absolute path, or the name of a schema.
        sources: The tables.
        failures: What could not even be looked at, with the reason.
        others: Files of kinds that are not read.
        chosen: Whether only some tables were wanted, so that one that is not among them may still be there.
        inventory: Where its inventory lies unless a person says otherwise; None where that has to be said.
    """

    name: str
    sources: tuple[Source, ...]
    failures: tuple[tuple[str, LakeveilError], ...] = ()
    others: int = 0
    chosen: bool = False
    inventory: str | None = None


def open_lake(target: str, backend: LakeBackend, choice: Choice = EVERYTHING, inventory: str | None = None) -> Lake | None:
    """Returns the tables of what ``target`` names; None if that is one table, or a policy.

    Args:
        target: A folder, the name of a schema (on Spark), or a list: ``.txt``, a table a line, or ``.yaml`` with ``tables``.
        backend: Asked for the tables of a schema.
        choice: Which tables are wanted.
        inventory: Where the inventory will lie, if a person said so.

    Raises:
        InputError: If there is no table in the lake, or a list cannot be read.
        PolicyError: If a list is not one, or the inventory would lie in the folder.
    """
    place = local_path(target)
    listed = _listed(place) if place is not None and place.is_file() else None
    if listed is not None:
        found = _of_list(target, listed, choice)
    elif place is not None and place.is_dir():
        folder = _of_folder(place.resolve(), choice, inventory)
        if folder is None:
            return None
        found = folder
    else:
        tables = backend.tables(target) if place is not None and "/" not in target else None
        if tables is None:
            return None
        found = _of_schema(target.removesuffix(".*"), tables, choice, inventory)
    if not found.sources and not found.failures:
        raise InputError("there is no table here" + (" that is wanted" if choice else ""), where=target,
                         allowed="Delta tables, Parquet, CSV and JSON lines", next="check the path, --include and --exclude")
    return found


def one_table(source: Source) -> Lake:
    """Returns a table as a lake that holds nothing else."""
    table = _absolute(source.table)
    return Lake(table, (source.model_copy(update={"table": table}),), chosen=True)


def beside(target: str) -> str:
    """Returns where the inventory of a folder, or of a list of tables, lies by default."""
    place = local_path(target)
    name = str(place.resolve()) if place is not None else target.rstrip("/")
    return name.removesuffix(Path(name).suffix if Path(name).suffix in _LISTS else "") + BESIDE


def _of_folder(root: Path, choice: Choice, inventory: str | None) -> Lake | None:
    found = discover(root, choice)
    if found.whole:
        return None
    own = local_path(inventory) if inventory else None
    if own is not None and own.resolve().is_relative_to(root):
        raise PolicyError("the inventory would lie in the lake that it is about", where=str(inventory),
                          allowed="a place outside, which the next scan does not take for a table",
                          next=f"leave --inventory out ({beside(str(root))}), or name another place")
    sources, failures = [], list(found.unread)
    for one in found.tables:
        try:
            sources.append(Source.model_validate({"table": one.path, "format": one.format}))
        except ValidationError:
            failures.append((one.path, InputError("the table's path is not Unicode", next="rename it")))
    return Lake(str(root), tuple(sources), tuple(failures), found.others, bool(choice), beside(str(root)))


def _of_schema(schema: str, tables: list[str], choice: Choice, inventory: str | None) -> Lake:
    wanted = [name for name in tables if choice.takes(name.removeprefix(f"{schema}.")) and not _same(name, inventory or "")]
    return Lake(schema, tuple(Source(table=name) for name in wanted), chosen=bool(choice))


def _same(one: str, other: str) -> bool:
    """Whether two names of tables mean the same, one perhaps without its catalog."""
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def _of_list(target: str, listed: tuple[ListedTable, ...], choice: Choice) -> Lake:
    name = str(Path(target).resolve())
    wanted = [one for one in listed if choice.takes(one.table)]
    sources = tuple(Source.model_validate({**one.model_dump(), "table": _absolute(one.table)}) for one in wanted)
    return Lake(name, sources, chosen=True, inventory=beside(name))


def _absolute(table: str) -> str:
    place = local_path(table)
    return str(place.resolve()) if place is not None and place.exists() else table


def _listed(file: Path) -> tuple[ListedTable, ...] | None:
    """Returns the tables of a list; None if the file is not called as one, or is a policy."""
    if file.suffix not in _LISTS:
        return None
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError("the list of tables cannot be read", where=str(file), next="it has to be UTF-8 text") from None
    if file.suffix == ".txt":
        return tuple(ListedTable(table=line) for line in _lines(text))
    try:
        written: Any = yaml.safe_load(text)
        if not isinstance(written, dict) or "tables" not in written:
            return None
        entries = TableList.model_validate(written).tables
    except yaml.YAMLError:
        return None  # the policy's reader says where
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise PolicyError(f"the list of tables is wrong at '{'.'.join(map(str, first['loc'][:2]))}'", where=str(file),
                          allowed="tables: [PATH, {table: PATH, format: csv, version: 3}]", next="correct it") from None
    return tuple(ListedTable(table=one) if isinstance(one, str) else one for one in entries)


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield line.strip()
