"""Shares and names as people read them."""

from __future__ import annotations

import pytest

from schemas.findings import percent, printable


@pytest.mark.parametrize(("share", "said"), [
    (0.0, "0%"), (1e-9, "<1%"), (0.0099, "<1%"), (0.01, "1%"), (0.5, "50%"), (0.994, "99%"), (0.9951, ">99%"), (1.0, "100%")])
def test_a_share_is_never_rounded_to_nothing_or_to_all(share, said):
    assert percent(share) == said


def test_no_sign_of_a_name_is_obeyed_by_a_terminal():
    assert printable("a\x1b[31mb\nc\udcff ü") == "a?[31mb?c? ü"
