"""Which rows a scan looks at: all, or some spread evenly over the table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa


def spread(batches: Iterable[pa.RecordBatch], rows: int, sample: int | None) -> Iterator[pa.RecordBatch]:
    """Yields ``sample`` of ``rows`` rows at even distances; all of them without ``sample`` or where there are no more.

    The same table gives the same sample, however it is cut into batches.
    """
    if sample is None or sample >= rows:
        yield from batches
        return
    wanted = (np.arange(sample, dtype=np.int64) * rows) // sample
    seen = 0
    for batch in batches:
        here = wanted[np.searchsorted(wanted, seen):np.searchsorted(wanted, seen + batch.num_rows)] - seen
        seen += batch.num_rows
        if len(here):
            yield batch.take(pa.array(here))
