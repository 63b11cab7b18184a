"""A claim as a receipt has it."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Said(NamedTuple):
    """A claim in words and as a number.

    Attributes:
        name: ``l(diagnosis)``.
        sign: How the measured figure has to stand to the promised one.
        promised: That one.
        detail: What is measured.
    """

    name: str
    sign: Literal["≥", "≤", "<"]
    promised: float
    detail: str
