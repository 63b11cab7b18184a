"""What receipts say of a ledger: that it holds their entries. So a ledger that was cut at its end is noticed."""

from __future__ import annotations

from collections.abc import Sequence

from engine.artifacts import Artifacts, read_if_there
from engine.errors import InputError
from engine.plan import Policy
from engine.privacy.ledger import Book
from engine.release.files import local_path, receipt_path
from schemas.ledger import Charged
from schemas.receipt import Receipt, SynthesisReceipt
from schemas.statistics import StatisticsReceipt


def anchors(policy: Policy) -> tuple[Charged, ...]:
    """Returns the charges that the receipts of a policy's release, synthesis and statistics name, where they can be read.

    Raises:
        InputError: If what lies there is no receipt.
    """
    places = Artifacts.of(policy)
    kinds: dict[str, type[Receipt | SynthesisReceipt | StatisticsReceipt]] = {
        places.receipt: Receipt, places.synthesis: SynthesisReceipt, receipt_path(places.statistics): StatisticsReceipt}
    found = [read_if_there(place, kind) for place, kind in kinds.items() if local_path(place) is not None]
    return tuple(receipt.charge for receipt in found if receipt is not None and receipt.charge is not None)


def require_entries(book: Book, charges: Sequence[Charged]) -> None:
    """Checks that a ledger holds the entries that receipts name.

    Raises:
        InputError: If it lacks one.
    """
    for charge in charges:
        if charge.digest not in book.digests[charge.entry:charge.entry + 1]:
            raise InputError("the ledger lacks an entry that a receipt names: it was cut, or is another one",
                             where=f"{book.where}, entry {charge.entry}; the receipt names {charge.ledger}",
                             next="restore it; nothing is charged until then")
