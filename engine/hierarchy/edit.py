"""Changes of a table's rows: values added, labels moved, merged and renamed."""

from __future__ import annotations

from dataclasses import dataclass

from engine.anonymity.hierarchies import paths
from engine.anonymity.hierarchies.files import parsed_row
from engine.errors import PolicyError
from engine.hierarchy.doubts import refuse_doubtful
from schemas.policy import Hierarchy

Rows = list[tuple[str, ...]]
_LEAST_MERGED = 2


@dataclass(frozen=True)
class Edits:
    """What is done, in this order. Each is a line of fields separated by ``;``, quoted as in a CSV file.

    Attributes:
        add: ``value;label 1;…``: up to a label that is there already; the rest of the path follows from it.
        move: ``level;label;parent``: the label, with all below it, goes under a label of the level above.
        merge: ``level;label;label;…;name``: labels become one.
        rename: ``level;label;name``; level 0 is the values.
    """

    add: tuple[str, ...] = ()
    move: tuple[str, ...] = ()
    merge: tuple[str, ...] = ()
    rename: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is done."""
        return not (self.add or self.move or self.merge or self.rename)


def edited(rows: Rows, edits: Edits, where: str) -> Rows:
    """Returns the rows after all edits, ``'*'`` at the end of each.

    Raises:
        PolicyError: If an edit names what is not there or makes what is there already, or the outcome is no tree.
    """
    rows = paths(Hierarchy(table=tuple(rows)), where)
    for option, lines, change in (("--add", edits.add, _add), ("--move", edits.move, _move),
                                  ("--merge", edits.merge, _merge), ("--rename", edits.rename, _rename)):
        for number, line in enumerate(lines, start=1):
            place = f"{option}, number {number}"
            rows = change(rows, _fields(line, place), place)
    return paths(Hierarchy(table=tuple(rows)), f"{where} after the edits")


def _add(rows: Rows, fields: tuple[str, ...], where: str) -> Rows:
    _require(1 < len(fields) <= len(rows[0]), where, "value;label 1;…, at most to the top")
    if any(row[0] == fields[0] for row in rows):
        raise PolicyError("the value is in the hierarchy already", where=where, next="move it, or leave it out")
    level = len(fields) - 1
    if not any(row[level] == fields[level] for row in rows):
        raise PolicyError(f"there is no such label at level {level}", where=where,
                          allowed="value;label 1;…, up to a label that is there",
                          next=f"go on with what stands above it: …;label {level};label {level + 1}, up to '*' if need be; "
                               "lakeveil hierarchy show --level lists the labels")
    for place, name in enumerate(fields[:level]):
        refuse_doubtful(place, name, (row[place] for row in rows), where)
    return [*rows, (*fields, *_above(rows, level, fields[level], where))]


def _move(rows: Rows, fields: tuple[str, ...], where: str) -> Rows:
    _require(len(fields) == 3, where, "level;label;parent")  # noqa: PLR2004 - three fields
    level = _level(rows, fields[0], where, top=len(rows[0]) - 3)
    _known(rows, level, fields[1], where)
    parent = (fields[2], *_above(rows, level + 1, fields[2], where))
    return [(*row[:level + 1], *parent) if row[level] == fields[1] else row for row in rows]


def _merge(rows: Rows, fields: tuple[str, ...], where: str) -> Rows:
    _require(len(fields) >= _LEAST_MERGED + 2, where, "level;label;label;…;name")
    level, merged = _level(rows, fields[0], where, least=1), set(fields[1:-1])
    for label in fields[1:-1]:
        _known(rows, level, label, where)
    if fields[-1] not in merged:
        _free(rows, level, fields[-1], where, merged)
    return _replaced(rows, level, merged, fields[-1])


def _rename(rows: Rows, fields: tuple[str, ...], where: str) -> Rows:
    _require(len(fields) == 3, where, "level;label;name")  # noqa: PLR2004 - three fields
    level = _level(rows, fields[0], where)
    _known(rows, level, fields[1], where)
    _free(rows, level, fields[2], where, {fields[1]})
    return _replaced(rows, level, {fields[1]}, fields[2])


def _replaced(rows: Rows, level: int, labels: set[str], name: str) -> Rows:
    return [(*row[:level], name, *row[level + 1:]) if row[level] in labels else row for row in rows]


def _fields(line: str, where: str) -> tuple[str, ...]:
    try:
        return parsed_row(line)
    except PolicyError as error:
        raise PolicyError(error.what, where=where, allowed="fields separated by ';', quoted as in a CSV file") from None


def _require(fits: bool, where: str, form: str) -> None:  # noqa: FBT001 - what is required
    if not fits:
        raise PolicyError("the edit is not of its form", where=where, allowed=form)


def _level(rows: Rows, written: str, where: str, *, least: int = 0, top: int | None = None) -> int:
    highest = len(rows[0]) - 2 if top is None else top
    if not (written.isascii() and written.isdigit() and least <= int(written) <= highest):
        raise PolicyError("the edit names no level that it may change", where=where, allowed=f"{least} to {highest}",
                          next="lakeveil hierarchy show lists the levels")
    return int(written)


def _above(rows: Rows, level: int, label: str, where: str) -> tuple[str, ...]:
    """Returns what stands above a label."""
    _known(rows, level, label, where)
    return next(row[level + 1:] for row in rows if row[level] == label)


def _known(rows: Rows, level: int, label: str, where: str) -> None:
    if not any(row[level] == label for row in rows):
        raise PolicyError(f"there is no such label at level {level}", where=where,
                          next="lakeveil hierarchy show --level lists them")


def _free(rows: Rows, level: int, label: str, where: str, replaced: set[str]) -> None:
    others = {row[level] for row in rows} - replaced
    if label in others | replaced:
        raise PolicyError(f"the name is taken at level {level}", where=where, next="merge the two, or choose another name")
    refuse_doubtful(level, label, others, where)
