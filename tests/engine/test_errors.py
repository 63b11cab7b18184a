"""An error is plain lines, whatever is in the names that it tells."""

from __future__ import annotations

from engine.errors import LakeveilError


def test_a_name_breaks_no_line_and_moves_no_cursor() -> None:
    error = LakeveilError("x", where="columns.a\nb\x1b[1A\u202e.operator", next="rename: a\rb", allowed="Größe, 東京")
    assert error.render() == "x\n  where: columns.a\\nb\\x1b[1A\\u202e.operator\n  allowed: Größe, 東京\n  next: rename: a\\rb"
    assert error.as_dict()["where"] == "columns.a\\nb\\x1b[1A\\u202e.operator"
