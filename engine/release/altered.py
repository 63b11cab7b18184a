"""Whether a published table is still the one that its receipt was written for."""

from __future__ import annotations

from engine.errors import InputError
from engine.release.store import ReleaseStore
from schemas.receipt import Receipt


def refuse_altered(receipt: Receipt, store: ReleaseStore, recorded: ReleaseStore | None = None) -> str:
    """Refuses a table that does not hold, byte by byte or row by row, what a receipt was written for.

    Its version is the receipt's, or a later one if the log says that no commit since changed data. Saying so proves nothing, for
    whoever can write the table can say it. So, if data files came or went since (OPTIMIZE), the rows that are published are
    compared with those of the receipt's version, whose files still have the digests that it names; or, where ``VACUUM`` removed
    these, with what the owner's tables say is published. Else, files have those digests.

    Args:
        receipt: The receipt.
        store: The published table.
        recorded: What the owner's tables say is published, where a release gets versions.

    Returns:
        What rows were compared with; nothing if bytes were.

    Raises:
        InputError: If its first commit, its files or its rows are others, data was changed, or nobody can tell.
    """
    reasons, compared, since = [], "", receipt.output.version or 0
    done = store.change_after(since)
    if done == "rows":
        reasons.append(f"version {store.version()} where the receipt says {since}")
    if store.commit_sha256() != receipt.commit_sha256:
        reasons.append("another first commit")
    if done == "files":
        other, compared = _rewritten(receipt, store, recorded)
        reasons += other
    elif store.files() != receipt.files:
        reasons.append("other data files, or other bytes in them")
    if reasons:
        raise InputError(f"the table is not the one that was verified: {'; '.join(reasons)}", where=store.path,
                         next="a release is never changed: publish a new one from the policy")
    return compared


def _rewritten(receipt: Receipt, store: ReleaseStore, recorded: ReleaseStore | None) -> tuple[list[str], str]:
    """Returns why rows in other files are not those that were verified, if they are not, and what they were compared with."""
    since = receipt.output.version or 0
    verified = store.at(since)
    try:
        if verified.files() != receipt.files:
            return [f"other data files, or other bytes in them, in version {since}"], ""
        told, against = f"version {since}", verified
    except InputError:  # a file is gone
        if recorded is None:
            return ["its files were written anew, and those that were verified are gone, so that nothing is left to compare with"
                    + (" but the owner's tables: lakeveil verify POLICY" if receipt.versions else "")], ""
        told, against = "the owner's tables", recorded
    same = store.same_rows(against)
    return [] if same else [f"other rows than {told}"], f"files were written anew since; the rows are those of {told}"
