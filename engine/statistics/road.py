"""From a policy to released statistics: plan, charge, count, noise, write, settle."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

from engine.artifacts import Artifacts
from engine.backends.base import Progress, silent
from engine.backends.tables import is_name
from engine.errors import PolicyError
from engine.plan import Policy
from engine.privacy.questions import Question
from engine.release.claims import claimed, write_new_text
from engine.release.files import is_taken, receipt_path, require_free
from engine.statistics.figures import after, figures_of
from engine.statistics.planning import described, divide, section
from engine.version import lakeveil_version
from schemas.statistics import Figure, Statistics, StatisticsPlan, StatisticsReceipt

if TYPE_CHECKING:
    from engine.backends.statistics import Answers, Statistical
    from engine.ledger.charge import Opens
    from engine.privacy.spending import Spending

    class StatisticalBackend(Statistical, Opens, Protocol):
        """A backend that counts with bounds and opens ledgers."""

ROWS = pa.schema([("query", pa.string()), ("groups", pa.string()), ("measure", pa.string()), ("value", pa.float64()),
                  ("deviation", pa.float64())])
"""Columns of the released table. ``groups`` is a JSON object."""

EXCLUDES = (
    "what else is published of the same people; the ledger adds it up, if the policy names one",
    "how long it took, and what the cluster's own logs and metrics say",
)


STANDS = "what was reserved of the privacy budget by then stays spent, and a second run pays again"
"""Of work that ended before its figures were written."""


def plan(policy: Policy, backend: Opens | None = None, *, out: Path | None = None) -> StatisticsPlan:
    """Returns what the policy's statistics will cost and how exact they will be. Reads no data, spends nothing.

    Args:
        policy: With a section ``statistics``.
        backend: What opens the ledger, to tell how it stands beside the budget; that is not told if absent.
        out: Where they would go. See ``stats``.

    Raises:
        PolicyError: If the policy asks for none, or for some that its epsilon cannot pay for, or names a table of a catalog.
    """
    spending = divide(policy)[1]
    place = _place(policy, out)
    taken = next(filter(is_taken, (place, receipt_path(place))), None)
    planned = described(policy, spending).model_copy(update={"taken": taken})
    if backend is None or policy.budget is None:
        return planned
    from engine.ledger.beside import beside  # noqa: PLC0415 - loads the accountant

    return planned.model_copy(update={
        "budget": beside(policy, spending.events, unit=section(policy).unit, backend=backend)})


def stats(policy: Policy, backend: StatisticalBackend, progress: Progress = silent, *, out: Path | None = None) -> Statistics:
    """Releases the policy's statistics: charged before anything is counted, written, and settled.

    Args:
        policy: With a section ``statistics``.
        backend: Where the source is counted.
        progress: Told what is under way.
        out: Where they go; by default where the policy says, or beside its release.

    Raises:
        PolicyError: As ``plan``, or if the source's types are not stored with it. Nothing was spent then.
        BudgetExceeded: If a cap would be passed. No row was read then.
        InputError: If something is in the way, or another run is about to write there, or the source has not the columns that
            the policy says. Nothing was spent then.
        SetupError: If they cannot be written there. Nothing was spent then.
    """
    from engine.ledger import charged  # noqa: PLC0415 - loads the accountant

    asked, (questions, spending) = section(policy), divide(policy)
    place = _place(policy, out)
    with claimed(place), _noting(policy, KeyboardInterrupt):
        require_free(receipt_path(place))
        receipt = _receipt(policy, described(policy, spending), place, backend.name)
        progress("reserve", 0.0)
        with (backend.statistics(policy.source, questions) as answers,
              charged(policy, purpose="statistics", events=spending.events, unit=asked.unit, backend=backend) as charge,
              _noting(policy, Exception)):
            figures = after(_figures(questions, spending, answers, progress), asked)
            charge.settle(spending.events, receipt_id=receipt.statistics_id)
            receipt = receipt.model_copy(update={
                "format": answers.format, "version": answers.version, "figures": len(figures), "sha256": digest_of(figures),
                "charge": charge.stated, "unnamed": _unnamed(questions, figures)})
        progress("write", 0.9)
        with _noting(policy, Exception):
            _write(figures, place, backend)
            write_new_text(receipt_path(place), receipt.model_dump_json(indent=2))
    return Statistics(receipt=receipt, figures=tuple(figures))


def _place(policy: Policy, out: Path | None) -> str:
    told = section(policy).path or policy.release.path
    if out is None and is_name(told):
        raise PolicyError("statistics go to paths, and this is a name in a catalog", where=f"{policy.name}: {told}",
                          allowed="a path of a mounted file system, such as a volume's",
                          next=f"name one in statistics.path or by --out; or a folder that is called so: ./{told}")
    return str(out or Artifacts.of(policy).statistics).rstrip("/")


@contextmanager
def _noting(policy: Policy, kind: type[BaseException]) -> Iterator[None]:
    """Adds to what ends the work what became of the budget, where there is one."""
    try:
        yield
    except kind as error:
        if policy.budget is not None:
            error.add_note(STANDS)
        raise


def _figures(questions: Sequence[Question], spending: Spending, answers: Answers, progress: Progress) -> list[Figure]:
    found = []
    for number, question in enumerate(questions):
        progress(f"count {question.name}", 0.1 + 0.8 * number / len(questions))
        found += figures_of(question, spending.of(question.name), answers)
    return found


def _unnamed(questions: Sequence[Question], figures: Sequence[Figure]) -> tuple[str, ...]:
    """Returns the queries that have no figures: none of their groups was named."""
    told = {figure.query for figure in figures}
    return tuple(question.name for question in questions if question.name not in told)


def _receipt(policy: Policy, planned: StatisticsPlan, place: str, backend: str) -> StatisticsReceipt:
    """Returns the receipt, but for what is known when the source was counted."""
    whom = policy.source.subject
    one = "a row" if planned.unit == "record" else f"a subject, told by column {whom}"
    covers = [f"{one}, that is added or removed: all figures and all names of groups together",
              "domains, bins and grids, which are the policy's, whatever the data hold"]
    if planned.unit == "subject":
        covers.append(f"rows without {whom} are not counted, so that nothing is told of them")
    return StatisticsReceipt(
        statistics_id=uuid.uuid4().hex, lakeveil=lakeveil_version(), created=datetime.now(UTC).isoformat(timespec="seconds"),
        backend=backend, table=policy.source.table, output=place, plan=planned, covers=tuple(covers),
        excludes=(*EXCLUDES, *planned.caveats))


def digest_of(figures: Sequence[Figure]) -> str:
    """Returns the SHA-256 of figures as JSON, one a line."""
    return hashlib.sha256("".join(figure.model_dump_json() + "\n" for figure in figures).encode()).hexdigest()


def _write(figures: Sequence[Figure], place: str, backend: Statistical) -> None:
    rows = [{**figure.model_dump(), "groups": json.dumps(figure.groups, ensure_ascii=False)} for figure in figures]
    if place.endswith(".json"):
        write_new_text(place, json.dumps([figure.model_dump() for figure in figures], indent=1, ensure_ascii=False))
    elif place.endswith(".csv"):
        text = io.StringIO()
        writer = csv.DictWriter(text, ROWS.names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_new_text(place, text.getvalue().rstrip("\n"))
    else:
        backend.write_new(pa.Table.from_pylist(rows, schema=ROWS), place)
