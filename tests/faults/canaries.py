"""A sweep for keys: whether anything of a secret, in whatever spelling, stands in files or in bytes.

Secrets are named; what is found is told by name, spelling and place, never by the secret itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from engine.backends.keys import RootKey, resolve
from engine.backends.spark.native import pads
from engine.backends.subject_keys import NAMES, KeyTable
from engine.ciphers.wrapped import attached, unwrap
from engine.operators.base import KeyRef
from engine.plan import Plan
from engine.plan.stages import Apply
from tests.faults.spellings import spellings
from tests.faults.unpacked import views

_KEY_BYTES = 32


@dataclass(frozen=True, order=True)
class Sighting:
    """One secret that was found.

    Attributes:
        place: Where: a file's path, or whatever the bytes were called.
        secret: Its name.
        spelling: How it was written there.
    """

    place: str
    secret: str
    spelling: str


class Sweep:
    """Looks for secrets.

    Args:
        secrets: Name → secret.
    """

    def __init__(self, secrets: Mapping[str, bytes]) -> None:
        self._named: dict[bytes, list[tuple[str, str]]] = defaultdict(list)
        for name, secret in secrets.items():
            for spelling, needle in spellings(secret):
                self._named[needle].append((name, spelling))
        self._needles = list(self._named)
        self._database = _compiled(self._needles)

    def data(self, place: str, data: bytes) -> set[Sighting]:
        """Returns what stands in bytes, packed or not."""
        return {Sighting(place, *named) for view in views(data) for needle in self._within(view) for named in self._named[needle]}

    def files(self, *folders: Path) -> set[Sighting]:
        """Returns what stands in the files below folders, and in their names."""
        found: set[Sighting] = set()
        for file in (file for folder in folders for file in (folder, *sorted(folder.rglob("*")))):
            named = self.data("a file's name", file.name.encode())
            found |= named | self.data("a file with a key in its name" if named else str(file), _content(file))
        return found

    def _within(self, data: bytes) -> Iterable[bytes]:
        if self._database is None:
            return [needle for needle in self._needles if needle in data]
        found: set[int] = set()
        self._database.scan(data, match_event_handler=lambda number, *_: found.add(number))
        return [self._needles[number] for number in found]


def secrets_of(plan: Plan) -> dict[str, bytes]:
    """Returns every root key of a plan, every subkey that is derived from one for it, and HMAC's padded blocks of each."""
    refs = {ref for stage in plan.stages if isinstance(stage, Apply) for _, ref in stage.call.keys}
    return {name: secret for ref in refs for name, secret in secrets_behind(ref)}


def secrets_in(table: KeyTable, many: int = 3) -> dict[str, bytes]:
    """Returns some of the keys in a table of subjects' keys, unwrapped; and what names subjects, with what is derived of it."""
    rows = pa.Table.from_batches(list(table.batches())).sort_by("subject").slice(0, 1 + many).combine_chunks()
    keys = unwrap(attached(rows["subject"].combine_chunks(), rows["wrapped"].combine_chunks()), table.key)
    found = {f"key of subject {place}": key.tobytes() for place, key in enumerate(keys)}
    return found | dict(secrets_behind(KeyRef("namer", NAMES), RootKey(found["key of subject 0"])))


def secrets_behind(ref: KeyRef, root: RootKey | None = None) -> Iterator[tuple[str, bytes]]:
    """Yields the names and bytes of what is secret about a subkey."""
    root = root or resolve(ref.handle)
    subkey = root.derive(ref.info)
    inner, outer = pads(subkey)
    yield ref.handle, root._material
    yield f"{ref.handle} {ref.info}", subkey
    yield f"{ref.handle} {ref.info}, inner block", inner[:_KEY_BYTES]
    yield f"{ref.handle} {ref.info}, outer block", outer[:_KEY_BYTES]


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes() if file.is_file() else b""
    except OSError:  # gone since it was listed
        return b""


def _compiled(needles: list[bytes]):
    """Returns a database of all needles; None where Hyperscan is missing: then each is looked for by itself, slowly."""
    try:
        import hyperscan  # noqa: PLC0415 - not on every machine
    except ImportError:
        return None
    database = hyperscan.Database()
    database.compile(expressions=[b"".join(b"\\x%02x" % byte for byte in needle) for needle in needles],
                     ids=list(range(len(needles))), flags=[hyperscan.HS_FLAG_SINGLEMATCH] * len(needles))
    return database
