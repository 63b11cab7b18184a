"""Processes that spend from one ledger, are killed, and send things twice; and what must be true of the ledger afterwards.

Each event costs a tenth at delta 0, so that what is spent is counted, and no accountant takes part in the judgement.
"""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deltalake import DeltaTable

from engine.backends.ledger import LocalLedger
from engine.errors import BudgetExceeded
from engine.ledger import charged
from engine.ledger.writing import Account, write
from engine.plan import Policy
from engine.privacy.ledger import Book, Scope
from schemas.dp_events import DiscreteLaplace
from schemas.policy.privacy_budget import Cap

ONE = DiscreteLaplace(rate=0.1, sensitivity=1)
FULL = 3
"""So many refusals of the smallest charge in a row, and a process takes the budget to be used up."""


def policy_on(ledger: str, units: int) -> Policy:
    """Returns a policy whose cap is so many events."""
    return Policy.parse({
        "apiVersion": "lakeveil/v1", "name": "storm", "source": {"table": "lake/storm"}, "purpose": "p", "legal_basis": "b",
        "retention": "r", "columns": {"x": {"role": "sensitive", "why": "w"}}, "release": {"path": "out/storm"},
        "budget": {"ledger": ledger, "population": "people", "cap": {"epsilon": round(units * 0.1, 10), "delta": 0.0}}})


class Mortal(LocalLedger):
    """A ledger whose process dies around a commit: before it, in the middle of it, or before it is known to be done."""

    def __init__(self, path: str, chance: random.Random, deaths: float) -> None:
        super().__init__(path)
        self._chance, self._deaths = chance, deaths

    def append(self, row: Any, at: int) -> bool:
        way = self._chance.random() / self._deaths if self._deaths else 3.0
        if way < 1 / 3:
            die()
        if way < 2 / 3:
            threading.Timer(self._chance.uniform(0, 0.012), die).start()
        done = super().append(row, at)
        if way < 1:
            die()
        if done and self._chance.random() < 0.1:
            assert not super().append({**row, "number": row["number"] + 1}, at), "a stale transaction was taken"
        return done


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Opener:
    store: LocalLedger

    def ledger(self, _path: str) -> LocalLedger:
        return self.store


def spend(policy: Policy, store: LocalLedger, journal: Path, chance: random.Random) -> None:
    """Charges, runs and settles until the budget is used up. What runs is in the journal before it has run."""
    refused = 0
    with journal.open("a") as book:
        while refused < FULL:
            wanted = chance.randint(1, 4) if refused == 0 else 1
            try:
                with charged(policy, purpose="storm", events=[ONE.model_copy(update={"count": wanted})],
                             backend=Opener(store)) as charge:
                    refused = 0
                    if chance.random() < 0.2:
                        charge.extend([ONE])
                        wanted += 1
                    ran = chance.randint(0, wanted)
                    for _ in range(ran):
                        book.write(charge.stated.reservation + "\n")
                        book.flush()
                        time.sleep(chance.uniform(0, 0.002))
                    if chance.random() < 0.7:
                        charge.settle([ONE.model_copy(update={"count": ran})] if ran else [], receipt_id="r")
                    replay(store, charge.stated, chance)
            except BudgetExceeded:
                refused += 1


def replay(store: LocalLedger, stated: Any, chance: random.Random) -> None:
    """Sends the first entry of a charge again, as after an answer that was lost."""
    if chance.random() < 0.2:
        first = Book.of(store.path, store.read()).reservations[stated.reservation].first
        scope = Scope(first.lineage, first.population, Cap(epsilon=1e9, delta=0.0))
        account = Account(scope, first.unit, first.source, first.job, first.policy, first.purpose)
        assert write(store, account, "reserve", None, first.events, id=first.id).entry == first


def storm(folder: Path, *, processes: int, units: int, seconds: float, deaths: float, seed: int) -> dict[str, Any]:
    """Runs processes on a new ledger, kills them now and then, starts others in their place, and judges the ledger.

    One that nobody kills takes what is left in the end.

    This process never touches delta-rs before it forks: its threads would not be there in the children.
    """
    policy = policy_on(str(folder / "ledger"), units)
    chance, began = random.Random(seed), time.monotonic()  # noqa: S311 - it chooses whom to kill
    _wait(_fork(lambda: LocalLedger(policy.budget.ledger).create("")))
    running: dict[int, int] = {}
    counts: Counter[str] = Counter()

    def start() -> None:
        one = random.Random(chance.getrandbits(64))  # noqa: S311 - as above
        number = counts["processes"] = counts["processes"] + 1
        running[_fork(lambda: spend(policy, Mortal(policy.budget.ledger, one, deaths), folder / f"{number}.ran", one))] = number

    while running or counts["processes"] < processes:
        while len(running) < processes and counts["done"] == 0 and time.monotonic() - began < seconds:
            start()
        time.sleep(chance.uniform(0, 0.05))
        if running and time.monotonic() - began < seconds and chance.random() < deaths:
            os.kill(chance.choice(list(running)), signal.SIGKILL)
        for pid in list(running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del running[pid]
                counts["killed" if os.WIFSIGNALED(status) else "done" if status == 0 else "failed"] += 1
    calm = random.Random(seed)  # noqa: S311 - as above
    counts["failed"] += _wait(_fork(lambda: spend(policy, LocalLedger(policy.budget.ledger), folder / "calm.ran", calm))) != 0
    return {**counts, "seconds": round(time.monotonic() - began, 1), **judged(policy, folder)}


def judged(policy: Policy, folder: Path) -> dict[str, Any]:
    """Returns what the ledger says beside what ran: in events, of which each costs a tenth."""
    table = DeltaTable(policy.budget.ledger)
    book = Book.of(policy.budget.ledger, LocalLedger(policy.budget.ledger).read())
    ran = Counter(line for file in folder.glob("*.ran") for line in file.read_text().splitlines())
    charges = {id_: sum(event.count for event in one.events) for id_, one in book.reservations.items()}
    most, open_ = 0, {}
    for entry in book.entries:  # no prefix of the ledger is above the cap either
        count = sum(event.count for event in entry.events)
        open_[entry.reservation] = count if entry.kind != "extend" else open_[entry.reservation] + count
        most = max(most, sum(open_.values()))
    return {
        "entries": len(book.entries), "version": table.version(), "charged": sum(charges.values()), "most": most,
        "ran": sum(ran.values()), "open": sum(one.ran is None for one in book.reservations.values()),
        "cap": round(policy.budget.cap.epsilon / 0.1), "below": sorted(id_ for id_ in ran if ran[id_] > charges.get(id_, 0))}


def _fork(run: Any) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            run()
        except BaseException as error:  # noqa: BLE001 - a child ends here, whatever it is
            print(repr(error), flush=True)  # noqa: T201 - the parent's log
            os._exit(1)
        os._exit(0)
    return pid


def _wait(pid: int) -> int:
    return os.waitpid(pid, 0)[1]


if __name__ == "__main__":
    import sys
    import tempfile

    asked = json.loads(sys.argv[1])
    with tempfile.TemporaryDirectory() as made:
        print(json.dumps(storm(Path(made), **asked)))  # noqa: T201 - a script that prints
