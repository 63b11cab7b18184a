"""What is claimed on text in which nobody is, for each megabyte of each kind; beside the peer."""

from __future__ import annotations

import functools
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from tests.benchmarks.detect import ours, peer
from tests.benchmarks.detect.clean import corpora
from tests.benchmarks.detect.corpus import Corpus
from tests.benchmarks.detect.figures import Figure, figure
from tests.benchmarks.detect.spans import Span, resolved

_LARGEST = 2 << 20
_SHOWN, _BATCH = 5, 200
Find = Callable[[Sequence[str]], Iterable[list[Span]]]


def measure(seconds: float) -> list[Figure]:
    """Returns false positives a megabyte for each kind of text; they take about ``seconds``, alike for us and the peer."""
    kinds = corpora()
    peer.analyzer()
    ours.first_tier(), ours.scanner()
    return [line for one in kinds for line in _of_kind(one, seconds / len(kinds) / 3)]


def _of_kind(corpus: Corpus, seconds: float) -> Iterator[Figure]:
    """Yields what patterns claim, beside the peer that has nothing else, and what is claimed with names and places."""
    cells = corpus.take(_LARGEST)
    theirs, their_size = _false(corpus, cells, peer.found, seconds)
    right = f", {', '.join(sorted(corpus.right))} being right" if corpus.right else ""
    for what, scanner in (("", ours.first_tier()), (", with names", ours.scanner())):
        mine, size = _false(corpus, cells, functools.partial(ours.found, one=scanner), seconds)
        value, other = mine.total() / size, theirs.total() / their_size
        yield figure(f"false positives{what}: {corpus.name}", value, "a MB", peer=other, better="lower",
                     holds=value < other or value == 0,
                     note=f"{mine.total()} in {size:.2g} MB ({_most(mine, size)}); peer, without names, {theirs.total()} in "
                          f"{their_size:.2g} MB ({_most(theirs, their_size)}){right}")


def _false(corpus: Corpus, cells: Sequence[str], find: Find, seconds: float) -> tuple[Counter[str], float]:
    """Returns how often each type was claimed and is not right, and the megabytes looked at in the time."""
    claimed: Counter[str] = Counter()
    size, begin = 0, time.process_time()
    for some in (cells[place:place + _BATCH] for place in range(0, len(cells), _BATCH)):
        for spans in find(some):
            claimed.update(span.kind for span in resolved(spans) if span.kind not in corpus.right)
        size += sum(len(cell.encode()) for cell in some)
        if time.process_time() - begin > seconds:
            break
    return claimed, size / 1e6


def _most(claimed: Counter[str], size: float) -> str:
    return ", ".join(f"{kind} {count / size:.3g}" for kind, count in claimed.most_common(_SHOWN)) or "none"
