"""What the steps of the road leave beside a release, and where."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from engine.errors import InputError, SetupError
from engine.plan import Policy
from engine.release.files import RECEIPT, local_path, receipt_path, write_text
from schemas.base import Record
from schemas.receipt import Receipt

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Artifacts:
    """Where everything about one release lies.

    Attributes:
        release: Path of the released table.
        synthetic: Path of the synthetic table.
        statistics: Path of the source's statistics.
    """

    release: str
    synthetic: str
    statistics: str

    @classmethod
    def of(cls, policy: Policy) -> Artifacts:
        """Returns the places that a policy names."""
        release = policy.release.path.rstrip("/")
        named = policy.synthesis.path if policy.synthesis else None
        told = policy.statistics.path if policy.statistics else None
        return cls(release, (named or f"{release}.synthetic").rstrip("/"), (told or f"{release}.statistics").rstrip("/"))

    @property
    def receipt(self) -> str:
        """The release's receipt."""
        return f"{self.release}.receipt.json"

    @property
    def scan(self) -> str:
        """What the scan of the source found."""
        return f"{self.release}.scan.json"

    @property
    def utility(self) -> str:
        """What the release is good for, against its source."""
        return f"{self.release}.utility.json"

    @property
    def report(self) -> str:
        """The HTML report."""
        return f"{self.release}.report.html"

    @property
    def risk(self) -> str:
        """What the source gives away, and the release."""
        return f"{self.release}.risk.json"

    @property
    def synthesis(self) -> str:
        """The synthetic table's receipt."""
        return f"{self.synthetic}.receipt.json"

    @property
    def evaluation(self) -> str:
        """How close the synthetic table is, and how private."""
        return f"{self.synthetic}.evaluation.json"


def released(target: str) -> str:
    """Returns the path of the release that a target names: by its own path, by its receipt's, or by standing in it.

    Raises:
        InputError: If no receipt lies beside it.
    """
    path = target.removesuffix(RECEIPT)
    place = local_path(path)
    if place is not None and place.name in {"", ".."}:
        place = place.resolve()
        path = str(place)
    if file_of(receipt_path(path)).is_file():
        return path
    inside = sorted(file.name.removesuffix(RECEIPT) for file in place.glob(f"*{RECEIPT}")) if place and place.is_dir() else []
    raise InputError("there is no receipt beside this, so that it is no release", where=path,
                     allowed="a release, its receipt, or the policy that released it",
                     next=f"name one of those in this folder: {', '.join(inside[:3])}" if inside else "correct the path")


def read(path: str, kind: type[R]) -> R:
    """Reads the record that an earlier step left at ``path``.

    Raises:
        InputError: If there is none, or it is not one.
    """
    file = file_of(path)
    if not file.is_file():
        raise InputError(f"there is no {kind.__name__.lower()} here", where=path, next="run the step that writes it first")
    try:
        return kind.model_validate_json(file.read_bytes())
    except ValidationError:
        raise InputError(f"this is not a {kind.__name__.lower()}, or it was altered", where=path,
                         next="run the step that writes it again") from None


def leave(path: str, text: str) -> None:
    """Writes ``text`` at ``path``, whole or not at all.

    Raises:
        SetupError: If the folder cannot be written.
    """
    write_text(file_of(path), text)


def read_if_there(path: str, kind: type[R]) -> R | None:
    """Returns the record at ``path``, or None if there is none.

    Raises:
        InputError: If what is there is not such a record.
    """
    return read(path, kind) if file_of(path).is_file() else None


def refuse_overwriting(out: Path | None, but: type[Record] | None = None) -> None:
    """Refuses to write where something is, but an earlier record of a kind may be written again.

    Args:
        out: Where a command shall write; nothing is refused if it is None.
        but: The kind, if there is one.

    Raises:
        InputError: If there is a file, or a folder.
    """
    if out is None or not out.exists():
        return
    if but is not None and out.is_file():
        with suppress(ValidationError, OSError):
            but.model_validate_json(out.read_bytes())
            return
    allowed = f"a file that is not there yet{f', or an earlier {but.__name__.lower()}' if but else ''}"
    raise InputError("there is a file already", where=str(out), allowed=allowed, next="name another with --out")


def receipt_of(policy: Policy) -> Receipt:
    """Returns the receipt of the release that a policy made.

    Raises:
        InputError: If there is none, or it is another policy's.
    """
    receipt = read(Artifacts.of(policy).receipt, Receipt)
    refuse_other_policy(policy, receipt)
    return receipt


def refuse_other_policy(policy: Policy, receipt: Receipt) -> None:
    """Refuses a policy that is not the one that released, wherever the release was moved since.

    What the fingerprint leaves out may have changed.

    Raises:
        InputError: If the receipt names another policy.
    """
    released = policy.released_to(receipt.output.table).fingerprint
    if released != receipt.policy_fingerprint:
        raise InputError(
            "the release was not made by this policy", where=policy.release.path,
            allowed=f"the policy {receipt.policy_fingerprint[:12]}…, of {receipt.created[:10]}; this one is {released[:12]}…",
            next="name the policy as it was, or release anew to another path; lakeveil verify with the table's path, in place "
                 "of a policy, holds it to its receipt")


def file_of(path: str) -> Path:
    """Returns a path as one of a mounted file system, where everything lies that steps leave.

    Raises:
        SetupError: If it is a URI of another store.
    """
    file = local_path(path)
    if file is None:
        raise SetupError("not a mounted file system", where=path, allowed="a plain path or a file: URI",
                         next="mount the store (on Databricks: a volume)")
    return file
