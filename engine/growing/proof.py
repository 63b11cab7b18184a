"""What is proved of all versions together, on the owner's tables as they are written."""

from __future__ import annotations

from engine.backends.growing import INSIDE, Book, GrowingBackend
from engine.growing.folder import Folder
from engine.plan import Policy
from engine.plan.rules import cube_columns
from engine.plan.stages import Check
from engine.release.verification import measure_written, released_guarantees
from schemas.receipt import OVER, GuaranteeVerdict
from schemas.reserved import COUNT, ENTERED, LEAF
from schemas.versions import Version, VersionState


def verdicts_over_versions(policy: Policy, state: VersionState, book: Book) -> tuple[GuaranteeVerdict, ...]:
    """Measures each claim on the rows that entered one leaf in one version, and are still there; k on those that left, too.

    Who has all versions and can follow rows knows of a row no more than when it came, under which labels, and when it left. So
    these are the classes of everything that was ever published.

    Args:
        policy: The policy.
        state: Of the version that is proved.
        book: The owner's tables.
    """
    store = book.inside(state.tables.get(INSIDE))  # a call that was refused may have left a newer one
    claimed = tuple(map(policy.released_name, cube_columns(policy)[1]))
    promised = released_guarantees(policy)
    k = promised.k or 0
    _, measured = measure_written(store, Check((ENTERED, LEAF), claimed, ()), promised, state.rows)
    counts = store.counts((ENTERED, LEAF))
    places = zip(counts[ENTERED].to_pylist(), counts[LEAF].to_pylist(), strict=True)
    there = dict(zip(places, counts[COUNT].to_pylist(), strict=True))
    told = {(entered, leaf): rows for entered, leaf, rows in state.cohorts if rows}
    left = sorted(rows for *_, rows in state.gone)[:1]
    agree = sum(there.get(place) == number for place, number in told.items())
    return (
        *(verdict.model_copy(update={"guarantee": verdict.guarantee + OVER}) for verdict in measured
          if verdict.guarantee != "suppression"),
        *(GuaranteeVerdict(guarantee="k of those who left", promised=k, measured=fewest, holds=fewest >= k) for fewest in left),
        GuaranteeVerdict(guarantee="cohorts as recorded", promised=len(told), measured=agree, holds=there == told),
    )


def history(policy: Policy, version: Version, backend: GrowingBackend) -> tuple[GuaranteeVerdict, ...]:
    """Measures each claim over all versions of a published release again.

    Args:
        policy: The policy that published it.
        version: What its receipt tells of the newest version.
        backend: What reads the owner's tables.

    Raises:
        InputError: If the state is missing, or is not the receipt's.
    """
    state = Folder(policy).state(version.state)
    return verdicts_over_versions(policy, state, backend.book(policy, state))
