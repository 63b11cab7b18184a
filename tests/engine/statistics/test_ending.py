"""Statistics that end before their figures are written: who is refused unpaid, and what is said of what was paid."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from deltalake.exceptions import DeltaError

import engine.ledger
from engine import statistics
from engine.backends.local import LocalBackend
from engine.errors import BudgetExceeded, InputError, SetupError
from engine.plan import Policy
from engine.privacy.noise import LaplaceNoise
from engine.statistics.road import STANDS
from tests.engine.statistics.policies import policy

BUDGET = {"ledger": "ledger", "population": "people", "cap": {"epsilon": 9, "delta": 0}}
NAMES = pytest.mark.parametrize("name", ["out", "out.json", "out.csv"])


class Ledger:
    """Counts charges. ``meanwhile`` is called at each."""

    stated = None

    def __init__(self):
        self.charges, self.meanwhile = 0, lambda: None

    @contextmanager
    def charged(self, *_: Any, **__: Any):
        self.charges += 1
        self.meanwhile()
        yield self

    def settle(self, *_: Any, **__: Any):
        """Nothing is kept here."""


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("engine.statistics.planning.by_accountant", lambda *_: {})
    write_deltalake("lake/people", pa.table({"id": [f"P{n}" for n in range(50)]}))
    made = Ledger()
    monkeypatch.setattr(engine.ledger, "charged", made.charged)
    return made


def run(name: str, *, budget: bool = True):
    written = policy().model_dump(mode="json", by_alias=True, exclude_unset=True)
    return statistics.stats(Policy.parse({**written, **({"budget": BUDGET} if budget else {})}), LocalBackend(), out=Path(name))


@NAMES
def test_of_runs_to_one_place_one_is_charged(ledger, name):
    """Others begin while the first is being charged."""
    def others():
        for _ in range(2):
            with pytest.raises(InputError, match="another run is about to write here") as caught:
                run(name)
            assert not hasattr(caught.value, "__notes__")

    ledger.meanwhile = others
    found = run(name)
    assert ledger.charges == 1
    assert statistics.verify(name) == found.receipt


@NAMES
@pytest.mark.parametrize("budget", [True, False])
def test_what_came_meanwhile_is_not_overwritten_and_the_charge_told(ledger, name, budget):
    ledger.meanwhile = lambda: Path(name).write_text("other")
    with pytest.raises(InputError, match="path is taken") as caught:
        run(name, budget=budget)
    assert (STANDS in caught.value.render()) == budget
    assert (STANDS in caught.value.as_dict()["next"]) == budget
    assert Path(name).read_text() == "other"
    assert not Path(f"{name}.receipt.json").exists()


def test_a_table_that_cannot_be_written_is_told_with_the_charge(ledger, monkeypatch):
    def fails(*_: Any, **__: Any):
        raise DeltaError("another writer was first")

    monkeypatch.setattr("engine.backends.statistics.write_deltalake", fails)
    with pytest.raises(SetupError, match="privacy budget by then stays spent"):
        run("out")


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_whatever_ends_it_says_that_the_charge_stands(ledger, monkeypatch, error):
    def ends(*_: Any):
        raise error

    monkeypatch.setattr(LaplaceNoise, "__call__", ends)
    with pytest.raises(error) as caught:
        run("out")
    assert caught.value.__notes__ == [STANDS]
    assert sorted(path.name for path in Path().iterdir()) == ["lake"]


def test_an_interrupt_while_it_is_charged_says_so_and_a_refusal_does_not(ledger):
    for error, noted in ((KeyboardInterrupt(), True), (BudgetExceeded("over"), False)):
        def ends(error=error):
            raise error

        ledger.meanwhile = ends
        with pytest.raises(type(error)) as caught:
            run("out")
        assert hasattr(caught.value, "__notes__") == noted
