"""A coarse look at bytes leaves out no value that an expression tells of."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.detect import kernels
from engine.detect.block import Block
from engine.detect.view import needs_view, worth
from engine.detect.view.telling import matching

pytestmark = pytest.mark.skipif(not kernels.available(), reason="numba is not installed")

PARTS = [
    " ", "  ", "   ", "\t", "\n", "\r\n", "\x0b", "\x1f", "a", "é", "字", "Q", "7", "42", "AB12", "f", "@", "&", "&amp;",
    "&#4", "%", "\\u0040", "\\", "%4a", "at", "ät", "Ät", "arroba", "arobase", "chiocciola", "dot", "punto", "punkt",
    "ponto", "point", "(", ")", "[", "AT", "]", "{", "}", "<", ">", "(a)", "[at]", "( @ )", "_at_", "-at-", "-dot-",
    "_dot_", ".", " . ", "-", "/", ":", "::", "_", "+", "=", "?", "://", "www.", "https://x.y/z", "me", "example.com",
    "x y z", "\0", "Zürich", "a\0b\0", "\x1b[1m", "__", "47 11", "Jane Roe",
]
TEXTS = st.lists(st.sampled_from(PARTS), max_size=12).map("".join)


@pytest.mark.slow
@settings(max_examples=1500, deadline=None)
@given(texts=st.lists(TEXTS, max_size=4))
@example(texts=["me at a-dot-b", "m e @ x . y"])
@example(texts=["", "7", "AB 12"])
@example(texts=["://\x0b=\nQ"])
@example(texts=["a at\x0bb\r\n.c"])
@example(texts=["__AT__-dot-", "me _AT_ x-dot-y"])
def test_no_value_is_left_out(texts):
    values = pa.array(texts, pa.large_string())
    told = matching(values, worth._COARSE) & (matching(values, worth._EXACT[0]) | matching(values, worth._EXACT[1]))
    assert not (told & ~worth._telling(Block(values))).any()


def test_with_and_without_it_the_same_values_need_a_view(monkeypatch):
    texts = ["plain words, and more", "jane at example dot com", "4111  1111", "caf\u00e9", "AB\n12", "R&D", "\uff11"] * 9000
    values = pa.array(texts)
    with_it = needs_view(values)
    monkeypatch.setattr(kernels, "worth", lambda _: False)
    assert np.array_equal(with_it, needs_view(values))
    assert with_it[:7].tolist() == [False, True, True, False, True, False, True]
