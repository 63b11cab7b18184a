"""Which source a table goes back to, through the releases between: by the receipts beside them."""

from __future__ import annotations

import json
import os

from pydantic import ValidationError

from engine.errors import InputError, PolicyError
from engine.plan import Policy
from engine.release.files import FIRST_COMMIT, local_path, receipt_path
from schemas.names import one_name, parts_of
from schemas.receipt import Receipt, SynthesisReceipt

_ALIASES = {"s3a": "s3", "s3n": "s3", "abfs": "abfss", "wasb": "wasbs"}
"""Schemes of one store."""

_IDS = frozenset({"release_id", "synthesis_id", "sample_id"})
"""One of these is in what a release's first commit says of itself."""

_DEEPEST = 32
"""Releases of releases that are followed."""


def lineage_of(policy: Policy) -> str:
    """Returns what a policy's charges are summed under: all releases of one source share it, and releases of those.

    By what the policy names, a path as one name of its table; where its source is a release, by that one's; else by the source's
    absolute path, or its whole name in a catalog.

    Raises:
        PolicyError: If the policy names another than the release has that is its source; or if it names none, and that release's
            source is not known, or its receipt is not there, or a session decides what the source's name means: it would be a new
            source with a fresh budget.
        InputError: If a receipt beside the source cannot be read.
    """
    named = policy.budget.lineage if policy.budget else None
    inherited = _inherited(policy.source.table, named, _DEEPEST)
    if named and inherited and named_lineage(named) != named_lineage(inherited):
        raise PolicyError("the source is a release of another lineage", where=f"budget.lineage: {named}", allowed=inherited,
                          next="leave budget.lineage out: a release hands its lineage on")
    if inherited:
        return one_name(inherited)
    return named_lineage(named) if named else _whole(policy.source.table)


def named_lineage(written: str) -> str:
    """Returns a lineage as charges write it: what has a slash is a path, and becomes one name of its table; else it is a name."""
    return place_of(written) if "/" in written else one_name(written)


def place_of(table: str) -> str:
    """Returns one name of a table, however it is written: its path absolute, links followed; or its name in a catalog."""
    place = local_path(table)
    if place is None:
        scheme, rest = table.split(":", 1)
        return f"{_ALIASES.get(scheme.lower(), scheme.lower())}:{rest}".rstrip("/")
    return one_name(table) if parts_of(table) and not place.exists() else os.path.realpath(place)


def _whole(table: str) -> str:
    """Returns the one name of a table, unless a session decides which table it means."""
    place = place_of(table)
    parts = parts_of(place)
    if parts and (len(parts) < 3 or any("/" in part for part in parts)):  # noqa: PLR2004 - catalog, schema and table
        raise PolicyError("no file has this name, and in a catalog a session would decide which table it means",
                          where=f"source.table: {table}", allowed="a path, or catalog.schema.table",
                          next="write the whole name; or say budget.lineage, the one that earlier charges have, if there are any")
    return place


def _inherited(table: str, named: str | None, deepest: int) -> str | None:
    """Returns the lineage that the receipt beside a table hands on; None where there is no receipt."""
    file = local_path(receipt_path(table))
    if file is None or not file.is_file():
        if named is None and _is_release(table):
            raise PolicyError("the source is a release, and its receipt is not beside it", where=receipt_path(table),
                              next="put the receipt back; or say budget.lineage, as the policy that released it does")
        return None
    receipt = _read(file.read_bytes(), str(file))
    if isinstance(receipt, Receipt) and receipt.lineage:
        return receipt.lineage
    if isinstance(receipt, SynthesisReceipt) and receipt.charge:
        return receipt.charge.lineage
    source = receipt.source.table if isinstance(receipt, Receipt) else receipt.release.table
    place = local_path(source)
    if deepest and (place is None or place.exists()):
        return _inherited(source, named, deepest - 1) or place_of(source)
    if named:
        return None
    raise PolicyError("the source is a release, and where that came from is not known here", where=f"{file}: {source}",
                      next="say budget.lineage, as the policy that released it does")


def _is_release(table: str) -> bool:
    """Whether a table's first commit says that it was released, synthesized or sampled by Lakeveil."""
    root = local_path(table)
    try:
        lines = (root / FIRST_COMMIT).read_text(encoding="utf-8").splitlines() if root else []
        said = [json.loads(line).get("commitInfo", {}).get("userMetadata") for line in lines if line.strip()]
        return any(not _IDS.isdisjoint(json.loads(user)) for user in said if user)
    except (OSError, ValueError, AttributeError, TypeError):  # no Delta table, or somebody else's words
        return False


def _read(written: bytes, where: str) -> Receipt | SynthesisReceipt:
    for kind in (Receipt, SynthesisReceipt):
        try:
            return kind.model_validate_json(written)
        except ValidationError:
            continue
    raise InputError("the receipt beside the source cannot be read", where=where,
                     next="restore it: it says which lineage is charged")
