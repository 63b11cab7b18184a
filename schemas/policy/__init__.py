"""The policy: versioned YAML, read into a frozen model.

These are the records. Reading a file into one, with errors that help, is ``engine.plan.policy``.
"""

from schemas.policy.guarantees import Guarantees
from schemas.policy.hierarchies import Hierarchy
from schemas.policy.operators import Operator
from schemas.policy.synthesis import Synthesis
from schemas.policy.terms import TableFormat
from schemas.policy.v1 import API_VERSION, Column, PolicyV1, Role, Source

__all__ = [
  "API_VERSION", "Column", "Guarantees", "Hierarchy", "Operator", "PolicyV1", "Role", "Source", "Synthesis", "TableFormat",
]
