"""Refusals: where a policy and the table it is meant for do not agree."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa

from engine.anonymity.itemsets import is_items
from engine.errors import InputError, PolicyError, nearest
from engine.operators.columns import is_scalar
from engine.plan.joins import joining
from engine.plan.measurement import Measurement
from engine.plan.policy import Policy
from engine.plan.stages import KnownColumn

_FORBIDDEN = " ,;{}()\n\t="
"""Signs that a Delta column name cannot hold without column mapping (Delta protocol, 'Column Mapping')."""


def refuse_disagreement(policy: Policy, measurement: Measurement) -> None:
    """Raises for the first way in which ``policy`` does not describe the measured table."""
    _refuse_colliding(policy, measurement)
    _refuse_unknown(policy, measurement)
    _refuse_missing(policy, measurement)
    _refuse_names(policy)
    _refuse_lookups(policy, measurement)
    _refuse_types(policy)
    _refuse_nested(policy, measurement)
    refuse_unfit_sets(policy, measurement.schema)
    joining([(policy, measurement.schema)])
    if measurement.rows == 0:
        raise InputError("the table is empty", where=policy.source.table, next="nothing can be released from it")
    _refuse_hollow(policy, measurement)
    _refuse_nobody(policy, measurement)


def _refuse_hollow(policy: Policy, measurement: Measurement) -> None:
    """A column of nothing but nulls is released as any other, unless something is wanted of values that are not there."""
    for name in measurement.all_null:
        operator = policy.columns[name].operator
        wanted = {
            f"columns.{name}.operator": "there is nothing to add noise to" if operator and operator.noise else "",
            "guarantees.l": "no class has several values" if name in {claim.column for claim in policy.guarantees.l} else "",
            "source.subject": "no row is about anybody" if name == policy.source.subject else ""}
        for where, why in wanted.items():
            if why:
                raise InputError(f"column {name!r} holds nothing but nulls: {why}", where=where, allowed="a column with values",
                                 next=f"drop it, take it out of {where}, or correct the source")


def _refuse_nobody(policy: Policy, measurement: Measurement) -> None:
    """Rows without a subject may be about one of the others, so that a class has fewer people than it seems to have."""
    if policy.guarantees.subjects is None:
        return
    column = policy.guarantees.subjects.column
    type_, nobody = measurement.schema.field(column).type, measurement.nulls.get(column, 0)
    if pa.types.is_floating(type_):
        raise PolicyError(f"column {column!r} of type {type_} tells no people apart: it may hold NaN, which is nobody",
                          where="guarantees.subjects", allowed="texts, whole numbers", next="cast it at the source")
    if nobody:
        raise InputError(
            f"{nobody:,} of {measurement.rows:,} rows are about nobody: column {column!r} is null there, and guarantees.subjects "
            "counts people by it", where=policy.source.table, allowed="a subject in every row",
            next="correct these rows at the source, or release a table without them; or leave guarantees.subjects out")


def refuse_unfit_sets(policy: Policy, schema: pa.Schema) -> None:
    """Raises for a nested quasi-identifier of which nothing is promised, and for a promise on sets that the column does not hold.

    Args:
        policy: The policy.
        schema: Of its source. Columns that it lacks are not looked at.

    Raises:
        PolicyError: For the first such column.
    """
    for name in policy.of_role("quasi"):
        type_ = schema.field(name).type if name in schema.names else None
        if type_ is None or (name in policy.item_columns() and is_items(type_)):
            continue
        if name in policy.item_columns():
            raise PolicyError(f"column {name!r} of type {type_} holds no sets of items", where="guarantees.km",
                              allowed="lists of strings or whole numbers",
                              next="take it out of guarantees.km, or cast it at the source")
        if pa.types.is_nested(type_):
            raise PolicyError(
                f"column {name!r} of type {type_} has no place among the quasi-identifiers that are generalized together",
                where=f"columns.{name}", allowed="plain values, or lists of items with a claim in guarantees.km",
                next=f"guarantees: {{km: {{column: {name}, k: 5, m: 2}}}}, or drop it" if is_items(type_) else "drop it")


def known_columns(policy: Policy, references: tuple[str, ...]) -> tuple[KnownColumn, ...]:
    """Returns where the columns behind ``known`` stand: this table first, then a lookup."""
    found = []
    for reference in references:
        if reference in policy.columns:
            found.append(KnownColumn(reference))
        else:
            name, _, column = reference.partition(".")
            lookup = policy.source.lookups[name]
            found.append(KnownColumn(column, lookup.table, lookup.format, lookup.subject))
    return tuple(found)


def _refuse_colliding(policy: Policy, measurement: Measurement) -> None:
    folded = Counter(name.casefold() for name in measurement.schema.names)
    colliding = sorted(name for name, times in folded.items() if times > 1)
    if colliding:
        raise InputError(
            f"{len(colliding)} column names stand twice, or differ only in case: "
            f"{_listed([name for name in measurement.schema.names if name.casefold() in colliding], measurement)}",
            where=policy.source.table, next="rename them at the source: a release could not tell them apart")


def _listed(names: list[str], measurement: Measurement) -> str:
    from engine.detect.tables.naming import quoted  # noqa: PLC0415 - compiles detection, which only an error needs

    return quoted(names, measurement.schema.names)


def _alike(name: str, names: list[str]) -> str:
    from engine.detect.tables.naming import alike  # noqa: PLC0415 - as above

    return alike(name, names)


def _refuse_unknown(policy: Policy, measurement: Measurement) -> None:
    new = [name for name in measurement.schema.names if name not in policy.columns]
    if new:
        raise InputError(
            f"the table has {len(new)} column(s) that the policy does not describe: {_listed(new, measurement)}",
            where=policy.source.table, allowed="every column has a role",
            next="add them under columns, with 'operator: drop' if the purpose does not need them")


def _refuse_missing(policy: Policy, measurement: Measurement) -> None:
    for name in policy.columns:
        if name not in measurement.schema.names:
            raise InputError(
                f"the policy describes column {name!r}, which the table does not have",
                where=policy.source.table, allowed=_alike(name, measurement.schema.names),
                next="correct the name, or take the column out of the policy")


def _refuse_names(policy: Policy) -> None:
    for name, column in policy.columns.items():
        released = policy.released_name(name)
        if not column.dropped and any(sign in released for sign in _FORBIDDEN):
            raise PolicyError(
                f"a Delta table cannot hold a column named {released!r}", where=f"columns.{name}",
                allowed="names without spaces, commas, semicolons, brackets, '=' and line breaks",
                next=f"give it another name in the release: rename: {''.join('_' if s in _FORBIDDEN else s for s in released)}")


def _refuse_lookups(policy: Policy, measurement: Measurement) -> None:
    for name, column in policy.columns.items():
        operator = column.effective_operator
        for reference in operator.redact.known if operator and operator.redact else ():
            table, _, looked_up = reference.partition(".")
            if reference in policy.columns:
                continue
            schema = measurement.lookup_schemas[table]
            for wanted in (looked_up, policy.source.lookups[table].subject):
                if wanted not in schema.names:
                    raise InputError(
                        f"lookup table {table!r} has no column {wanted!r}", where=f"columns.{name}.operator.redact.known",
                        allowed=_alike(wanted, schema.names), next="correct the name in known or in source.lookups")
            _refuse_unlike_subjects(policy, measurement, table)


def _refuse_nested(policy: Policy, measurement: Measurement) -> None:
    """What noise differs by is hashed, so it has to have a canonical encoding."""
    for name, column in policy.columns.items():
        for other in column.operator.noise.per if column.operator and column.operator.noise else ():
            kind = measurement.schema.field(other).type
            if not is_scalar(kind):
                raise PolicyError(f"noise cannot differ by column {other!r} of type {kind}",
                                  where=f"columns.{name}.operator.noise.per",
                                  allowed="strings, bytes, numbers, booleans, dates, timestamps", next="name another column")


def _refuse_types(policy: Policy) -> None:
    """A misspelt entity type would be looked for by nobody, and what was meant stay in the text."""
    named: dict[str, str] = {}
    for name, column in policy.columns.items():
        operator = column.effective_operator
        if operator and operator.redact:
            place = f"columns.{name}.operator.redact"
            named |= dict.fromkeys(operator.redact.entities or (), f"{place}.entities")
            named |= dict.fromkeys(operator.redact.styles.keys() - {"default", "KNOWN"}, f"{place}.style")
    if not named:
        return
    from engine.detect.registry import Registry  # noqa: PLC0415 - few policies need detection to be compiled
    from engine.detect.scanner import Scanner  # noqa: PLC0415

    types = (policy.detector.scanner() if policy.detector else Scanner.default()).entity_types
    others = sorted(set(types) - {"UNSCANNABLE"} - {one.type for one in Registry.default().types})
    for name, place in sorted(named.items()):
        if name not in types:
            raise PolicyError(f"nothing finds an entity type {name!r}", where=place, next=nearest(name, types),
                              allowed=f"types of docs/entity-types.md that are looked for; {', '.join(others)}")


def _refuse_unlike_subjects(policy: Policy, measurement: Measurement, table: str) -> None:
    """Subjects of different types would match nothing, and what they know would stay in the text."""
    here = measurement.schema.field(policy.source.subject).type
    there = measurement.lookup_schemas[table].field(policy.source.lookups[table].subject).type
    if here != there:
        raise InputError(f"the subject is {here} in the source and {there} in lookup table {table!r}",
                         where="source.lookups", allowed="one type in both", next="cast one of them at the source")
