"""What cuts that are not to depend on everything ask of the rest of a policy; noisy ones, that all is public, or paid for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemas.policy.v1 import PolicyV1


def unpaid(policy: PolicyV1) -> Iterator[str]:
    """Yields one sentence for each part of a policy that would depend on the data beside its noisy cuts."""
    noisy, promised = policy.recoding.noisy, policy.guarantees
    if policy.recoding.cuts == "quasi" and (promised.on_population or promised.suppress == "cells"):
        yield "recoding.cuts: quasi leaves classes out for claims on columns alone: leave the population and suppress: cells out"
    if noisy is None:
        return
    if promised.on_columns or promised.km or promised.on_population:
        yield "recoding.cuts with noise keeps k alone, and what else holds was not paid for: leave other claims or the noise out"
    if promised.suppression:
        yield "recoding.cuts with noise leaves no row out, which would depend on the others: leave guarantees.suppression out"
    for name in policy.quasi_identifiers():
        column = policy.columns[name]
        if column.aggregate is not None:
            yield f"columns.{name}: aggregate publishes what a class holds, which was not paid for: leave it or the noise out"
        if column.coarsest is not None:
            yield f"columns.{name}: coarsest decides by exact counts: leave it or the noise in recoding.cuts out"
        if column.domain is None and not (column.hierarchy and column.hierarchy.listed):
            yield (f"columns.{name}: noisy cuts are made on what is publicly known: give a domain, {{min, max}} or "
                   "{values: [...]}, or a hierarchy that lists its values")
    if noisy.rows is None and policy.synthesis is not None and policy.synthesis.unit == "subject":
        yield "recoding.cuts.rows says how many rows a subject has at most: synthesis.unit subject needs it for its epsilon"
