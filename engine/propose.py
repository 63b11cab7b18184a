"""A first policy, proposed from what a scan found. A person confirms it: reasons are left to be filled in.

Data minimization is the default: direct identifiers, free text and columns without a known use are dropped.
Quasi-identifiers and sensitive columns are proposed to stay, but without a reason, which the engine refuses:
so nothing is released for which nobody said what it is needed.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from engine import road
from engine.artifacts import leave, read, refuse_overwriting
from engine.backends.base import Progress, silent
from engine.conf import conf_path
from engine.detect.detector import Detector
from engine.errors import PolicyError, nearest
from engine.scanned import Column, columns_of, require_names, require_same
from schemas.findings import ColumnFindings, EntityFinding, ScanReport, percent, printable

KEY = "env:LAKEVEIL_KEY"
FILL = "fill in"
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
_LEAST_DISTINCT = 3


@dataclass(frozen=True)
class Wanted:
    """What the release is wanted for.

    Attributes:
        purpose: In words; it goes to the receipt.
        subject: Column that identifies the person a row is about; kept as a token.
        needs: Columns that the purpose needs; the others are dropped. Empty: it is not known yet, and all that may be
            of use to somebody is put to a person.
        keep_text: Redact free text instead of dropping it.
    """

    purpose: str
    subject: str | None = None
    needs: tuple[str, ...] = ()
    keep_text: bool = False

    def keeps(self, column: Column) -> bool:
        """Whether a column, other than the subject, is proposed to stay."""
        if column.name == self.subject or (column.documents and not self._keeps_whole(column)):
            return False
        if self.needs:
            return column.name in self.needs and column.role != "direct"
        return column.role in ("quasi", "sensitive") or (column.role == "text" and self.keep_text)

    def _keeps_whole(self, column: Column) -> bool:
        """Whether a column of several fields may stay: a policy names no field of it, and nothing generalizes a structure."""
        if column.role == "text":
            return not column.nested  # documents are redacted as the texts that they are
        return column.role in ("sensitive", "insensitive") and column.name in self.needs


@dataclass(frozen=True)
class Written:
    """A policy file that was written.

    Attributes:
        path: Where.
        dropped: Columns proposed to drop.
        fill: Keys that a person has to fill in.
    """

    path: Path
    dropped: tuple[str, ...]
    fill: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Returns the record that ``--json`` prints."""
        return {"policy": str(self.path), "dropped": list(self.dropped), "fill_in": list(self.fill)}

    def lines(self) -> tuple[str, ...]:
        """Returns what to tell a person."""
        return (f"policy:   {self.path}", f"dropped:  {', '.join(self.dropped) or 'nothing'}",
                f"fill in:  {', '.join(self.fill) or 'nothing'}", f"then:     lakeveil plan {self.path}")


def write_policy(  # noqa: D417 - the others are those of propose_policy
    table: str, out: Path, wanted: Wanted, *, from_scan: Path | None = None, recognizers: Path | None = None,
    release: str | None = None, progress: Progress = silent,
) -> Written:
    """Writes a first policy for ``table`` to ``out``.

    Args:
        out: Must not exist yet.
        from_scan: Findings of an earlier scan; the table is scanned now by default.
        recognizers: A file that says what is looked for, plug-ins included: by the scan, and by the policy, which names it.
        progress: Told how the scan goes.

    Raises:
        InputError: If ``out`` exists, the findings or the recognizers cannot be read, the findings are of another table, or the
            name of a column is data itself.
        PolicyError: If the purpose is blank, a wanted column is not in the table, or the recognizers are not what they should be.
    """
    refuse_overwriting(out)
    detector = Detector.load(recognizers) if recognizers else None
    if from_scan is not None:
        found = read(str(from_scan), ScanReport)
        require_names(found)
        require_same(found, table, from_scan)
    else:
        found = road.scan_target(table, road.open_backend(road.backend_around("local")), progress, detector=detector)
    listed = _from(out, recognizers) if recognizers else None
    text = propose_policy(found, wanted, table=table, release=release, recognizers=listed,
                          schema=_from(out, conf_path("schema/policy.v1.json")))
    leave(str(out), text.rstrip("\n"))
    columns = columns_of(found)
    kept = [c.name for c in columns if wanted.keeps(c)]
    return Written(out, tuple(c.name for c in columns if c.name not in {*kept, wanted.subject}),
                   ("legal_basis", "retention", *(f"columns.{name}.why" for name in kept)))


def propose_policy(
    found: ScanReport, wanted: Wanted, *, table: str | None = None, release: str | None = None,
    schema: str = "conf/schema/policy.v1.json", recognizers: str | None = None,
) -> str:
    """Returns a policy as YAML, the evidence for each column as comments. No data value is in it.

    Args:
        found: What a scan found.
        wanted: What the release is for.
        table: The source's path; as scanned by default.
        release: Where the release will go.
        schema: Where editors find the JSON Schema.
        recognizers: Where the policy finds what is looked for in text; what ships by default.

    Raises:
        InputError: If the name of a column is data itself.
        PolicyError: If the purpose is blank, or a wanted column is not in the table.
    """
    require_names(found)
    columns, table = columns_of(found), table or found.table
    names = [column.name for column in columns]
    if not wanted.purpose.strip():
        raise PolicyError("the purpose is blank", where="--purpose", next="say in a few words what the release is for")
    for option, column in [("--subject", wanted.subject), *(("--needs", column) for column in wanted.needs)]:
        if column is not None and column not in names:
            raise PolicyError(f"the table has no column {column!r}", where=option, next=nearest(column, names))
    nested = next((each for each in columns if each.name == wanted.subject and each.documents), None)
    if nested is not None:
        raise PolicyError(f"column {nested.name!r} holds several fields, and only a plain value tells persons apart",
                          where="--subject", next="lay the field out as a column of its own at the source")
    name = _name(table)
    lines = [f"# yaml-language-server: $schema={schema}", *_head(found, name, table, wanted)]
    lines += [f"recognizers: {_scalar(recognizers)}"] if recognizers else []
    lines += ["columns:"]
    for each in columns:
        lines += [f"  # {remark}" for remark in _remarks(each)]
        lines += [f"  {line}" for line in _entry(each, columns, wanted)]
    lines += [*_guarantees(columns, wanted), f"release: {{path: {_scalar(release or f'releases/{name}')}}}", ""]
    return "\n".join(lines)


def _head(found: ScanReport, name: str, table: str, wanted: Wanted) -> Iterator[str]:
    yield f"# Proposed from a scan of {found.rows:,} rows. Check each role, and fill in what is marked '{FILL}':"
    yield "# a column stays only for a reason that the purpose gives. 'lakeveil plan' names what is still missing."
    yield "apiVersion: lakeveil/v1"
    yield f"name: {_scalar(name)}"
    who = f", subject: {_scalar(wanted.subject)}" if wanted.subject else ""
    yield f"source: {{table: {_scalar(table)}, format: {found.format}{who}}}"
    yield f"purpose: {_scalar(wanted.purpose)}"
    yield f"legal_basis:  # {FILL}: on what ground, for example gdpr-6-1-e"
    yield f"retention:  # {FILL}: for how long, for example 2 years"


def _remarks(column: Column) -> Iterator[str]:
    for part in column.parts:
        place = f"{part.path}: " if column.documents else ""
        entities = ", ".join(map(_entity, part.entities[:3]))
        distinct = f"{part.distinct:,} distinct, " if part.distinct or part.cells == part.nulls else ""  # not counted of all
        yield _line(f"{place}{part.type}, {distinct}{part.nulls:,} null; {entities or 'no findings'}")
        for reason in part.evidence:
            yield _line(f"{place}{reason}")
    if column.documents:
        yield "a policy takes it whole; to keep some of its fields, lay them out as columns of their own at the source"


def _entity(found: EntityFinding) -> str:
    return f"{found.entity_type} in {percent(found.share)} of cells (score {found.score_mean:.2f})"


def _entry(column: Column, columns: tuple[Column, ...], wanted: Wanted) -> Iterator[str]:
    """Yields the column's lines of YAML."""
    key = _scalar(column.name)
    if column.name == wanted.subject:
        domain = re.sub(r"[^a-z0-9_-]", "_", column.name.lower())
        domain = domain if domain[:1].isalpha() else f"subject_{domain}"
        yield f"{key}:"
        yield "  role: direct"
        yield f"  operator: {{token: {{domain: {_scalar(domain)}, key: {_scalar(KEY)}}}}}"
        yield "  why: tells the rows of one person apart without saying who it is"
    elif not wanted.keeps(column):
        yield f"{key}: {{role: {column.role}, operator: drop}}"
    else:
        yield f"{key}:"
        yield f"  role: {column.role}"
        if column.role == "text":
            known = [_scalar(other.name) for other in columns if other.role == "direct" and not other.documents]
            yield f"  operator: {{redact: {{known: [{', '.join(known)}]}}}}"
        elif column.role == "quasi" and (hierarchy := _hierarchy(column.parts[0])):
            yield f"  hierarchy: {hierarchy}"
        yield f"  why:  # {FILL}: what the purpose needs it for; or drop it"


def _hierarchy(part: ColumnFindings) -> str | None:
    """Returns a first hierarchy, or None where intervals and sets do without."""
    if part.type.startswith(("date", "timestamp")):
        return "{dates: [month, year, decade]}"
    codes = part.category == "location" and part.type == "string" and 0 < part.mean_length <= 10  # noqa: PLR2004 - longer ones are names
    return "{mask: right}" if codes and _looks_like_code(part) else None


def _looks_like_code(part: ColumnFindings) -> bool:
    return any(word in part.path.lower() for word in ("zip", "post", "plz", "code"))


def _guarantees(columns: tuple[Column, ...], wanted: Wanted) -> Iterator[str]:
    kept = [column for column in columns if wanted.keeps(column)]
    if not any(column.role == "quasi" for column in kept):
        return
    yield "guarantees:"
    yield "  k: 10"
    for column in kept:
        part = column.parts[0]
        measured = part.type.startswith(("float", "double", "decimal"))  # of measurements hardly two are alike: l says little
        if column.role == "sensitive" and part.distinct >= _LEAST_DISTINCT and not measured:
            yield f"  l: {{column: {_scalar(column.name)}, distinct: {_LEAST_DISTINCT}}}"
            break
    yield "  suppression: 2%"


def _name(table: str) -> str:
    stem = re.sub(r"\.(parquet|csv|jsonl|json)$", "", table.rstrip("/").rsplit("/", 1)[-1])
    return re.sub(r"^[^A-Za-z0-9]+", "", re.sub(r"[^A-Za-z0-9_.-]", "_", stem)) or "table"


def _scalar(text: str) -> str:
    """Returns ``text`` as a YAML scalar on one line."""
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", text) and text.lower() not in _WORDS
    return text if plain else yaml.dump(text, default_style='"', width=sys.maxsize, allow_unicode=True).rstrip("\n")


def _line(text: str) -> str:
    return printable(" ".join(text.split()))


def _from(out: Path, path: Path | Traversable) -> str:
    """Returns a file's path from the policy's folder."""
    return os.path.relpath(os.path.realpath(str(path)), out.resolve().parent)
