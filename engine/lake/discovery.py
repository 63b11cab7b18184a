"""What tables a folder holds.

A folder with a ``_delta_log`` is a Delta table, and nothing inside it is looked at. A folder whose folders are called
``column=value`` down to data files is one Hive-partitioned table. Files that are alike but for numbers in their names
(``part-00000-…``, ``2024-01.csv``) and lie in a folder without further folders are one table; every other data file is one of
its own. Names that begin with ``.`` or ``_`` are passed over, as Spark does it, and so is the inventory of a lake within.

A link is followed where it leads out of the lake, once; inside, what it leads to is found anyway.
"""

from __future__ import annotations

import os
import re
from collections import deque
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from engine.backends.tables import file_format
from engine.backends.text_tables import first_line
from engine.errors import InputError, LakeveilError
from schemas.policy import TableFormat

_NUMBERS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[a-f]*[0-9])[0-9a-f]{8,}|[0-9]+", re.IGNORECASE)
_LONG = 1 << 15
_COMPARED = 64
"""Files of one folder whose columns are compared, at most, before it is taken for one table."""


@dataclass(frozen=True)
class Found:
    """One table.

    Attributes:
        path: Where it lies, as a backend takes it.
        format: How it is stored.
    """

    path: str
    format: TableFormat


@dataclass
class Discovery:
    """What a walk through a folder found.

    Attributes:
        tables: In the order of their paths.
        unread: Folders that could not be looked into, with the reason.
        others: Number of files of kinds that are not read.
        whole: Whether the folder that was named is one table itself.
    """

    tables: list[Found] = field(default_factory=list)
    unread: list[tuple[str, LakeveilError]] = field(default_factory=list)
    others: int = 0
    whole: bool = False


@dataclass(frozen=True)
class Choice:
    """Which tables are wanted: shell patterns over paths below the lake, in which ``*`` crosses folders.

    Attributes:
        include: A table has to fit one of them; all do where there are none.
        exclude: A table or a folder that fits one is left out, with all that it holds.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def takes(self, path: str) -> bool:
        """Whether a table is wanted."""
        return self.enters(path) and (not self.include or any(fnmatchcase(path, one) for one in self.include))

    def enters(self, path: str) -> bool:
        """Whether a folder is to be looked into."""
        return not any(fnmatchcase(path, one.rstrip("/")) for one in self.exclude)

    def __bool__(self) -> bool:
        return bool(self.include or self.exclude)


BESIDE = ".inventory"
"""What an inventory's name adds to its lake's. It lies beside: who scans needs no right to write into the lake."""

EVERYTHING = Choice()
"""Every table is wanted."""


def discover(root: Path, choice: Choice = EVERYTHING) -> Discovery:
    """Walks through a folder.

    Args:
        root: The folder.
        choice: Which tables are wanted.
    """
    walk = _Walk(root, choice)
    walk.run()
    walk.found.tables.sort(key=lambda one: one.path)
    return walk.found


Kinds = dict[Path, TableFormat | None]
"""File → its format; None of a file that is no data."""


@dataclass
class _Folder:
    """What lies in a folder. ``delta``: it holds a Delta log."""

    folders: list[Path] = field(default_factory=list)
    links: list[Path] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    delta: bool = False

    @classmethod
    def read(cls, path: Path) -> _Folder:
        found = cls()
        with os.scandir(path) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                place = path / entry.name
                if entry.name == "_delta_log":
                    found.delta = entry.is_dir()
                elif entry.name.startswith(".") or (entry.name.startswith("_") and "=" not in entry.name):
                    continue
                elif _is_folder(entry):
                    (found.links if entry.is_symlink() else found.folders).append(place)
                elif entry.is_file():
                    found.files.append(place)
        return found


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # whoever looks into it will be told why not
        return True


class _Walk:
    def __init__(self, root: Path, choice: Choice) -> None:
        self.root = root
        self.real = os.path.realpath(root)
        self.choice = choice
        self.seen: set[str] = set()
        self.found = Discovery()
        self.ahead = deque([root])
        self.links: deque[Path] = deque()

    def run(self) -> None:
        while self.ahead or self.links:
            path = self.ahead.popleft() if self.ahead else self.links.popleft()
            real = os.path.realpath(path)
            if real in self.seen or (path != self.root and not self.choice.enters(self._below(path))):
                continue
            self.seen.add(real)
            try:
                self._look(path)
            except OSError as error:
                what = f"the folder cannot be read ({type(error).__name__})"
                self.found.unread.append((str(path), InputError(what, where=str(path), next="let the scan read it")))

    def _look(self, path: Path) -> None:
        folder = _Folder.read(path)
        if folder.delta and path.name.endswith(BESIDE):
            return
        kinds = {file: _kind(file) for file in folder.files}
        stored = "delta" if folder.delta else _hive_format(folder, kinds) or _one_table(folder, kinds, alone=path == self.root)
        if stored is not None:
            self._take(path, stored)
            self.found.whole = self.found.whole or path == self.root
            return
        self.found.others += sum(kind is None for kind in kinds.values())
        for file, kind in kinds.items():
            if kind is not None and not _inside(file, self.real):
                self._take(file, kind)
        self.ahead.extend(folder.folders)
        self.links.extend(link for link in folder.links if not _inside(link, self.real))

    def _take(self, path: Path, stored: TableFormat) -> None:
        if path == self.root or self.choice.takes(self._below(path)):
            self.found.tables.append(Found(str(path), stored))

    def _below(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


def _inside(path: Path, root: str) -> bool:
    """Whether a link leads to what is found anyway: into the lake, or to a folder that holds it."""
    if not path.is_symlink():
        return False
    real = os.path.realpath(path)
    return os.path.commonpath([real, root]) in {real, root}


def _hive_format(folder: _Folder, kinds: Kinds) -> TableFormat | None:
    """Returns the format of a Hive-partitioned table: nothing but ``column=value`` folders, down to files of one format.

    What the first folder with files shows is taken to hold for all: there can be many thousands.
    """
    if not folder.folders or any("=" not in inner.name for inner in folder.folders) or any(kinds.values()):
        return None
    for inner in folder.folders:
        inside = _Folder.read(inner)
        kinds = {file: _kind(file) for file in inside.files}
        if inside.delta:
            return None
        if inside.folders:
            return _hive_format(inside, kinds)
        stored = {kind for kind in kinds.values() if kind}
        if stored:
            return stored.pop() if len(stored) == 1 else None
    return None


def _one_table(folder: _Folder, kinds: Kinds, *, alone: bool) -> TableFormat | None:
    """Returns the format of a folder whose files are parts of one table, None of any other; ``alone``: one file is enough."""
    files = [file for file, kind in kinds.items() if kind]
    stored = {kind for kind in kinds.values() if kind}
    if len(stored) != 1 or folder.folders or folder.links:
        return None
    kind, names = stored.pop(), {_NUMBERS.sub("#", file.name) for file in files}
    parts = (alone and len(files) == 1) or (len(names) == 1 and "#" in names.pop())
    return kind if parts and _alike(files[::max(1, len(files) // _COMPARED)], kind) else None


def _alike(files: list[Path], kind: TableFormat) -> bool:
    """Whether files have the same columns, as far as can be told; of one that cannot be read the scan will tell."""
    columns = {one for one in (_columns(file, kind) for file in files) if one}
    return len(columns) <= 1


def _columns(file: Path, kind: TableFormat) -> object:
    if kind == "csv":
        return first_line(file)
    try:
        return pq.read_schema(file).remove_metadata().to_string() if kind == "parquet" else None
    except (pa.ArrowException, OSError):
        return None


def _kind(file: Path) -> TableFormat | None:
    """Returns a data file's format. A ``.json`` file is one if its first line is a JSON object, and not one of many lines."""
    kind = file_format(file)
    if ".json" not in {suffix.lower() for suffix in file.suffixes[-2:]}:
        return kind
    line = first_line(file)
    return kind if line is None or (line[:1] == b"{" and (line[-1:] == b"}" or len(line) > _LONG)) else None
