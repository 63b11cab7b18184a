"""Caps of the owner of the data: a property of the ledger's table, which takes the owner's right to set.

RESTORE takes a table's properties back, and needs only the right to modify. So caps have a number, one higher each time they are
set, which the log says, too, where RESTORE does not reach: caps of a lower number than the log's are those of an earlier version.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from engine.conf import read_yaml
from engine.errors import InputError, PolicyError
from engine.privacy.ledger import Book, Scope
from engine.privacy.port import LedgerStore, Stored
from engine.release.lineage import named_lineage
from schemas.ledger import Entry, OwnersCap, OwnersCaps, Replaced
from schemas.policy.privacy_budget import Cap
from schemas.policy.terms import MOST_DELTA

_CAPS: TypeAdapter[list[OwnersCap]] = TypeAdapter(list[OwnersCap])

_AGAIN = "set them again: lakeveil budget LEDGER --caps FILE"


def owners(stored: Stored, where: str) -> tuple[Scope, ...]:
    """Returns the caps of the owner of the data. As ``caps_of``."""
    return tuple(Scope(one.lineage, one.population, Cap(epsilon=one.epsilon, delta=one.delta), by_owner=True)
                 for one in caps_of(stored, where).caps)


def caps_of(stored: Stored, where: str) -> OwnersCaps:
    """Returns the caps of the owner of the data, as the ledger has them.

    Args:
        stored: The ledger, as it was read.
        where: The ledger.

    Raises:
        InputError: If they cannot be read, or are those of an earlier version.
    """
    try:
        found = OwnersCaps.model_validate_json(stored.caps) if stored.caps else OwnersCaps()
    except ValidationError:
        raise InputError("the data owner's caps in the ledger cannot be read", where=where, next=_AGAIN) from None
    if found.number < (stored.caps_set or 0):
        raise InputError(f"the ledger was altered or cut: the log says that caps were set {stored.caps_set:,} times",
                         where=f"{where}, caps of the data's owner, number {found.number:,}",
                         next=f"nothing is charged until its table is restored to the last version that is whole; or {_AGAIN}")
    return found


def set_caps(store: LedgerStore, wanted: Iterable[OwnersCap]) -> Replaced:
    """Writes caps into a ledger that is there, in place of all that it has; none of them clears it of caps.

    Raises:
        InputError: If there is no ledger, or its entries were altered.
        SetupError: If it cannot be written.
    """
    stored = store.read()
    after = placed(wanted, Book.of(store.path, stored).entries)
    before, number = None, stored.caps_set or 0
    with contextlib.suppress(InputError):  # to set them again mends what cannot be read
        found = caps_of(stored, store.path)
        before, number = found.caps, found.number
    store.set_caps(as_property(after, number + 1), number + 1)
    return Replaced(before=before, after=tuple(after))


def as_property(caps: Iterable[OwnersCap], number: int = 1) -> str:
    """Returns caps as the ledger has them."""
    return OwnersCaps(number=number, caps=tuple(caps)).model_dump_json(exclude_none=True)


def placed(caps: Iterable[OwnersCap], charges: Iterable[Entry] = ()) -> list[OwnersCap]:
    """Returns caps whose lineages are written as charges write them.

    Args:
        caps: As the owner of the data wrote them. What a charge has as its lineage stays, wherever that path leads by now.
        charges: Entries of the ledger.
    """
    names = {entry.lineage for entry in charges}
    return [cap.model_copy(update={"lineage": named_lineage(cap.lineage)}) if cap.lineage and cap.lineage not in names else cap
            for cap in caps]


def read_caps(path: Path) -> list[OwnersCap]:
    """Reads caps of the data's owner: YAML, a list of {lineage, population, epsilon, delta}.

    Raises:
        PolicyError: If they cannot be accepted.
    """
    try:
        return _CAPS.validate_python(read_yaml(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError):
        raise PolicyError("the file of caps cannot be read", where=f"--caps {path}", allowed="a text file in UTF-8",
                          next="correct the path") from None
    except (yaml.YAMLError, ValidationError):
        raise PolicyError("these are no caps", where=str(path),
                          allowed="a list of {lineage: NAME, population: NAME, epsilon: 10, delta: 1e-6}, one name at least, "
                                  f"and delta up to {MOST_DELTA:g}",
                          next="correct the file") from None
