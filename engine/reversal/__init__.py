"""Bringing values back: the only room that may open a token. Each call has a purpose, an approver, limits and an audit."""

from engine.reversal.detokenize import Asked, detokenize
from engine.reversal.out import write

__all__ = ["Asked", "detokenize", "write"]
