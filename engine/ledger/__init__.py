"""Privacy budget: reserve, run, settle.

with charged(policy, purpose="statistics", events=events) as charge:
...                                  # the work
charge.settle(ran, receipt_id=...)   # else, whatever happens, all that was reserved counts
"""

from engine.ledger.charge import Charge, charge_of, charged

__all__ = ["Charge", "charge_of", "charged"]
