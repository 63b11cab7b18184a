"""Verify: re-measure a written table and hold it against what was promised.

Nothing here trusts what a run remembers: counts, schema, placeholders and digests are all read back
from storage through the ``ReleaseStore`` port.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from engine.anonymity.cube import Cube
from engine.anonymity.guarantees import measure_guarantees
from engine.anonymity.lattice import FullDomain
from engine.anonymity.population import Population, labelled, measure_beside
from engine.anonymity.utility import summarize
from engine.errors import InputError
from engine.operators import operator
from engine.plan import Plan, Policy
from engine.plan.stages import Check, Compare, Project, Read, Recode
from engine.privacy.cuts import MECHANISM
from engine.release.altered import refuse_altered
from engine.release.lineage import lineage_of
from engine.release.store import ReleaseStore
from engine.version import lakeveil_version
from schemas.policy import Guarantees
from schemas.receipt import Anonymity, ColumnTreatment, GuaranteeVerdict, ItemUtility, Receipt, Spend, TableVersion
from schemas.reserved import COUNT

_GENERALIZED = {
    "tree": "generalized with the other quasi-identifiers until each class is large enough",
    "full-domain": "generalized to one level, at which with the other quasi-identifiers each class is large enough",
}


def certify(
    plan: Plan, store: ReleaseStore, *, backend: str, release_id: str, keys: Mapping[str, str] = MappingProxyType({}),
) -> Receipt:
    """Measures a staged table and returns its receipt, whatever the verdicts are.

    Args:
        plan: The plan that wrote the table.
        store: The staged table.
        backend: Name of the backend, for the receipt.
        release_id: The id that the table's first commit carries.
        keys: Handle of each key that was used → its identifier.
    """
    policy, read = plan.policy, plan.stage(Read)
    rows = _rows(store)
    promised = released_guarantees(policy)
    verdicts = [_schema_verdict(store.schema(), plan.stage(Project).schema)]
    anonymity, everybody = None, labelled_population(plan)
    if plan.stage(Recode) is not None:
        released, measured = measure_written(store, plan.stage(Check), promised, plan.rows)
        verdicts += [*measured, *_on_population(promised, released, everybody, plan.rows)]
        anonymity = _summary(plan, released, promised)
    verdicts += _on_items(promised, store)
    return Receipt(
        release_id=release_id, lakeveil=lakeveil_version(), policy=policy.name, policy_fingerprint=policy.fingerprint,
        plan_fingerprint=plan.fingerprint, backend=backend, created=datetime.now(UTC).isoformat(timespec="seconds"),
        purpose=policy.purpose, legal_basis=policy.legal_basis, retention=policy.retention,
        source=TableVersion(table=read.table, format=plan.format, version=read.version, rows=plan.rows),
        population=everybody.version if everybody else None, subject=_released_subject(policy),
        output=TableVersion(table=policy.release.path, version=store.version(), rows=rows),
        commit_sha256=store.commit_sha256(), files=store.files(), columns=treatments(policy), standing=standing(policy),
        guarantees=promised, verdicts=tuple(verdicts), anonymity=anonymity, items=_items(plan),
        text_redaction=store.placeholders(plan.stage(Check).text), keys=dict(keys),
        lineage=lineage_of(policy) if policy.budget else None,
    )


def verify_published(
    receipt: Receipt, store: ReleaseStore, everybody: Population | None = None, recorded: ReleaseStore | None = None,
) -> tuple[GuaranteeVerdict, ...]:
    """Holds a published table against its receipt: same bytes, or rows, same counts, every promise measured anew.

    What is measured is what is published now, which readers read; ``refuse_altered`` says what else it is held to.

    Args:
        receipt: The receipt that lies beside the table.
        store: The published table.
        everybody: The population under the release's labels, where something is promised beside one.
        recorded: What the owner's tables say is published, where a release gets versions.

    Returns:
        One verdict for each promise; the caller decides what a broken one means.

    Raises:
        InputError: If the table is not the one that the receipt was written for, or a promise is beside a population that is
            not here.
    """
    compared = refuse_altered(receipt, store, recorded)
    verdicts = [GuaranteeVerdict(guarantee="rows", promised=receipt.output.rows, measured=(rows := _rows(store)),
                                 holds=rows == receipt.output.rows, detail=compared)]
    source_rows = rows if receipt.versions and receipt.versions.version else receipt.source.rows  # who waits is not suppressed
    if receipt.anonymity is not None:
        check = Check(receipt.anonymity.quasi_identifiers, receipt.anonymity.sensitive, ())
        released, measured = measure_written(store, check, receipt.guarantees, source_rows)
        verdicts += [*measured, *_on_population(receipt.guarantees, released, everybody, receipt.source.rows)]
    verdicts += _on_items(receipt.guarantees, store)
    return tuple(verdicts)


def released_cube(store: ReleaseStore, check: Check) -> Cube:
    """Returns the cube of the written table, in released names."""
    return Cube(store.counts((*check.quasi, *check.sensitive)), check.quasi, check.sensitive)


def measure_written(
    store: ReleaseStore, check: Check, promised: Guarantees, rows: int,
) -> tuple[Cube, tuple[GuaranteeVerdict, ...]]:
    """Measures claims on a written table.

    Args:
        store: The table.
        check: Its columns.
        promised: The claims, in released names.
        rows: Rows of the source.

    Returns:
        The cube of the table, of its labels alone if there is more than can be held; and the verdicts.
    """
    parts = store.parts(check.quasi, check.sensitive)
    with closing(parts):
        first, more = next(parts), next(parts, None)
    if more is None:
        cube = Cube(first, check.quasi, check.sensitive)
        return cube, measure_guarantees(cube, promised, rows)
    labels = Cube(store.counts(check.quasi), check.quasi)
    return labels, measure_guarantees(labels, promised, rows, _Parts(store, check.quasi))


@dataclass(frozen=True)
class _Parts:
    """Satisfies ``engine.anonymity.guarantees.Parts``."""

    store: ReleaseStore
    quasi: tuple[str, ...]

    def beside(self, column: str) -> Iterator[Cube]:
        return (Cube(part, self.quasi, (column,)) for part in self.store.parts(self.quasi, (column,)))

    def alone(self, column: str) -> Cube:
        return Cube(self.store.counts((column,)), (), (column,))


def released_guarantees(policy: Policy) -> Guarantees:
    """Returns the policy's guarantees with columns under their released names."""
    return policy.guarantees.renamed(policy.released_name)


def treatments(policy: Policy) -> tuple[ColumnTreatment, ...]:
    """Returns what was done to each column, in policy order."""
    return tuple(_treatment(policy, name) for name in policy.columns)


def standing(policy: Policy) -> str:
    """Returns 'anonymized' only where k is promised, no text is released and no key can reverse or link a column.

    Nor where sets of items are released beside quasi-identifiers: nothing is promised of who knows both.
    """
    kept = [t for t in treatments(policy) if t.released_as is not None]
    linked = any(t.reversible or t.linkable for t in kept if t.role == "direct")
    keyed = any(t.operator in ("token", "encrypt", "encrypt_format", "surrogate", "date_shift", "noise") for t in kept)
    if policy.guarantees.k and not policy.item_columns() and not linked and not keyed and not any(t.role == "text" for t in kept):
        return "anonymized"
    return "pseudonymized"


def _treatment(policy: Policy, name: str) -> ColumnTreatment:
    column, written = policy.columns[name], policy.columns[name].effective_operator
    released_as = None if column.dropped else policy.released_name(name)
    effect = operator(written.name).effect(written.spec) if written else None
    if name in policy.item_columns():
        return ColumnTreatment(
            column=name, released_as=released_as, role=column.role, operator="generalize (items)",
            effect="items generalized, or left out, until each combination that somebody may know is shared by enough rows",
            reversible=False, linkable=False, why=column.why)
    if column.role == "quasi" and not column.dropped:
        before = f"{effect.summary}, then " if effect else ""
        return ColumnTreatment(
            column=name, released_as=released_as, role=column.role, operator=f"generalize ({policy.recoding.model})",
            effect=f"{before}{_GENERALIZED[policy.recoding.model]}" + (
                f"; published is the {column.aggregate} of each class" if column.aggregate else ""),
            reversible=False, linkable=False, why=column.why)
    if written is None or effect is None:
        raise AssertionError(f"column {name} has neither an operator nor a tree")
    return ColumnTreatment(
        column=name, released_as=released_as, role=column.role, operator=written.name, effect=effect.summary,
        reversible=effect.reversible, linkable=effect.linkable and not column.dropped, why=column.why,
        key=getattr(written.spec, "key", None), version=getattr(written.spec, "version", None))


def _released_subject(policy: Policy) -> str | None:
    subject = policy.source.subject
    return None if subject is None or policy.columns[subject].dropped else policy.released_name(subject)


def _summary(plan: Plan, released: Cube, promised: Guarantees) -> Anonymity:
    recoding = plan.stage(Recode).tree
    summed = summarize(recoding, released, plan.cube or plan.rows, promised)
    summed = summed.model_copy(update={"sensitive": plan.stage(Check).sensitive})
    if not isinstance(recoding, FullDomain):
        return summed.model_copy(update={"cells": plan.policy.recoding.cells, **_provenance(plan.policy)})
    return summed.model_copy(update={"recoding": recoding.kind, "levels": recoding.levels, "proven": recoding.proven})


def labelled_population(plan: Plan) -> Population | None:
    """Returns the population that a plan compares with, under the labels of its release."""
    compare = plan.stage(Compare)
    return None if compare is None else labelled(plan.stage(Recode).tree, compare.population, plan.stage(Check).quasi)


def _on_population(
    promised: Guarantees, released: Cube, everybody: Population | None, source_rows: int,
) -> Iterator[GuaranteeVerdict]:
    if promised.population is None:
        return
    if everybody is None:
        raise InputError("k-map and presence cannot be measured from the release alone", where=promised.population.table,
                         allowed="the population, labelled by the plan that released",
                         next="name the policy: lakeveil verify POLICY")
    yield from measure_beside(released, everybody, promised, source_rows)


def _provenance(policy: Policy) -> dict[str, Any]:
    noisy = policy.recoding.noisy
    if noisy is None:
        return {}
    spend = Spend(purpose="cuts of the generalization", epsilon=noisy.epsilon, delta=noisy.delta, mechanism=MECHANISM)
    return {"provenance": "dp-fitted", "spend": spend, "spend_rows": noisy.rows}


def _on_items(promised: Guarantees, store: ReleaseStore) -> Iterator[GuaranteeVerdict]:
    """Measures the claims on sets of items, each in the whole table."""
    for claim in promised.km:
        least = store.smallest_support(claim.column, claim.m)
        yield GuaranteeVerdict(guarantee=claim.said.name, promised=claim.said.promised, measured=least, holds=least >= claim.k,
                               detail=claim.said.detail)


def _items(plan: Plan) -> tuple[ItemUtility, ...]:
    return tuple(ItemUtility(
        column=plan.policy.released_name(found.column), items=len(found.items) + found.left_out, labels=len(set(found.labels)),
        left_out=found.left_out, occurrences=found.occurrences, suppressed=found.suppressed, loss=found.loss)
        for found in plan.recoded_items())


def _rows(store: ReleaseStore) -> int:
    return int(pa.compute.sum(store.counts(())[COUNT]).as_py() or 0)


def _schema_verdict(written: pa.Schema, planned: pa.Schema) -> GuaranteeVerdict:
    found = [(f.name, f.type) for f in written]
    wanted = [(f.name, f.type) for f in planned]
    detail = "" if found == wanted else "columns or types differ from the plan"
    return GuaranteeVerdict(guarantee="columns", promised=len(wanted), measured=len(found), holds=found == wanted, detail=detail)
