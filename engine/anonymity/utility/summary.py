"""The record of what recoding did, for the receipt: what is cheap to measure once a table is written."""

from __future__ import annotations

from engine.anonymity.cube import Cube
from engine.anonymity.guarantees import starred_rows
from engine.anonymity.recoding import Recoding
from engine.anonymity.risk import measure_classes, measure_risk
from engine.anonymity.utility.groups import suppression_by_group
from engine.anonymity.utility.loss import measure_utility
from engine.anonymity.utility.metrics import measure_entropy, measure_metrics
from engine.anonymity.utility.recoded import Recoded
from engine.anonymity.utility.squares import squared_error
from schemas.policy import Guarantees
from schemas.receipt import Anonymity


def summarize(tree: Recoding, released: Cube, source: Cube | int, guarantees: Guarantees) -> Anonymity:
    """Returns the record of what recoding did, measured on the written table.

    Args:
        tree: What recoded the table.
        released: Counts of the written table; ``released.quasi`` in the tree's order.
        source: Counts of the source, or only its number of rows; then suppression by group is left out.
        guarantees: What was promised.

    Raises:
        InputError: If the written table holds labels that are none of the tree's.
    """
    recoded = Recoded(tree, source) if isinstance(source, Cube) else None
    source_rows = source.rows if isinstance(source, Cube) else source
    k = guarantees.k or 1
    utility = measure_utility(tree, released, source_rows)
    groups = suppression_by_group(recoded, released.quasi, k) if recoded else ()
    metrics = measure_metrics(tree, released, recoded or source_rows, k, utility)
    if recoded is not None:
        utility, entropy = measure_entropy(recoded, utility)
        metrics = metrics.model_copy(update=entropy)
        utility = tuple(column.model_copy(update={"squared_error": squared_error(recoded, of)})
                        for column, of in zip(utility, recoded.columns, strict=True))
    beside = int(recoded.leaf_rows[tree.suppressed - tree.beside:-1].sum()) if recoded is not None else 0
    starred = starred_rows(released, guarantees.suppress)
    return Anonymity(
        quasi_identifiers=released.quasi, sensitive=released.sensitive, leaves=len(tree.leaves),
        class_sizes=measure_classes(released), risk=measure_risk(released),
        suppressed_rows=source_rows - released.rows, beside_rows=beside, starred_rows=starred,
        loss=sum(column.loss for column in utility) / max(len(utility), 1), utility=utility,
        suppression_by_group=groups, metrics=metrics)
