"""Automata side by side and behind prefixes, against the same asked one by one."""

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.phones.automata import LONGEST, MATCHED, after, length, product, whole
from engine.detect.phones.expressions import Alternative

PARTS = ["[2-9]\\d{2,4}", "1(?:2|3)?\\d{3}", "\\d{4}", "0{1,3}5?", "7"]
DIGITS = st.text("0123456789", max_size=LONGEST + 2)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=4), st.lists(DIGITS, min_size=5, max_size=5))
def test_a_product_says_what_its_parts_say(parts, texts):
    automata = [whole(part) for part in parts]
    together = product(automata, lambda *outs: sum(out << place for place, out in enumerate(outs)))
    for text in texts:
        assert together.said(text) == sum(one.said(text) << place for place, one in enumerate(automata))


@given(DIGITS)
def test_length(text):
    assert length().said(text) == (len(text) if len(text) <= LONGEST else 0)


def test_equal_states_are_one():
    twice = product([whole("[1-3]4|[1-3]4"), whole("[12]4|34")], lambda one, other: one & other)
    assert len(twice.next) == 4  # dead, begun, one digit, both


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 1023), st.booleans()), max_size=3), st.sampled_from(["", "7", "23"]), st.booleans(),
       st.sampled_from(PARTS), st.lists(st.text("0123457", max_size=8), min_size=6, max_size=6))
def test_after_a_prefix(places, put, ends, part, texts):
    prefix = Alternative(tuple(digits for digits, _ in places), tuple(kept for _, kept in places), put, ends)
    rest = whole(part)
    automaton = after(prefix, rest)
    for text in texts:
        head, tail = text[:len(places)], text[len(places):]
        there = len(head) == len(places)
        there = there and all(digits >> int(digit) & 1 for (digits, _), digit in zip(places, head, strict=True))
        if not there or (ends and tail):
            assert automaton.said(text) == 0
        else:
            kept = "".join(digit for (_, keeps), digit in zip(places, head, strict=True) if keeps)
            assert automaton.said(text) == MATCHED | rest.said(put + kept + tail)
