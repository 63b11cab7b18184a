"""From a release's files to one worker's privacy units."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from engine.synth.encoding import Encoding
from engine.synth.holdout import DIGEST_BYTES, split_holdout, unit_digests, unit_names
from engine.synth.sampling import bounded, identifiers
from engine.synth.shards import VerifiedRelease
from engine.synth.training import Collective, Units, fresh_key


def load_units(
    release: VerifiedRelease, encoding: Encoding, *, subject: str | None, holdout: float, most_rows: int, ranks: Collective,
) -> tuple[Units, int]:
    """Returns this rank's units, and how many rows of the whole table were cut.

    Each file is read and checked by one rank; then every row travels to the rank that its unit's digest names, so a
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
    columns = [*encoding.names, *([subject] if subject and subject not in encoding.names else [])]
    parts, nameless = [np.empty((0, DIGEST_BYTES + 4 * len(encoding.columns)), dtype=np.uint8)], 0
    for _, table in release.read(release.share(ranks.rank, ranks.size), columns):
        digests, known = unit_digests(table, subject, encoding.names)
        codes = np.ascontiguousarray(encoding.encode(table)).view(np.uint8).reshape(len(table), -1)
        parts.append(np.concatenate([digests, codes], axis=1)[known])
        nameless += int((~known).sum())
    rows = _routed(np.concatenate(parts), ranks)
    rows = rows[~split_holdout(rows[:, :DIGEST_BYTES], holdout, by_row=subject is None)]
    key = fresh_key(ranks)
    units = identifiers(unit_names(rows[:, :DIGEST_BYTES], by_row=subject is None), key)
    cells = identifiers((row.tobytes() + place.to_bytes(6, "big") for place, row in enumerate(rows)), key)
    kept, offsets = bounded(units, cells, most_rows)
    cut = int(ranks.sum(torch.tensor([nameless + len(rows) - len(kept)], dtype=torch.int64))[0])
    learned = np.ascontiguousarray(rows[kept, DIGEST_BYTES:]).view(np.int32).reshape(len(kept), len(encoding.columns))
    return Units(ids=units[kept][offsets[:-1]], codes=learned, offsets=offsets), cut


def _routed(rows: npt.NDArray[np.uint8], ranks: Collective) -> npt.NDArray[np.uint8]:
    """Returns the rows whose units belong to this rank; equal digests, equal rank."""
    owners = np.ascontiguousarray(rows[:, :8]).view(np.uint64).reshape(-1) % np.uint64(ranks.size)
    return ranks.route(torch.from_numpy(rows), owners.astype(np.intp)).numpy()
