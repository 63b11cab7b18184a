"""Roles that figures of uniqueness speak for. Names and contents of columns are for ``engine.detect.columns``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from schemas.policy import Role
from schemas.risk import CombinationRisk, RoleSuggestion, SinglingOut

DIRECT = 0.95
"""Distinctness from which a column names rows by itself."""

_CONTINUOUS = ("float", "double", "decimal", "timestamp", "halffloat")
_LISTED = 3


def suggest_roles(
    found: Sequence[CombinationRisk], singling_out: Sequence[SinglingOut], kinds: Mapping[str, str],
    in_policy: Mapping[str, Role],
) -> tuple[RoleSuggestion, ...]:
    """Returns a suggestion for each column, with the figures behind it.

    direct: nearly all of its values stand once. quasi: they do, but are a measured quantity; or it belongs to a minimal set that
    singles out. insensitive: it is constant. None: nothing of the kind, which says nothing of what its values tell.

    Args:
        found: Combinations, all single columns among them.
        singling_out: Minimal sets that single out.
        kinds: Arrow type of each column, as text.
        in_policy: What a policy says of columns, if there is one.
    """
    alone = [one for one in found if len(one.columns) == 1]
    return tuple(_suggest(one, singling_out, kinds[one.columns[0]], in_policy.get(one.columns[0])) for one in alone)


def _suggest(one: CombinationRisk, singling_out: Sequence[SinglingOut], kind: str, in_policy: Role | None) -> RoleSuggestion:
    column = one.columns[0]
    role, why = _spoken_for(one, [found for found in singling_out if column in found.columns], kind)
    return RoleSuggestion(column=column, role=role, why=why, classes=one.classes, distinctness=one.distinctness, alone=one.alone,
                          in_policy=in_policy)


def _spoken_for(one: CombinationRisk, sets: Sequence[SinglingOut], kind: str) -> tuple[Role | None, str]:
    if one.classes <= 1:
        return "insensitive", "every row has the same value"
    if one.distinctness >= DIRECT and not kind.startswith(_CONTINUOUS):
        return "direct", f"as many different values as {one.distinctness:.1%} of the rows: it names them by itself"
    if one.distinctness >= DIRECT:
        return "quasi", f"a measured quantity that {one.alone:.1%} of the rows have alone"
    if not sets:
        return None, "in no set of columns that singles out"
    if sets[0].columns == one.columns:
        return "quasi", f"{one.alone:.1%} of the rows have its value alone"
    shown = "; ".join(f"{' × '.join(found.columns)} leave {found.alone:.1%} of the rows alone" for found in sets[:_LISTED])
    more = f"; and {len(sets) - _LISTED} more sets" if len(sets) > _LISTED else ""
    return "quasi", shown + more
