"""From a release's files to one worker's privacy units."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch

from engine.synth.encoding import Encoding
from engine.synth.holdout import split_holdout, unit_names
from engine.synth.sampling import ID_BYTES, bounded, identifiers
from engine.synth.shards import VerifiedRelease
from engine.synth.training import Collective, Units, fresh_key


def load_units(
    release: VerifiedRelease, encoding: Encoding, *, subject: str | None, holdout: float, most_rows: int, ranks: Collective,
) -> tuple[Units, int]:
    """Returns this rank's units, and how many rows of the whole table were cut.

    Each file is read and checked by one rank; then every row travels to the rank that its unit's keyed id names, so a
    unit's rows meet wherever they lay. Shards are split once, here.

    Args:
        release: Verified; its files are checked against their digests as they are read.
        encoding: Of the learned columns.
        subject: Released name of the subject's column, or None where each row is its own unit.
        holdout: Share of units that stay out of training.
        most_rows: Rows that one unit may contribute; further rows are cut.
        ranks: The attempt's ranks.

    Raises:
        InputError: If a file is not the one that was verified.
    """
    key = fresh_key(ranks)
    columns = [*encoding.names, *([subject] if subject and subject not in encoding.names else [])]
    width = 2 * ID_BYTES + 4 * len(encoding.columns)
    parts, nameless = [np.empty((0, width), dtype=np.uint8)], 0
    for file, table in release.read(release.share(ranks.rank, ranks.size), columns):
        train, held = split_holdout(table, subject, encoding.names, holdout)
        nameless += int((~(train | held)).sum())
        places = np.flatnonzero(train)
        rows = identifiers((b"%s:%d" % (file.sha256.encode(), place) for place in places), key)
        units = rows
        if subject is not None:
            names = unit_names(table.take(pa.array(places)), subject, ())
            units = identifiers((b"unit:" + (name or b"") for name in names), key)
        codes = encoding.encode(table)[places]
        parts.append(np.concatenate([units, rows, np.ascontiguousarray(codes).view(np.uint8).reshape(len(places), -1)], axis=1))
    gathered = _routed(np.concatenate(parts), ranks)
    kept, offsets = bounded(gathered[:, :ID_BYTES], gathered[:, ID_BYTES : 2 * ID_BYTES], most_rows)
    cut = int(ranks.sum(torch.tensor([nameless + len(gathered) - len(kept)], dtype=torch.int64))[0])
    mine = gathered[kept]
    codes = np.ascontiguousarray(mine[:, 2 * ID_BYTES :]).view(np.int32).reshape(len(mine), len(encoding.columns))
    return Units(ids=np.ascontiguousarray(mine[offsets[:-1], :ID_BYTES]), codes=codes, offsets=offsets), cut


def _routed(rows: npt.NDArray[np.uint8], ranks: Collective) -> npt.NDArray[np.uint8]:
    """Returns the rows whose units belong to this rank."""
    owners = np.ascontiguousarray(rows[:, :8]).view(np.uint64).reshape(-1) % np.uint64(ranks.size)
    return ranks.route(torch.from_numpy(rows), owners.astype(np.intp)).numpy()
