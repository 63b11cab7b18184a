"""Labels that a person would misread: blank ones, ``'*'`` below the top, twins that differ in blanks, signs that nobody sees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.errors import PolicyError
from engine.hierarchy.look import Levels, Lines, some
from schemas.hierarchy import HierarchyRemark
from schemas.reserved import SUPPRESSED

NUL = "\0"


def doubtful(levels: Levels, lines: Lines = None) -> Iterator[HierarchyRemark]:
    """Yields what a plan takes of a hierarchy that lists its values, and a reader of the release may take for something else."""
    for level, labels in enumerate(levels[:-1]):
        encoded = labels.dictionary_encode()
        texts, first = encoded.dictionary, np.unique(np.asarray(encoded.indices), return_index=True)[1]
        plain = pc.utf8_trim_whitespace(texts)
        index = np.asarray(plain.dictionary_encode().indices)
        kind = "labels" if level else "values"
        found = {f"{kind} differ only in blanks around them": np.bincount(index, minlength=1)[index] > 1,
                 f"{kind} hold the sign NUL": _mask(pc.match_substring(texts, NUL))}
        if level:  # a value may be anything: the column has it
            found["labels are empty or blank"] = _mask(pc.equal(plain, ""))
            found["labels are '*', and read as what is suppressed"] = _mask(pc.equal(texts, SUPPRESSED))
        for what, doubted in found.items():
            if doubted.any():
                seen = np.sort(first[doubted])
                yield HierarchyRemark(what=what, count=len(seen), lines=some(seen, lines), level=level)


def refuse_doubtful(level: int, name: str, others: Iterable[str], where: str) -> None:
    """Refuses a new label that would be doubted; of values only what no file holds.

    Args:
        level: Where it is to stand, below the top.
        name: The label.
        others: The labels that stand beside it.
        where: Named in the error.

    Raises:
        PolicyError: If it is one.
    """
    what = ""
    if NUL in name:
        what = "the name holds the sign NUL"
    elif level and not name.strip():
        what = "the name is empty or blank"
    elif level and name == SUPPRESSED:
        what = "the name is '*', which stands at the top alone"
    elif level and any(name != other and name.strip() == other.strip() for other in others):
        what = "the name differs from another only in blanks around it"
    if what:
        raise PolicyError(what, where=where, allowed="a name that nobody takes for another, or for nothing",
                          next="choose another name")


def _mask(booleans: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray(booleans)
