"""Each bug of the training that people have made is planted, and seen; the code as it is shows none."""

from __future__ import annotations

import pytest

from tests.engine.synth.planted import ACCOUNTED, BUGS, SEEN, accounted, audited, loaded, looked

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("torch")]  # torch takes seconds to load


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug, monkeypatch, tmp_path):
    bug.plant(monkeypatch)
    found = looked(bug.by, tmp_path)
    assert found.caught, f"{bug.name}: {bug.by}: {found.figure}"


def test_the_code_as_it_is_has_none_of_them(tmp_path):
    found = {**audited(), **accounted(tmp_path), **loaded(tmp_path)}
    assert {bug.by for bug in BUGS} <= set(found)
    assert not {what: said.figure for what, said in found.items() if said.caught}


def test_who_comes_second_goes_on_with_nothing(tmp_path):
    """20 steps before the kill, and one of two calls takes those that are left."""
    assert accounted(tmp_path)[ACCOUNTED].figure == "56 ran, 60 accounted"


def test_all_rows_are_seen(tmp_path):
    assert loaded(tmp_path)[SEEN].figure.startswith("0 of ")
