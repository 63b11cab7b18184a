"""Operator specifications: what each operator does, to which columns, and the kernel call it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.errors import PolicyError, nearest
from engine.operators.base import OperatorSpec
from engine.operators.bucket import BucketOperator
from engine.operators.date_shift import DateShiftOperator
from engine.operators.drop import DropOperator
from engine.operators.encrypt import EncryptOperator
from engine.operators.encrypt_format import EncryptFormatOperator
from engine.operators.generalize import GeneralizeOperator
from engine.operators.keep import KeepOperator
from engine.operators.mask import MaskOperator
from engine.operators.noise import NoiseOperator
from engine.operators.redact import RedactOperator
from engine.operators.replace import ReplaceOperator
from engine.operators.round import RoundOperator
from engine.operators.surrogate import SurrogateOperator
from engine.operators.token import TokenOperator
from engine.operators.top_bottom_code import TopBottomCodeOperator

__all__ = ["OPERATORS", "operator"]

_ALL: tuple[OperatorSpec, ...] = (
    DropOperator(), KeepOperator(), RedactOperator(), MaskOperator(), ReplaceOperator(), SurrogateOperator(),
    TokenOperator(), EncryptOperator(), EncryptFormatOperator(), GeneralizeOperator(), DateShiftOperator(), BucketOperator(),
    RoundOperator(), TopBottomCodeOperator(), NoiseOperator(),
)

OPERATORS: Mapping[str, OperatorSpec] = MappingProxyType({spec.name: spec for spec in _ALL})
"""Every operator by the name that a policy gives it."""


def operator(name: str) -> OperatorSpec:
    """Returns the operator called ``name``.

    Raises:
        PolicyError: If there is none.
    """
    if name not in OPERATORS:
        raise PolicyError(f"there is no operator {name!r}", allowed=", ".join(OPERATORS), next=nearest(name, OPERATORS))
    return OPERATORS[name]
