"""The state of a release that grows: what is written is read, and nothing else is."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from engine.errors import InputError
from engine.release.versions import digest, following, opened, refined, version_of, written
from schemas.versions import Made, VersionState

POLICY, OTHER = "a" * 64, "b" * 64
MADE = Made(read="whole", entered=7, waiting=2)
FIRST = VersionState(version=0, release_id="first", policy=POLICY, recoding={"cuts": "x"}, made=MADE,
                     cohorts=((0, 1, 7),))
SECOND = VersionState(version=1, release_id="second", policy=POLICY, recoding={"cuts": "x"}, before=digest(FIRST), made=MADE,
                      cohorts=(*FIRST.cohorts, (1, 0, 5)))


def after(state: VersionState, entered: dict, left: dict, **more: int) -> VersionState:
    return following(state, MADE, release_id="next", entered=entered, left=left, tables={}, **more)


@pytest.mark.parametrize("state", [FIRST, SECOND])
def test_what_is_written_is_read(state: VersionState) -> None:
    assert opened(written(state), where="state.json", policy=POLICY, sealed=digest(state)) == state


def test_the_next_state_names_the_one_before() -> None:
    second = after(FIRST, {3: 4, 0: 5}, {(0, 1): 3}, source=4)
    assert second.cohorts == ((0, 1, 4), (1, 0, 5), (1, 3, 4))
    assert second.gone == ((0, 1, 1, 3),)
    assert (second.version, second.before, second.source) == (1, digest(FIRST), 4)
    assert second.recoding == FIRST.recoding
    last = after(second, {}, {(1, 0): 5, (0, 1): 1}, batch=8)
    assert (last.rows, last.before, last.source, last.batch) == (7, digest(second), 4, 8)
    assert last.gone == ((0, 1, 1, 3), (0, 1, 2, 1), (1, 0, 2, 5))
    assert opened(written(last), where="state.json", policy=POLICY) == last


def test_a_receipt_tells_how_a_version_came_about() -> None:
    told = version_of(SECOND)
    assert (told.version, told.state, told.entered, told.waiting) == (1, digest(SECOND), 7, 2)
    assert "cuts" not in told.model_dump_json()


@pytest.mark.parametrize("left", [{(0, 1): 8}, {(0, 2): 1}, {(1, 1): 1}, {(0, 1): -1}])
def test_who_is_not_there_cannot_leave(left: dict) -> None:
    with pytest.raises(InputError, match="more rows left"):
        after(FIRST, {}, left)


@pytest.mark.parametrize("entered", [{-1: 3}, {0: -3}])
def test_what_cannot_enter_is_refused(entered: dict) -> None:
    with pytest.raises(ValidationError):
        after(FIRST, entered, {})


def test_rows_are_those_of_all_cohorts() -> None:
    assert (FIRST.rows, SECOND.rows) == (7, 12)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"state": {}, "digest": ""}', "no json"])
def test_what_is_no_state_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="not the state"):
        opened(text, where="state.json", policy=POLICY)


def test_an_altered_one_is_refused() -> None:
    found = json.loads(written(FIRST))
    found["state"]["cohorts"][0][2] = 6
    with pytest.raises(InputError, match="altered"):
        opened(json.dumps(found), where="state.json", policy=POLICY)


def test_an_older_one_is_refused_by_its_seal() -> None:
    with pytest.raises(InputError, match="another version"):
        opened(written(FIRST), where="state.json", policy=POLICY, sealed=digest(SECOND))


def test_that_of_another_policy_is_refused() -> None:
    with pytest.raises(InputError, match="another policy"):
        opened(written(FIRST), where="state.json", policy=OTHER)


@pytest.mark.parametrize("change", [
    {"cohorts": ((1, 0, 1), (0, 0, 1))},
    {"cohorts": ((0, 0, 1), (0, 0, 1))},
    {"cohorts": ((2, 0, 1),)},
    {"cohorts": ((0, 0, -1),)},
    {"gone": ((0, 3, 1, 5),)},
    {"gone": ((0, 1, 1, 0),)},
    {"before": None},
    {"version": 0},
    {"policy": "short"},
    {"more": 1},
])
def test_a_state_that_cannot_be_is_refused(change: dict) -> None:
    with pytest.raises(ValidationError):
        VersionState.model_validate({**SECOND.model_dump(), **change})


def test_a_cut_leaf_keeps_its_rows() -> None:
    made = Made(read="whole", entered=0, waiting=2, refined=1)
    rows = {(0, 1): 3, (0, 4): 1, (1, 0): 5}
    cut = refined(after(SECOND, {}, {(0, 1): 3}), made, release_id="cut", recoding={"cuts": "y"}, rows=rows, tables={"inside": 3})
    assert cut.cohorts == ((0, 1, 3), (0, 4, 1), (1, 0, 5))
    assert (cut.gone, cut.recoding, cut.version) == (((0, 1, 2, 3),), {"cuts": "y"}, 3)
    with pytest.raises(InputError, match="other rows"):
        refined(SECOND, made, release_id="cut", recoding={}, rows={(0, 1): 6, (1, 0): 5}, tables={})
