"""How long steps take."""

from __future__ import annotations

from engine.clock import Clock


def test_clock_adds_up_what_is_done_twice():
    clock = Clock(lambda _what, _share: None)
    assert clock.step("a", lambda _: 1) == 1
    first = clock.seconds["a"]
    clock.step("b", lambda _: None)
    clock.step("a", lambda _: None)
    assert list(clock.seconds) == ["a", "b"]
    assert clock.seconds["a"] >= first
