"""What a release is still good for: loss and other figures of the literature, counts, prediction, and who pays for it."""

from engine.anonymity.utility.groups import GROUPS, measure_groups, suppression_by_group
from engine.anonymity.utility.learning import Learned, learn
from engine.anonymity.utility.loss import measure_utility
from engine.anonymity.utility.metrics import measure_entropy, measure_metrics
from engine.anonymity.utility.queries import query_errors
from engine.anonymity.utility.recoded import Recoded
from engine.anonymity.utility.summary import summarize

__all__ = ["GROUPS", "Learned", "Recoded", "learn", "measure_entropy", "measure_groups", "measure_metrics", "measure_utility",
           "query_errors", "summarize", "suppression_by_group"]
