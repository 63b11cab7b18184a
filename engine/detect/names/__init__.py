"""Names and places without a model: evidence that adds up."""

from engine.detect.names.explain import Explained, explain
from engine.detect.names.tier import NameTier

__all__ = ["Explained", "NameTier", "explain"]
