"""What a witness saw of a training (``witness/sitecustomize.py``): read while processes write, and after they were killed."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent / "witness"


def environment(folder: Path) -> dict[str, str]:
    """Returns what processes have to inherit for a witness to write to ``folder``."""
    path = os.pathsep.join(filter(None, [str(FOLDER), os.environ.get("PYTHONPATH")]))
    return {"LAKEVEIL_WITNESS": str(folder), "PYTHONPATH": path}


@dataclass
class Seen:
    """What one rank 0 did.

    Attributes:
        pid: Of its process.
        attempt: Which one of its training.
        journal: The training's.
        noise: Digests of noise vectors, one for each step.
        keys: Digests of keys.
        last: When it drew noise last.
    """

    pid: int
    attempt: int = 0
    journal: str = ""
    noise: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)


class Witness:
    """All that processes wrote to a folder so far; ``look`` reads on."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._read, self._seen = folder, Counter[str](), dict[str, Seen]()

    def look(self) -> list[Seen]:
        """Returns what every rank 0 did up to now."""
        for place in self.folder.glob("*.witness"):
            with place.open("rb") as file:
                file.seek(self._read[place.name])
                text = file.read()
            whole = text[: text.rfind(b"\n") + 1]
            self._read[place.name] += len(whole)
            seen = self._seen.setdefault(place.name, Seen(int(place.stem)))
            for line in whole.decode().splitlines():
                _take(seen, *line.split(" ", 2))
        return [seen for seen in self._seen.values() if seen.attempt]

    def steps(self, journal: str) -> int:
        """Returns how many steps a training has taken in fact."""
        return sum(len(seen.noise) for seen in self.look() if seen.journal == journal)

    def repeated(self) -> tuple[int, int]:
        """Returns how many noise vectors, and how many keys, were drawn before."""
        seen = self.look()
        return tuple(sum(Counter(one for part in parts for one in part).values()) - len({one for part in parts for one in part})
                     for parts in ([one.noise for one in seen], [one.keys for one in seen]))


def _take(seen: Seen, kind: str, when: str, what: str) -> None:
    if kind == "attempt":
        number, journal = what.split(" ", 1)
        seen.attempt, seen.journal = int(number), journal
    else:
        (seen.noise if kind == "noise" else seen.keys).append(what)
        if kind == "noise":
            seen.times.append(float(when))
