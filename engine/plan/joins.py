"""Which columns join after a run: those whose tokens are of one domain, under one version of one key, in one form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pyarrow as pa

from engine.errors import PolicyError
from engine.operators.canonical import notation_of
from engine.plan.policy import Policy
from engine.plan.stages import Plan
from schemas.policy.key_handles import OF_SUBJECT
from schemas.policy.operators import Operator

_JOIN = ("token", "encrypt", "encrypt_format")


class Domain(NamedTuple):
    """What columns have to share so that equal values have equal tokens; reversible ones are bound to their column, too."""

    name: str
    key: str
    version: int
    form: str


class Joining(NamedTuple):
    """A column of tokens.

    Attributes:
        policy: Name of the policy.
        column: Its name in the source.
        released: Its name in the release.
        notation: How its values are written before they are hashed: only values in one notation can be equal.
    """

    policy: str
    column: str
    released: str
    notation: str


def joining(policies: Iterable[tuple[Policy, pa.Schema]]) -> dict[Domain, tuple[Joining, ...]]:
    """Returns the columns of each domain, over the tables of several policies.

    Args:
        policies: Policies, each with the schema of its source.

    Raises:
        PolicyError: If one domain is fed with values of different notations, which would look as if nobody were in both columns.
    """
    found: dict[Domain, list[Joining]] = {}
    for policy, schema in policies:
        for name, column in policy.columns.items():
            if column.operator is not None and column.operator.name in _JOIN:
                one = Joining(policy.name, name, policy.released_name(name), notation_of(schema.field(name).type))
                found.setdefault(_domain(policy, name, column.operator), []).append(one)
    for name in {domain.name for domain in found}:
        _refuse_mixed(name, [one for domain, columns in found.items() if domain.name == name for one in columns])
    return {domain: tuple(columns) for domain, columns in found.items()}


def joins(plans: Iterable[Plan]) -> list[str]:
    """Returns which columns of several releases will join, a line for each domain.

    Raises:
        PolicyError: If one domain is fed with values that are written differently.
    """
    return list(told(joining([(plan.policy, plan.schema) for plan in plans])))


def told(found: dict[Domain, tuple[Joining, ...]]) -> Iterator[str]:
    """Yields a line for each domain."""
    several = len({one.policy for columns in found.values() for one in columns}) > 1
    for domain, columns in found.items():
        names = [f"{one.policy}: {one.released}" if several else one.released for one in columns]
        yield (f"{', '.join(names)} on {domain.name!r} ({domain.form}, version {domain.version} of {domain.key})"
               f"{'' if len(columns) > 1 else ', with none of these' if several else ', with other tables of this domain'}")


def _domain(policy: Policy, column: str, operator: Operator) -> Domain:
    spec = operator.spec
    key = _key(policy, spec.key)
    if operator.token is not None:
        return Domain(spec.domain, key, spec.version, operator.token.form)
    return Domain(f"{spec.domain}/{column}", key, spec.version, operator.name)


def _key(policy: Policy, handle: str) -> str:
    """Returns what has to be the same: a key, or the table of subjects' own keys, under which tokens join within a subject."""
    return f"each subject's key in {policy.subject_keys.table}" if handle == OF_SUBJECT and policy.subject_keys else handle


def _refuse_mixed(domain: str, columns: list[Joining]) -> None:
    known = [one for one in columns if one.notation != "null"]
    other = next((one for one in known if one.notation != known[0].notation), None)
    if other is not None:
        first = known[0]
        raise PolicyError(
            f"domain {domain!r} is fed with {first.notation} ({first.policy}: {first.column}) and with {other.notation} "
            f"({other.policy}: {other.column}): equal values would not join",
            where=f"columns.{other.column}.operator", allowed="columns of one notation in a domain",
            next="cast one at the source, or name another domain")
