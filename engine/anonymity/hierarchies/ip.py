"""IP addresses, of version 4 and 6 in one column: the networks that they are in, in CIDR notation."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.anonymity.hierarchies.arrays import Family, by_key, parts
from schemas.policy import Hierarchy
from schemas.policy.hierarchy_rules import Networks

_BYTE = "25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9]"
_QUAD = "^" + r"\.".join(f"(?P<b{place}>{_BYTE})" for place in (24, 16, 8, 0)) + "$"

_MAPPED = 0xFFFF
"""What stands above the 32 bits of an address of version 4 that is written as one of version 6 (RFC 4291, 2.5.5.2)."""


def _version4(values: pa.Array) -> npt.NDArray[np.int64]:
    """Returns addresses as numbers, -1 where a value is none."""
    found = parts(values, _QUAD)
    bytes_ = [np.asarray(pc.fill_null(found[f"b{place}"], "0").cast(pa.int64())) << place for place in (24, 16, 8, 0)]
    return np.where(np.asarray(pc.is_valid(found["b0"])), sum(bytes_), -1)


def _version6(text: str | None) -> int:
    """Returns an address, its scope left out, as a number; -1 if it is none."""
    try:
        return -1 if text is None else int.from_bytes(socket.inet_pton(socket.AF_INET6, text.partition("%")[0].strip()), "big")
    except (OSError, ValueError):  # no address, or no text that a library in C takes
        return -1


def _text4(number: int) -> str:
    return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _text6(number: int) -> str:
    """Returns an address as RFC 5952 writes it; C libraries do not agree about those that end in one of version 4."""
    text = socket.inet_ntop(socket.AF_INET6, number.to_bytes(16, "big"))
    return str(ipaddress.IPv6Address(number)) if "." in text else text


def _labels(values: pa.Array, hierarchy: Hierarchy, levels: Sequence[int]) -> list[pa.Array]:
    rule, four = hierarchy.ip or Networks(), _version4(values)
    six = np.array([_version6(text) for text in pc.if_else(pa.array(four < 0), values, None).to_pylist()], object)
    mapped = np.flatnonzero(six >> 32 == _MAPPED)
    four[mapped], six[mapped] = six[mapped] & (2**32 - 1), -1
    return [pc.coalesce(_networks(four, 32, rule.v4[level - 1], _text4), _networks(six, 128, rule.v6[level - 1], _text6))
            for level in levels]


def _networks(addresses: npt.NDArray[Any], bits: int, length: int, text: Callable[[int], str]) -> pa.Array:
    """Returns the networks of addresses that have so many bits; null where there is none."""
    valid, below = np.asarray(addresses >= 0, bool), bits - length
    return by_key(addresses[valid] >> below, valid, lambda network: f"{text(network << below)}/{length}")


IP = Family(lambda hierarchy, _: len((hierarchy.ip or Networks()).v4), _labels)
