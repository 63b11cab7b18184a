"""Releases whose files services that keep tables in shape wrote anew, or who says to be one; and what is taken back."""

from __future__ import annotations

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from engine.backends.growing import INSIDE, Book, GrowingBackend
from engine.errors import InputError, SetupError
from engine.growing.folder import Folder
from engine.plan import Policy
from engine.release import ReleaseStore
from engine.release.commits import change_after, changed_at
from engine.release.files import local_path
from schemas.versions import Version, VersionState


def recorded(policy: Policy, version: Version, backend: GrowingBackend) -> ReleaseStore:
    """Returns the rows that are published by what the owner's tables say, more columns beside them.

    Args:
        policy: The policy that published the release.
        version: What its receipt tells of the newest version.
        backend: What reads the owner's tables.

    Raises:
        InputError: If the state is missing, or is not the receipt's.
    """
    state = Folder(policy).state(version.state)
    return backend.book(policy, state).inside(state.tables.get(INSIDE))


def require_recorded(policy: Policy, state: VersionState, backend: GrowingBackend, book: Book, *, since: int | None) -> None:
    """Checks that a release whose files were written anew holds what the owner's tables say is published.

    The next receipt proves those files. That a commit changed no data is said by whoever made it, and what it wrote may keep all
    claims and still hold other values; the owner's tables lie where who writes the release need not be able to write.

    Args:
        policy: The policy.
        state: Of the version that is published.
        backend: What reads the release.
        book: The owner's tables.
        since: Delta version in which it was published.

    Raises:
        InputError: If it holds other rows.
    """
    path = policy.release.path
    if change_after(path, since or 0) != "files":
        return
    if not backend.open(path).same_rows(book.inside(state.tables.get(INSIDE))):
        raise InputError("the release's files were written anew, with other rows than were published", where=path,
                         allowed="a table whose data nobody but lakeveil append changes",
                         next="put the folder back from a copy, or publish a release anew")


def taken_back(path: str, version: int) -> int:
    """Restores a release to an earlier version; returns the number of the version that says so.

    Where that one's files are gone, as after OPTIMIZE and VACUUM, to the one before the last that changed data: same rows.

    Raises:
        SetupError: If it cannot be.
    """
    place = str(local_path(path) or path)
    try:
        before = changed_at(path, DeltaTable(place).version()) - 1
        try:
            DeltaTable(place).restore(version)
        except DeltaError:
            DeltaTable(place).restore(before)
        return int(DeltaTable(place).version())
    except (DeltaError, OSError):
        raise SetupError("a version that breaks a promise is published and cannot be taken back", where=path,
                         next=f"restore version {version} at once") from None
