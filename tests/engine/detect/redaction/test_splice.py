"""Whole buffers spliced, held against one text at a time with Python's slices."""

from __future__ import annotations

import time

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.redaction import KNOWN, Spans, Styles, redacted, replaced
from tests.engine.detect.redaction.slow import redacted as slow
from tests.engine.detect.redaction.test_spans import spans

TEXT = st.text(alphabet="ab é漢🧬\u0301.,", max_size=14)
TYPES = ("A", "B", KNOWN)
KEY = bytes(range(32))


@st.composite
def texts_and_claims(draw: st.DrawFn) -> tuple[list[str | None], list[tuple[int, int, int, str, float]]]:
    texts = draw(st.lists(st.none() | TEXT, max_size=6))
    claims = []
    for row, text in enumerate(texts):
        for _ in range(draw(st.integers(0, 3)) if text else 0):
            start = draw(st.integers(0, len(text) - 1))
            end = draw(st.integers(start + 1, len(text)))
            claims.append((row, start, end, draw(st.sampled_from(TYPES)), draw(st.sampled_from([0.4, 0.9]))))
    return texts, claims


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(texts_and_claims(), st.sampled_from(["placeholder", "hash", "keep_format"]))
def test_agrees_with_one_text_at_a_time(drawn, style):
    texts, claims = drawn
    styles = Styles(style, key=KEY)
    first, last = ((KNOWN,), ()) if style != "keep_format" else ((), (KNOWN,))

    def replace(name: str, text: str) -> str:
        return f"[{name}]" if style == "placeholder" else styles.replacement(name, text, b"", None)

    expected = [slow(text, [one for one in claims if one[0] == row], replace, first, last) for row, text in enumerate(texts)]
    assert replaced(pa.array(texts, pa.string()), spans(claims), styles).to_pylist() == expected


@pytest.mark.slow
@settings(deadline=None, max_examples=30)
@given(texts_and_claims(), st.integers(0, 3), st.integers(0, 3))
def test_slices_and_layouts_do_not_matter(drawn, before, after):
    texts, claims = drawn
    expected = replaced(pa.array(texts, pa.string()), spans(claims), Styles()).to_pylist()
    framed = pa.array(["é" * 3] * before + texts + ["x"] * after, pa.string()).slice(before, len(texts))
    for array in (framed, framed.cast(pa.large_string())):
        made = replaced(array, spans(claims), Styles())
        made.validate(full=True)
        assert made.type == pa.string()
        assert made.to_pylist() == expected
    table = pa.table({name: [] for name in ("row", "start", "end", "entity_type", "score")})
    assert redacted(pa.chunked_array([framed]).dictionary_encode(), lambda _: table).to_pylist() == texts


def test_texts_without_claims_are_taken_as_they_are():
    texts = pa.array(["a", None, "bé", ""])
    assert replaced(texts, spans([]), Styles()) is not None
    assert replaced(texts, spans([]), Styles()).buffers()[2].address == texts.buffers()[2].address


@pytest.mark.parametrize("claim", [(0, 0, 4), (0, 2, 9), (1, 0, 2), (0, -1, 2)])
@pytest.mark.parametrize("text", ["abc", "äbc"])
def test_a_claim_outside_its_text_is_an_error(claim, text):
    with pytest.raises(IndexError):
        replaced(pa.array([text, "x"]), spans([(*claim, "A", 1.0)]), Styles())


@pytest.mark.parametrize(("text", "gone", "expected"), [
    ("call Ann today", ["Ann"], "call today"), ("Ann called", ["Ann"], "called"), ("we saw Ann", ["Ann"], "we saw"),
    ("Dear Ann, hello", ["Ann"], "Dear, hello"), ("(Ann)", ["Ann"], "()"), ("x Ann Bob y", ["Ann", "Bob"], "x y"),
    ("AnnBob", ["Ann", "Bob"], ""), ("é Ann é", ["Ann"], "é é"), ("Ann", ["Ann"], ""), ("a-Ann-b", ["Ann"], "a--b"),
    ("Ann ? Bob !", ["Ann", "Bob"], "? !"), (" Ann ", ["Ann"], " "),
])
def test_dropping_leaves_no_doubled_space(text, gone, expected):
    claims = [(0, text.index(one), text.index(one) + len(one), "PERSON", 1.0) for one in gone]
    assert replaced(pa.array([text]), spans(claims), Styles("drop")).to_pylist() == [expected]


@settings(deadline=None, max_examples=25)
@given(texts_and_claims())
def test_dropping_takes_spaces_at_most(drawn):
    texts, claims = drawn
    expected = [slow(text, [one for one in claims if one[0] == row], lambda *_: "") for row, text in enumerate(texts)]
    found = replaced(pa.array(texts, pa.string()), spans(claims), Styles("drop")).to_pylist()
    assert [one and one.replace(" ", "") for one in found] == [one and one.replace(" ", "") for one in expected]
    assert all(one is None or len(one) <= len(other) for one, other in zip(found, expected, strict=True))


def test_python_runs_once_for_a_distinct_value(monkeypatch):
    asked = []
    made = Styles.replacement
    monkeypatch.setattr(Styles, "replacement", lambda self, *of: (asked.append(of[:2]), made(self, *of))[1])
    texts = pa.array(["see Ann", "nothing", "Ann and Bob"] * 1000)
    rows = np.arange(0, 3000, 3)
    places = [(row, 4, 7) for row in rows.tolist()] + [(row + 2, 0, 3) for row in rows.tolist()]
    found = replaced(texts, Spans.listed(places, "PERSON"), Styles("surrogate", key=KEY))
    assert asked == [("PERSON", "Ann")]
    assert len(set(found.to_pylist())) == 3


def test_faster_than_one_text_at_a_time_by_far():
    text = "seen today without fever, and sent home with advice to come back "
    texts = pa.array([f"{text} Ann {text}"] * 20_000)
    claims = Spans.listed([(row, 66, 69) for row in range(0, 20_000, 10)], "PERSON")
    found, fast = replaced(texts, claims, Styles()), 1.0
    for _ in range(3):
        begun = time.process_time()
        replaced(texts, claims, Styles())
        fast = min(fast, time.process_time() - begun)
    begun = time.process_time()
    by_row = {row: [(row, 66, 69, "PERSON", 1.0)] for row in range(0, 20_000, 10)}
    expected = [slow(one.as_py(), by_row.get(row, []), lambda name, _: f"[{name}]") for row, one in enumerate(texts)]
    assert time.process_time() - begun > 3 * fast  # a twentieth here; the bound leaves room for a busy machine
    assert found.to_pylist() == expected
