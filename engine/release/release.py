"""A release on its way: staged, verified, published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.errors import GuaranteeNotMet
from engine.plan import Plan
from engine.release.store import ReleaseStore
from engine.release.verification import certify
from schemas.ledger import Charged
from schemas.receipt import GuaranteeVerdict, Receipt
from schemas.versions import Version


@dataclass
class Release:
    """A staged table and the only way to make it visible.

    Attributes:
        plan: What was executed.
        backend: Name of the backend that executed it.
        release_id: Fresh for each execution; in the receipt and in the table's first commit.
        store: The staged table.
        keys: Handle of each key that was used → its identifier.
        versions: Which version it is, of a release that follows its source.
        proved: What was measured beside the staged table.
        charge: Where a ledger sums up what the plan has spent.
    """

    plan: Plan
    backend: str
    release_id: str
    store: ReleaseStore
    keys: Mapping[str, str] = field(default_factory=dict)
    versions: Version | None = None
    proved: tuple[GuaranteeVerdict, ...] = ()
    charge: Charged | None = None
    _receipt: Receipt | None = field(default=None, init=False)

    def verify(self) -> Receipt:
        """Re-reads the staged table and measures every promise on it.

        Returns:
            The receipt, with every verdict holding.

        Raises:
            GuaranteeNotMet: If a promise does not hold. Whatever is raised, the staged table is removed.
        """
        try:
            receipt = certify(self.plan, self.store, backend=self.backend, release_id=self.release_id, keys=self.keys)
        except BaseException:
            self.store.discard()
            raise
        receipt = receipt.model_copy(update={
            "versions": self.versions, "verdicts": (*receipt.verdicts, *self.proved), "charge": self.charge})
        broken = [verdict for verdict in receipt.verdicts if not verdict.holds]
        if broken:
            self.store.discard()
            raise GuaranteeNotMet(
                "the written table does not keep what the policy promises; nothing was published",
                where="; ".join(f"{v.guarantee}: promised {v.promised:g}, measured {v.measured:g}" for v in broken),
                next="this is a defect of the engine or of its storage, not of the policy: please report it")
        self._receipt = receipt
        return receipt

    def publish(self) -> Receipt:
        """Makes the table visible at the policy's path in one step, its receipt beside it; verifies first if need be.

        Raises:
            GuaranteeNotMet: If a promise does not hold.
            InputError: If something came to stand at the path meanwhile.
        """
        receipt = self._receipt or self.verify()
        self.store.publish(self.plan.policy.release.path, receipt)
        return receipt

    def discard(self) -> None:
        """Removes the staged table; the path stays as it was."""
        self.store.discard()
