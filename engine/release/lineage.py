"""Which source a table goes back to, through the releases between: by the receipts beside them."""

from __future__ import annotations

import os
import re

from pydantic import ValidationError

from engine.errors import InputError, PolicyError
from engine.plan import Policy
from engine.release.files import local_path, receipt_path
from schemas.receipt import Receipt, SynthesisReceipt

_ALIASES = {"s3a": "s3", "s3n": "s3", "abfs": "abfss", "wasb": "wasbs"}
"""Schemes of one store."""

_DEEPEST = 32
"""Releases of releases that are followed."""


def lineage_of(policy: Policy) -> str:
    """Returns what a policy's charges are summed under: all releases of one source share it, and releases of those.

    By what the policy names; where its source is a release, by that one's; else by the source's absolute path.

    Raises:
        PolicyError: If the policy names another than the release has that is its source, or that release's source is not known.
        InputError: If a receipt beside the source cannot be read.
    """
    named = policy.budget.lineage if policy.budget else None
    inherited = _inherited(policy.source.table, named, _DEEPEST)
    if named and inherited and named != inherited:
        raise PolicyError("the source is a release of another lineage", where=f"budget.lineage: {named}", allowed=inherited,
                          next="leave budget.lineage out: a release hands its lineage on")
    return named or inherited or place_of(policy.source.table)


def place_of(table: str) -> str:
    """Returns one name of a table, however its path is written: absolute, links followed; a catalog's name as it is."""
    place = local_path(table)
    if place is None:
        scheme, rest = table.split(":", 1)
        return f"{_ALIASES.get(scheme.lower(), scheme.lower())}:{rest}".rstrip("/")
    named = re.fullmatch(r"[A-Za-z_`][^/\\]*(\.[^/\\]+){1,2}", table) and not place.exists()
    return table if named else os.path.realpath(place)


def _inherited(table: str, named: str | None, deepest: int) -> str | None:
    """Returns the lineage that the receipt beside a table hands on; None where there is no receipt."""
    file = local_path(receipt_path(table))
    if file is None or not file.is_file():
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


def _read(written: bytes, where: str) -> Receipt | SynthesisReceipt:
    for kind in (Receipt, SynthesisReceipt):
        try:
            return kind.model_validate_json(written)
        except ValidationError:
            continue
    raise InputError("the receipt beside the source cannot be read", where=where,
                     next="restore it: it says which lineage is charged")
