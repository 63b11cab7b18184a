"""A version of a release whose leaves are cut further."""

from __future__ import annotations

import uuid
from collections import Counter

import numpy as np
import pyarrow as pa

from engine.anonymity.claims import Claims
from engine.anonymity.cube import Cube
from engine.anonymity.refining import Tuples, refined
from engine.anonymity.tree import Tree
from engine.artifacts import Artifacts, read
from engine.backends.base import Progress, silent
from engine.backends.growing import GrowingBackend, quasi_name
from engine.errors import LakeveilError
from engine.growing.folder import Folder
from engine.growing.following import finish, following_plan, proved, publish, require_same_keys, require_versions, sealed
from engine.plan import Policy
from engine.plan.growing import frozen_plan, of_versions
from engine.plan.rules import cube_columns
from engine.release.verification import released_guarantees
from engine.release.versions import refined as refined_state
from schemas.receipt import Receipt
from schemas.reserved import COUNT, ENTERED, LEAF
from schemas.versions import Made


def refine(policy: Policy, backend: GrowingBackend, progress: Progress = silent) -> Receipt:
    """Cuts the leaves of a release as often as they may be, and makes a version of it; none, if none may be cut.

    Args:
        policy: The policy that published the first version.
        backend: What reads and writes.
        progress: Told what is under way.

    Returns:
        The receipt of the newest version.

    Raises:
        InputError: If the source was not appended yet as it is; and what ``append`` raises.
    """
    of_versions(policy)
    folder = Folder(policy)
    require_versions(policy)
    with folder.alone():
        finish(policy, backend, folder)
        receipt = read(Artifacts.of(policy).receipt, Receipt)
        state = folder.state(sealed(receipt))
        require_same_keys(policy, receipt)
        book = backend.book(policy, state, whole=True)
        plan, tree = following_plan(policy, book, state), Tree.from_json(state.recoding)
        progress("count the rows of the release", 0.2)
        tuples, entered = _tuples(policy, tree, book.cells(plan, _claimed(policy)))
        found = refined(tree, [policy.columns[name].weight for name in tree.names], tuples)
        further = len(found.tree.leaves) - len(tree.leaves)
        if not further:
            return receipt
        if (found.tree.leaf_of(tuples.codes) != found.leaf).any():
            raise LakeveilError("a tree that was cut further leads rows elsewhere than was decided; nothing was published",
                                where=policy.release.path, next="this is a defect of the engine: please report it")
        progress("write", 0.5)
        plan = frozen_plan(policy, book.measure(), found.tree)
        settled = book.relabel(plan)
        rows = Counter[tuple[int, int]]()
        for place, number in zip(zip(entered.tolist(), found.leaf.tolist(), strict=True), tuples.rows.tolist(), strict=True):
            rows[place] += number
        made = Made(read="whole", entered=0, waiting=settled.waiting, unroutable=settled.unroutable, refined=further)
        after = refined_state(state, made, release_id=uuid.uuid4().hex, recoding=found.tree.to_json(), rows=rows,
                              tables=settled.tables)
        folder.begin(after)
        publish(plan, book, after, receipt, whole=True)
        progress("verify the written table", 0.8)
        return proved(plan, backend, book, folder, after, before=receipt.output.version)


def _claimed(policy: Policy) -> tuple[str, ...]:
    return tuple(map(policy.released_name, cube_columns(policy)[1]))


def _tuples(policy: Policy, tree: Tree, cells: pa.Table) -> tuple[Tuples, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Returns what is in the leaves, and the version in which each tuple entered."""
    columns = [cells[quasi_name(at)].combine_chunks() for at, _ in enumerate(tree.names)]
    codes = np.stack([coding.encode(values) for coding, values in zip(tree.columns, columns, strict=True)], axis=1)
    leaf, entered, rows = (np.asarray(cells[name].to_numpy(), np.int64) for name in (LEAF, ENTERED, COUNT))
    claims = Claims.of(Cube(cells, (ENTERED, LEAF), _claimed(policy)), released_guarantees(policy))
    return Tuples(codes, leaf, entered * len(tree.leaves) + leaf, rows, claims), entered
