"""Time is up when it is, in any thread, and nobody else's timer is lost."""

import re
import signal
import sys
import threading
import time

import pytest

from engine.detect.plugins.budget import Budget, Deadline, OutOfTime
from engine.detect.plugins.guarded import OUT_OF_TIME, Watch

BOMB = re.compile(r"(?:(?:a|a)+)+b")


def forever():
    while True:
        pass


def swallowing():
    try:
        forever()
    except BaseException:  # noqa: BLE001 - what the deadline must survive
        forever()


def stopped(work) -> float:
    began = time.monotonic()
    with pytest.raises(OutOfTime), Deadline(0.1):
        work()
    return time.monotonic() - began


@pytest.mark.slow
@pytest.mark.parametrize("work", [forever, swallowing, lambda: BOMB.search("a" * 60), lambda: time.sleep(60)])
def test_in_the_main_thread(work):
    assert stopped(work) < 5


@pytest.mark.slow
@pytest.mark.parametrize("work", [forever, swallowing])
def test_in_another_thread(work):
    took = []
    thread = threading.Thread(target=lambda: took.append(stopped(work)))
    thread.start()
    thread.join(10)
    assert took
    assert took[0] < 5


def test_what_is_quick_is_left_alone():
    for _ in range(300):
        with Deadline(0.02):
            sum(range(50))
    time.sleep(0.05)  # nothing comes late

    def quick():
        for _ in range(30):
            with Deadline(0.02):
                sum(range(50))
        time.sleep(0.05)
        done.append(True)

    done: list[bool] = []
    thread = threading.Thread(target=quick)
    thread.start()
    thread.join(10)
    assert done


@pytest.mark.parametrize("in_main", [True, False])
def test_time_that_is_up_at_the_door_is_not_heard_outside(in_main):
    much = b"x"
    late = []

    def once():
        try:
            with Deadline(0.001):
                much * 50_000_000  # one instruction, in which the time ends: the next that looks at signals is the way out
        except OutOfTime:
            pass
        try:
            time.sleep(0.06)
        except OutOfTime:
            late.append(True)

    if in_main:
        once()
    else:
        thread = threading.Thread(target=once)
        thread.start()
        thread.join(60)
    assert not late
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_thread_whose_time_was_not_up_can_be_profiled():
    """CPython 3.11 looks for ever for an exception that was taken back, once somebody profiles."""
    done = []

    def work():
        with Deadline(60):
            pass
        sys.setprofile(lambda *_: None)
        try:
            done.append(stopped(forever))
        finally:
            sys.setprofile(None)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(10)
    assert done


@pytest.mark.slow
def test_the_timer_of_somebody_else_goes_on():
    heard = []
    before = signal.signal(signal.SIGALRM, lambda *_: heard.append(True))
    others = signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with Deadline(5):
            time.sleep(0.01)
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
        time.sleep(0.3)
        assert heard == [True]
    finally:
        signal.setitimer(signal.ITIMER_REAL, *others)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.slow
def test_a_value_has_one_budget_for_all_that_is_done_with_it():
    watch = Watch(Budget(0.3))
    for _ in range(3):
        watch.alone(lambda *_: time.sleep(0.12) or (), 7, "")
    assert watch.given_up == {7: OUT_OF_TIME}
    began = time.monotonic()
    watch.alone(lambda *_: forever(), 7, "")
    assert time.monotonic() - began < 0.2


def test_an_exception_leaves_its_name_and_nothing_of_its_message():
    watch = Watch(Budget())
    assert watch.alone(lambda text, _: [(int(text), 0)], 3, "secret") == []
    assert watch.given_up == {3: "ValueError"}
