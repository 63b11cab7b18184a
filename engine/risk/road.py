"""``lakeveil risk``: what a table gives away, a policy's source, and its release beside it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from engine import road
from engine.anonymity.risk.assess import Wanted, assess
from engine.artifacts import Artifacts, leave, read_if_there, refuse_other_policy, refuse_overwriting
from engine.backends.base import Progress
from engine.backends.rotation import RotatingBackend
from engine.errors import InputError, PolicyError
from engine.plan import Policy
from engine.release.altered import refuse_altered
from engine.risk.released import released_beside
from engine.version import lakeveil_version
from schemas.policy.v1 import Source
from schemas.receipt import Receipt
from schemas.risk import RiskReport, TableRisk

ALL = "*"
"""What stands for all columns."""


@dataclass(frozen=True)
class Asked:
    """What the command line asks.

    Attributes:
        columns: Names with commas between, in double quotes where a comma is part of one; ``*`` for all; a policy's
            quasi-identifiers by default.
        population: A table that holds the table's rows among others.
        format: Format of a table; found from its path if None.
        out: Where the record goes, too.
        wanted: What is measured.
    """

    columns: str | None
    population: str | None
    format: str | None
    out: Path | None
    wanted: Wanted

    def __post_init__(self) -> None:
        wanted = self.wanted
        if wanted.fraction is not None and wanted.population_size is not None:
            raise PolicyError("--fraction and --population-size say the same", where="--fraction --population-size",
                              allowed="one of them", next="leave one out")
        for option, share in (("--fraction", wanted.fraction), ("--threshold", wanted.threshold)):
            if share is not None and not 0 < share <= 1:
                raise PolicyError(f"{option} is a share", where=option, allowed="more than 0, at most 1", next="correct it")

    @property
    def names(self) -> tuple[str, ...] | None:
        """The columns that are named; None for all of them, or where none is."""
        if self.columns is None or self.columns.strip() == ALL:
            return None
        return tuple(name.strip() for name in next(csv.reader([self.columns], skipinitialspace=True)) if name.strip())


def risk(target: str, backend: RotatingBackend, asked: Asked, progress: Progress) -> RiskReport:
    """Measures a table, or a policy's source and, once it is published, its release.

    The record of a policy's quasi-identifiers is left beside the release, where the report finds it.

    Raises:
        InputError: If a table cannot be read, is empty, or lacks a column; or policy, source or release are not those of the
            receipt that lies beside the release; or something that is no record of risk lies where the record goes.
        PolicyError: If the options do not fit, or no columns are named.
    """
    refuse_overwriting(asked.out, RiskReport)
    if road.is_policy(target):
        report = _of_policy(Policy.load(target), backend, asked, progress)
    elif asked.columns is None:
        raise PolicyError("no columns are named", where=target, next="name those that somebody else could know of a person",
                          allowed="--columns a,b,c, or --columns '*' for all")
    else:
        source = road.source_of(target, asked.format)
        report = _report(backend, asked, _measured(source, asked.names, backend, asked, progress))
    if asked.out is not None:
        leave(str(asked.out), report.model_dump_json(indent=2))
    return report


def _of_policy(policy: Policy, backend: RotatingBackend, asked: Asked, progress: Progress) -> RiskReport:
    quasi = policy.quasi_identifiers()
    if asked.columns is None and not quasi:
        raise PolicyError("the policy has no quasi-identifier", where=policy.name, allowed="--columns a,b,c",
                          next="name the columns that somebody else could know of a person")
    names = quasi if asked.columns is None else asked.names
    roles = {name: column.role for name, column in policy.columns.items()}
    asked = replace(asked, wanted=replace(asked.wanted, in_policy=roles))
    places = Artifacts.of(policy)
    receipt = read_if_there(places.receipt, Receipt)
    if receipt is None:
        source = policy.source
    else:
        refuse_other_policy(policy, receipt)
        refuse_altered(receipt, backend.open(places.release))
        source = policy.of_versions(receipt).source
    before = _measured(source, names, backend, asked, progress)
    if receipt is not None:
        _refuse_other_source(receipt, before)
    after = None if receipt is None else _released(
        policy, receipt, before, backend=backend, asked=asked, progress=progress)
    released = receipt.release_id if receipt and after else None
    report = _report(backend, asked, before, policy=policy.name, after=after, release_id=released)
    if asked.columns is None:
        leave(places.risk, report.model_dump_json(indent=2))
    return report


def _refuse_other_source(receipt: Receipt, before: TableRisk) -> None:
    """Refuses a source without versions that has got, or lost, rows since it was released."""
    if receipt.versions is None and before.table.rows != receipt.source.rows:
        raise InputError(f"the source has {before.table.rows:,} rows, and {receipt.source.rows:,} were released",
                         where=before.table.table, allowed="the source as it was released",
                         next="restore it, or measure the table itself: lakeveil risk TABLE --columns a,b,c")


def _released(
    policy: Policy, receipt: Receipt, before: TableRisk, *, backend: RotatingBackend, asked: Asked, progress: Progress,
) -> TableRisk | None:
    """Measures the release by the same columns, under the names that they have there, beside the same population."""
    names = {column.column: column.released_as for column in receipt.columns if column.released_as is not None}
    kept = [names[name] for name in before.columns if name in names]
    if not kept:
        return None
    size = before.uniqueness.population if before.uniqueness else None
    roles = {released: policy.columns[name].role for name, released in names.items() if name in policy.columns}
    wanted = replace(asked.wanted, fraction=None, population_size=size, in_policy=roles)
    source = Source(table=policy.release.path, format="delta", version=receipt.output.version)
    found = _measured(source, kept, backend, replace(asked, wanted=wanted, population=None), progress)
    if asked.population is None:
        return found
    if asked.columns is not None:
        return _without_population(found, "it is compared by the policy's quasi-identifiers: leave --columns out")
    try:
        beside = released_beside(policy, receipt, backend, population=road.source_of(asked.population, None),
                                 threshold=asked.wanted.threshold, progress=progress)
    except InputError as error:
        return _without_population(found, error.what)
    return found.model_copy(update={"population": beside})


def _without_population(found: TableRisk, why: str) -> TableRisk:
    return found.model_copy(update={"left_out": (*found.left_out, f"the population beside the release: {why}")})


def _measured(
    source: Source, names: Sequence[str] | None, backend: RotatingBackend, asked: Asked, progress: Progress,
) -> TableRisk:
    progress(f"count {source.table}", 0.0)
    with backend.frequencies(source, names) as (counted, version):
        if asked.population is None:
            return assess(counted, version, asked.wanted, progress)
        with backend.frequencies(road.source_of(asked.population, None), counted.columns) as population:
            return assess(counted, version, asked.wanted, progress, population=population)


def _report(
    backend: RotatingBackend, asked: Asked, before: TableRisk, *, policy: str | None = None, after: TableRisk | None = None,
    release_id: str | None = None,
) -> RiskReport:
    wanted = asked.wanted
    return RiskReport(
        lakeveil=lakeveil_version(), created=datetime.now(UTC).isoformat(timespec="seconds"), backend=backend.name, policy=policy,
        release_id=release_id, threshold=wanted.threshold, max_size=wanted.max_size, singled_out=wanted.singled_out,
        before=before, after=after)
