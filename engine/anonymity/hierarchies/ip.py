"""IP addresses, of version 4 and 6 in one column: the networks that they are in, in CIDR notation."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import pyarrow as pa

from engine.anonymity.hierarchies.arrays import Family
from schemas.policy import Hierarchy
from schemas.policy.hierarchy_rules import Networks

_BITS = {4: 32, 6: 128}
_CLASSES = {4: ipaddress.IPv4Address, 6: ipaddress.IPv6Address}
_Address = tuple[int, int]
"""Version and number."""


def _address(text: str | None) -> _Address | None:
    """Returns an address; one of version 4 that is written within version 6 (RFC 4291, 2.5.5.2) as what it is."""
    if text is None:
        return None
    try:
        found = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (4, int(mapped)) if mapped else (found.version, int(found))


def _labels(values: pa.Array, hierarchy: Hierarchy, levels: Sequence[int]) -> list[pa.Array]:
    addresses = [_address(text) for text in values.to_pylist()]
    rule = hierarchy.ip or Networks()
    return [_networks(addresses, {4: rule.v4[level - 1], 6: rule.v6[level - 1]}) for level in levels]


def _networks(addresses: list[_Address | None], lengths: dict[int, int]) -> pa.Array:
    names: dict[_Address, str] = {}
    found: list[str | None] = []
    for address in addresses:
        if address is None:
            found.append(None)
            continue
        version, number = address
        below = _BITS[version] - lengths[version]
        network = (version, number >> below)
        if network not in names:
            names[network] = f"{_CLASSES[version](number >> below << below)}/{lengths[version]}"
        found.append(names[network])
    return pa.array(found, pa.string())


IP = Family(lambda hierarchy, _: len((hierarchy.ip or Networks()).v4), _labels)
