"""Which unit a row belongs to, and whether training may see it. Evaluation asks the same question again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.synth.encoding import as_text, row_names
from engine.synth.sampling import held_out


def unit_names(table: pa.Table, subject: str | None, columns: Sequence[str]) -> list[bytes | None]:
    """Returns what identifies each row's unit: its subject's token, or the row's own cells; None without a subject."""
    if subject is None:
        return list(row_names(table, columns))
    return [None if name is None else name.encode() for name in as_text(table[subject]).to_pylist()]


def split_holdout(
    table: pa.Table, subject: str | None, columns: Sequence[str], share: float,
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Returns which rows train and which are held out. Rows without a subject do neither."""
    names = unit_names(table, subject, columns)
    known = np.fromiter((name is not None for name in names), dtype=np.bool_, count=len(names))
    held = held_out((name or b"" for name in names), share)
    return known & ~held, known & held
