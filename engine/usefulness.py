"""What a published release is good for, against its source: random counts, prediction, and who pays for the others' privacy.

It takes the source's counts and the recoding. Neither is kept, so the source is measured and the plan compiled again; both are
those of the release only if the fingerprint of its receipt comes out.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from engine.anonymity.cube import D_MAX, Cube
from engine.anonymity.far import near
from engine.anonymity.utility import Learned, Recoded, learn, measure_groups, query_errors
from engine.anonymity.values import is_categorical, is_ordered
from engine.artifacts import Artifacts, leave, read
from engine.backends.base import Backend, Progress, silent
from engine.errors import InputError
from engine.plan import Measurement, Plan, Policy, compile_plan
from engine.plan.rules import cube_columns
from engine.plan.stages import Check, Recode
from engine.release.verification import released_cube
from engine.version import lakeveil_version
from schemas.receipt import Receipt
from schemas.reserved import COUNT
from schemas.utility import Utility


def utility(policy: Policy, backend: Backend, progress: Progress = silent) -> Utility:
    """Measures what a published release is good for, and leaves the record beside it.

    Raises:
        InputError: If there is no receipt, the policy and its source do not give the release's plan any more, or the table is
            not what that plan writes.
    """
    began = time.perf_counter()
    places = Artifacts.of(policy)
    receipt = read(places.receipt, Receipt)
    store = backend.open(places.release)
    if policy.recoding.noisy:
        return _unmeasured(receipt, places, "exact figures about the source would tell what noisy cuts do not")
    if receipt.versions is not None and receipt.versions.version:
        return _unmeasured(receipt, places, "the release has got versions since it was fitted to its source")
    progress("count the source", 0.0)
    measured, missing = _counted(policy, receipt, backend, store.schema())
    wide = measured.cube
    if wide is not None and not isinstance(wide, Cube):
        wide.close()
        return _unmeasured(receipt, places, f"{wide.tuples:,} combinations of quasi-identifiers are more than {D_MAX:,}")
    plan = _compiled(policy, receipt, measured)
    if wide is None:
        return _unmeasured(receipt, places, "the policy has no quasi-identifier, so that nothing was generalized")
    recoded = Recoded(plan.stage(Recode).tree, wide)
    progress("count the release", 0.3)
    _refuse_other(recoded, released_cube(store, plan.stage(Check)), places.release)
    found = _record(receipt, seconds=0.0).model_copy(update=_figures(policy, recoded, missing, progress))
    found = found.model_copy(update={"seconds": round(time.perf_counter() - began, 1)})
    leave(places.utility, found.model_dump_json(indent=2))
    return found


def _unmeasured(receipt: Receipt, places: Artifacts, why: str) -> Utility:
    found = _record(receipt, seconds=0.0, not_measured=(f"all: {why}",))
    leave(places.utility, found.model_dump_json(indent=2))
    return found


def _record(receipt: Receipt, *, seconds: float, not_measured: tuple[str, ...] = ()) -> Utility:
    return Utility(release_id=receipt.release_id, plan_fingerprint=receipt.plan_fingerprint, lakeveil=lakeveil_version(),
                   created=datetime.now(UTC).isoformat(timespec="seconds"), rows=receipt.source.rows, seconds=seconds,
                   not_measured=not_measured)


def _counted(
    policy: Policy, receipt: Receipt, backend: Backend, released: pa.Schema,
) -> tuple[Measurement, tuple[str, ...]]:
    """Returns the source's counts with target and protected columns beside, and which of these cannot be counted."""
    pinned = policy.of_versions(receipt)
    wanted = [name for name in dict.fromkeys((*_target(policy), *_protected(policy))) if policy.columns[name].role != "quasi"]
    countable = [name for name in wanted if _countable(policy, name, released)]
    try:
        measured = backend.measure(pinned, beside=countable)
        if countable:
            near(measured.cube, what="figures of use are taken in memory")
    except InputError:
        if not countable:
            raise
        countable, measured = [], backend.measure(pinned)  # with fewer columns there are fewer tuples to hold
    return measured, tuple(name for name in wanted if name not in countable)


def _compiled(policy: Policy, receipt: Receipt, measured: Measurement) -> Plan:
    """Returns the release's plan, made anew."""
    plan = compile_plan(policy.released_to(receipt.output.table), _narrowed(policy, measured))
    if plan.fingerprint != receipt.plan_fingerprint:
        raise InputError(
            "policy and source do not give the plan that this release was written by", where=Artifacts.of(policy).receipt,
            allowed=f"the plan {receipt.plan_fingerprint[:12]}…, by Lakeveil {receipt.lakeveil}",
            next="name the policy as it was, with the source as it was; or release anew")
    return plan


def _countable(policy: Policy, name: str, released: pa.Schema) -> bool:
    """Whether what is released of a column is a plain value that follows from the source's value alone, without a key."""
    column, place = policy.columns[name], released.get_field_index(policy.released_name(name))
    if column.role not in {"sensitive", "insensitive"} or place < 0:
        return False
    type_, written = released.field(place).type, column.effective_operator
    return (written is None or written.name in _PLAIN) and (is_ordered(type_) or is_categorical(type_))


_PLAIN = ("keep", "bucket", "round", "top_bottom_code", "generalize", "replace", "mask")
"""Operators after which a column is counted as any other."""


def _narrowed(policy: Policy, measured: Measurement) -> Measurement:
    """Returns the measurement without what was counted beside: what the plan is compiled from."""
    cube = near(measured.cube, what="figures of use are taken in memory")
    if cube is None:
        return measured
    quasi, sensitive = cube_columns(policy)
    if sensitive == cube.sensitive:
        return measured
    keys = [*quasi, *sensitive]
    counted = cube.table.group_by(keys).aggregate([(COUNT, "sum")]).rename_columns([*keys, COUNT])
    return replace(measured, cube=Cube(counted, quasi, sensitive))


def _target(policy: Policy) -> tuple[str, ...]:
    named = policy.evaluation.target
    return (named,) if named else policy.of_role("sensitive")[:1]


def _protected(policy: Policy) -> tuple[str, ...]:
    return tuple(name for name, column in policy.columns.items() if column.protected)


def _figures(policy: Policy, recoded: Recoded, missing: tuple[str, ...], progress: Progress) -> dict[str, object]:
    """Returns the fields of the record."""
    progress("ask random queries", 0.4)
    queries = query_errors(recoded)
    tried = _learned(policy, recoded, missing, lambda step, share: progress(step, 0.5 + share / 2))
    learned = tried if isinstance(tried, Learned) else None
    protected = {name: policy.released_name(name) for name in _protected(policy) if name not in missing}
    groups, differences = measure_groups(recoded, protected, policy.guarantees.k or 1, learned)
    left = [f"groups of {policy.released_name(name)}: it cannot be counted beside the quasi-identifiers"
            for name in _protected(policy) if name in missing]
    progress("measured", 1.0)
    return {"queries": queries, "groups": groups, "differences": differences,
            "learning": learned.learning if learned else None,
            "not_measured": (*((tried,) if isinstance(tried, str) else ()), *left)}


def _learned(policy: Policy, recoded: Recoded, missing: tuple[str, ...], progress: Progress) -> Learned | str:
    target = next(iter(_target(policy)), None)
    if target is None:
        return "accuracy: the policy names no evaluation.target and releases no sensitive column"
    name = policy.released_name(target)
    if policy.columns[target].role == "quasi":
        return f"accuracy: {name} is a quasi-identifier, so that the release has no values of it to learn"
    if target in missing:
        return f"accuracy: {name} cannot be counted beside the quasi-identifiers"
    return learn(recoded, target, name, progress)


def _refuse_other(recoded: Recoded, released: Cube, path: str) -> None:
    """Refuses a table whose classes are not those that the plan makes of the source."""
    kept = recoded.leaf_rows[:-1]
    here = np.flatnonzero(kept)
    labels = {name: pa.array(column.labels, pa.string()).take(pa.array(column.of_leaf[here]))
              for name, column in zip(released.quasi, recoded.columns, strict=True)}
    planned = pa.table({**labels, COUNT: pa.array(kept[here])})
    if _classes(planned, released.quasi) != _classes(released.table, released.quasi):
        raise InputError("the table does not hold the classes that its plan makes of the source", where=path,
                         next="lakeveil verify tells whether the table was altered; release anew")


def _classes(table: pa.Table, quasi: tuple[str, ...]) -> pa.Table:
    summed = table.select([*quasi, COUNT]).group_by(list(quasi)).aggregate([(COUNT, "sum")]).select([*quasi, f"{COUNT}_sum"])
    types = [*(pa.string() for _ in quasi), pa.int64()]
    cells = [summed[name].cast(type_) for name, type_ in zip(summed.column_names, types, strict=True)]
    plain = pa.table(cells, names=[*quasi, COUNT])
    return plain.sort_by([(name, "ascending") for name in quasi])
