"""How tests ask a check: by the words of a type's entry in ``conf/recognizers/entities``."""

from __future__ import annotations

from pydantic import TypeAdapter

from engine.detect.checks import compiled, matrix
from engine.detect.checks.spec import Spec

SPECS = TypeAdapter(Spec)


def check(texts, **spec):
    return compiled(SPECS.validate_python(spec))(*matrix(texts)).tolist()
