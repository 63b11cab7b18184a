"""How a policy becomes stages: one ordered list.

The order is the meaning. Text is redacted first, while the columns that know the subject's name still
hold it; operators that read a second column (the subject, or its key) come next; then those that read their own
column alone, the subject's token among them; then the quasi-identifiers are generalized together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

import numpy as np
import pyarrow as pa

from engine.anonymity.cube import Cube
from engine.anonymity.far import FarCube, near
from engine.anonymity.itemsets import ItemRecoding, ItemSets, fit_items
from engine.anonymity.lattice import search
from engine.anonymity.lattice.objectives import ObjectiveName
from engine.anonymity.mondrian import build_tree
from engine.anonymity.noisy import noisy_tree
from engine.anonymity.population import BESIDE, joined
from engine.anonymity.recoding import Recoding
from engine.errors import PolicyError
from engine.operators import operator
from engine.operators.base import Context
from engine.plan.agreement import known_columns
from engine.plan.levels import refuse_level
from engine.plan.measurement import Measurement
from engine.plan.policy import Policy
from engine.plan.stages import Apply, AttachKeys, Check, Compare, Gather, Project, Read, Recode, RecodeItems, Stage, Write
from engine.plan.types import storable
from engine.privacy.cuts import CutBudget
from schemas.reserved import KNOWN, SUBJECT_KEY

LABELS = pa.list_(pa.field("element", pa.string()))
"""Type of a released set of items."""

MINIMIZED: dict[str, ObjectiveName] = {
    "loss": "loss", "discernibility": "discernibility", "class-size": "classes", "precision": "precision"}
"""How the lattice search calls what a policy wants to become small."""

Rule = Callable[[Policy, Measurement], Iterator[Stage]]


def applications(policy: Policy, schema: pa.Schema) -> tuple[Apply, ...]:
    """Returns the kernel call of every column that has one, in policy order.

    Raises:
        PolicyError: If an operator does not fit its column's type, or names a level that its hierarchy does not have.
    """
    found = []
    detector = policy.detector.model_dump_json() if policy.detector else None
    for name, column in policy.columns.items():
        written = column.effective_operator
        if written is None:
            continue
        context = Context(column=name, type=schema.field(name).type, role=column.role, subject=policy.source.subject,
                          recognizers=detector, subject_keys=policy.subject_keys.key if policy.subject_keys else None)
        call = operator(written.name).call(written.spec, context)
        if written.generalize is not None:
            refuse_level(name, written.generalize)
        if call is not None:
            found.append(Apply(name, call))
    return tuple(found)


def preparation(policy: Policy, schema: pa.Schema, beside: Collection[str] = ()) -> tuple[Apply, ...]:
    """Returns the calls that must run before the cube is counted: those on its own columns, that read others too first."""
    counted = {name for names in counted_columns(policy, beside) for name in names}
    calls = (apply for apply in applications(policy, schema) if apply.column in counted)
    return tuple(sorted(calls, key=lambda apply: len(apply.call.inputs) == 1))


def cube_columns(policy: Policy) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns the quasi-identifiers, and the columns that a guarantee names: what a release is checked by."""
    claimed = policy.guarantees.claimed
    return policy.quasi_identifiers(), tuple(name for name in policy.columns if name in claimed)


def counted_columns(policy: Policy, beside: Collection[str] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns the quasi-identifiers, and what of a source is counted with them: what guarantees name, a target, or ``beside``."""
    quasi = policy.quasi_identifiers()
    wanted = {*policy.guarantees.claimed, *beside, policy.recoding.target} - {None, *quasi}
    return quasi, tuple(name for name in policy.columns if name in wanted)


def beside_items(policy: Policy) -> tuple[str, ...]:
    """Returns the columns that sets of items are counted with: quasi-identifiers, where rows may be left out for their sake."""
    return policy.quasi_identifiers() if policy.guarantees.suppression else ()


def _read(policy: Policy, measurement: Measurement) -> Iterator[Stage]:
    needed = {name for name, column in policy.columns.items() if not column.dropped}
    for apply in applications(policy, measurement.schema):
        needed.update(apply.call.inputs)
        if SUBJECT_KEY in apply.call.inputs and policy.source.subject:
            needed.add(policy.source.subject)
        if KNOWN not in apply.call.inputs:
            continue
        gather = _gather(policy, apply.column)
        needed.update(known.column for known in gather.known if known.table is None)
        needed.update([gather.subject] if gather.subject else [])
    columns = tuple(name for name in measurement.schema.names if name in needed)
    yield Read(policy.source.table, policy.source.format or "", measurement.version, columns)


def _gather(policy: Policy, column: str) -> Gather:
    written = policy.columns[column].effective_operator
    known = written.redact.known if written and written.redact else ()
    return Gather(KNOWN, policy.source.subject, known_columns(policy, known))


def _redact_texts(policy: Policy, measurement: Measurement) -> Iterator[Stage]:
    for apply in applications(policy, measurement.schema):
        if KNOWN in apply.call.inputs:
            yield _gather(policy, apply.column)
            yield apply
        elif policy.columns[apply.column].role == "text":
            yield apply


def attach_keys(policy: Policy) -> AttachKeys | None:
    """Returns the stage that gives each row the key of its subject, if a column is under such keys."""
    if policy.subject_keys is None or policy.source.subject is None or not policy.under_own_keys():
        return None
    return AttachKeys(SUBJECT_KEY, policy.source.subject, policy.subject_keys.table, policy.subject_keys.key)


def _attach_keys(policy: Policy, measurement: Measurement) -> Iterator[Stage]:  # noqa: ARG001 - the signature of a rule
    stage = attach_keys(policy)
    if stage is not None:
        yield stage


def _apply_paired(policy: Policy, measurement: Measurement) -> Iterator[Stage]:
    """What reads columns beside the subject comes first, what takes the subject's place last: the others read it."""
    paired = [apply for apply in applications(policy, measurement.schema)
              if policy.columns[apply.column].role != "text" and len(apply.call.inputs) > 1]
    subject = policy.source.subject
    yield from sorted(paired, key=lambda apply: (apply.column == subject, not {*apply.call.inputs[1:]} - {subject, SUBJECT_KEY}))


def _apply_single(policy: Policy, measurement: Measurement) -> Iterator[Stage]:
    for apply in applications(policy, measurement.schema):
        if policy.columns[apply.column].role != "text" and len(apply.call.inputs) == 1:
            yield apply


def _recode(policy: Policy, measurement: Measurement) -> Iterator[Stage]:
    quasi = policy.quasi_identifiers()
    tree: Recoding | None = None
    if quasi and measurement.cube is not None:
        columns = {name: policy.columns[name] for name in quasi}
        cube = _beside_population(policy, measurement, measurement.cube)
        if policy.recoding.model == "full-domain":
            cube = near(cube, what="one level per column is searched for in memory")
            tree = search(cube, columns, policy.guarantees, MINIMIZED[str(policy.recoding.optimize)])
        elif policy.recoding.noisy:
            noisy = policy.recoding.noisy
            held = near(measurement.cube, what="noisy cuts are drawn in memory")
            tree = noisy_tree(held, columns, policy.guarantees.k or 1, noisy.depth, CutBudget.of(noisy))
        else:
            tree = build_tree(cube, columns, policy.guarantees, policy.recoding)
    for recoding in _fitted_items(policy, measurement, tree):
        yield RecodeItems(recoding.column, recoding)
    if tree is not None:
        yield Recode(quasi, tree)


def _beside_population(policy: Policy, measurement: Measurement, cube: Cube | FarCube) -> Cube | FarCube:
    if measurement.population is None:
        return cube
    columns = {name: policy.columns[name] for name in policy.quasi_identifiers()}
    return joined(near(cube, what=BESIDE), measurement.population, columns, policy.guarantees)


def _fitted_items(policy: Policy, measurement: Measurement, tree: Recoding | None) -> Iterator[ItemRecoding]:
    """Fits each set-valued column to the rows that the recoding leaves: one that is left out makes combinations rarer."""
    claims = {claim.column: claim for claim in policy.guarantees.km}
    for sets in measurement.items:
        kept = _left(sets, tree) if isinstance(sets, ItemSets) and tree is not None and beside_items(policy) else sets
        yield fit_items(kept, policy.columns[sets.column], claims[sets.column])


def _left(sets: ItemSets, tree: Recoding) -> ItemSets:
    kept = tree.route([sets.table[name] for name in tree.names]) != tree.suppressed
    return ItemSets(sets.column, sets.table.filter(pa.array(np.asarray(kept))))


def _project(policy: Policy, measurement: Measurement) -> Iterator[Stage]:
    types = {field.name: field.type for field in measurement.schema}
    types.update({apply.column: apply.call.output for apply in applications(policy, measurement.schema)})
    types.update(dict.fromkeys(policy.quasi_identifiers(), pa.string()))
    types.update(dict.fromkeys(policy.item_columns(), LABELS))
    kept = [name for name in measurement.schema.names if not policy.columns[name].dropped]
    for name in kept:
        if not storable(types[name]):
            raise PolicyError(f"a Delta table cannot hold a column of type {types[name]}", where=f"columns.{name}",
                              next="drop the column, or cast it at the source")
    if not kept:
        raise PolicyError("the policy drops every column", where="columns", next="keep what the purpose needs")
    columns = tuple((name, policy.released_name(name)) for name in kept)
    yield Project(columns, pa.schema([pa.field(policy.released_name(name), types[name]) for name in kept]))


def _write(policy: Policy, measurement: Measurement) -> Iterator[Stage]:  # noqa: ARG001 - the signature of a rule
    yield Write(policy.release.path, policy.release.partitions)


def _check(policy: Policy, measurement: Measurement) -> Iterator[Stage]:  # noqa: ARG001 - the signature of a rule
    quasi, sensitive = cube_columns(policy)
    yield Check(
        quasi=tuple(map(policy.released_name, quasi)),
        sensitive=tuple(map(policy.released_name, sensitive)),
        text=tuple(map(policy.released_name, policy.of_role("text"))),
    )


def _compare(policy: Policy, measurement: Measurement) -> Iterator[Stage]:
    told = policy.guarantees.population
    if told is not None and measurement.population is not None:
        yield Compare(tuple((name, told.columns.get(name, name)) for name in policy.quasi_identifiers()), measurement.population)


RULES: tuple[Rule, ...] = (_read, _redact_texts, _attach_keys, _apply_paired, _apply_single, _recode, _project, _write, _check,
                           _compare)

DRAWN: frozenset[Rule] = frozenset({_recode})
"""What may draw with noise: it comes after all that can refuse a policy, for what is refused was not paid for."""
