"""Re-identification risk, from sizes of classes alone: of a written table, of a source, of any columns of any table.

Everything here is computed from *frequencies of frequencies* (``sizes.Sizes``) and from coded count tables (``tuples.Tuples``).
Who counts them is behind a port (``frequencies.Frequencies``). docs/risk.md says what each figure means and when it misleads.
"""

from engine.anonymity.risk.frequencies import Frequencies
from engine.anonymity.risk.written import measure_classes, measure_risk

__all__ = ["Frequencies", "measure_classes", "measure_risk"]
