"""What counts of the names and places that ``engine/detect/names`` finds: by the laws that speak of them, and beside the rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.detect.block import Claims, Flags
from engine.detect.columns.roles import COARSE
from engine.detect.config import RecognizerConfig
from engine.detect.names import NameTier
from engine.detect.names.spans import PLACE, POSTAL_CODE
from engine.detect.registry import PRIVACY

LAWS: dict[str, frozenset[str]] = {
    "PERSON": PRIVACY | {"hipaa", "glba", "pci"},
    "LOCATION": PRIVACY | {"hipaa", "glba"},
    "STREET_ADDRESS": PRIVACY | {"hipaa", "glba"},
    "ZIP_CODE": PRIVACY | {"hipaa", "glba"},
    "DATE_TIME": PRIVACY | {"hipaa"},
    "AGE": PRIVACY | {"hipaa"},
    "ORGANIZATION": PRIVACY | {"hipaa"},
    "NRP": PRIVACY,
    "TITLE": PRIVACY,
}
"""Laws and standards that speak of each type. Sources: PCI DSS 4.0.1, section 2, account data: of these the cardholder's name;
45 CFR 164.514(b)(2)(i)(A) names, employers' among them, (B) places, (C) dates and ages; 16 CFR 313.3(o), names and addresses;
Regulation (EU) 2016/679, article 4(1), whatever relates to a person, and 9(1), origin and belief."""


def types_of(config: RecognizerConfig, tier: NameTier) -> tuple[str, ...]:
    """Returns the tier's types that count in a scan: those of its regimes (all, if it names none) that are not left out."""
    regimes = config.regimes
    return tuple(one for one in tier.types
                 if one not in config.leave_out and (regimes is None or not LAWS[one].isdisjoint(regimes)))


def counting(names: Claims, tier: NameTier, config: RecognizerConfig, claims: Claims, types: Sequence[str]) -> Flags:
    """Returns which names and places count.

    Args:
        names: What the tier claims.
        tier: The tier.
        config: What is looked for.
        claims: What stands beside them: of the first tier and of telephone numbers.
        types: What the kinds of those are called.
    """
    wanted = np.isin(names.kind, [tier.types.index(one) for one in types_of(config, tier)])
    wanted &= ~_of_a_country(names, tier, claims, types)
    return wanted & _identifying(names, tier) if config.names == "identifying" else wanted


def _identifying(claims: Claims, tier: NameTier) -> Flags:
    alone = np.isin(claims.kind, [place for place, name in enumerate(tier.types) if name == "TITLE"])
    return ~(alone | np.isin(claims.source, [place for place, name in enumerate(tier.sources) if name == "AgeUpTo89"]))


def _of_a_country(names: Claims, tier: NameTier, claims: Claims, types: Sequence[str]) -> Flags:
    """Returns which places and postal codes of whatever country stand where the first tier claims one of a certain country."""
    coarse = [kind for kind, name in enumerate(types) if name.endswith(COARSE)]
    places = np.isin(names.kind, [tier.types.index(PLACE), tier.types.index(POSTAL_CODE)])
    theirs = claims.where(np.isin(claims.kind, coarse))
    return np.asarray(places & np.isin(names.start, theirs.start) & np.isin(names.end, theirs.end), np.bool_)
