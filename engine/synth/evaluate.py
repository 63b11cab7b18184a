"""How good a synthetic table is, and how close it comes to real rows. Aggregates only; not covered by any epsilon."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from engine.errors import InputError, SetupError
from engine.release.files import local_path
from engine.synth.encoding import Bins, Codes, Encoding
from engine.synth.holdout import split_holdout, unit_digests
from engine.synth.kept import kept, synthesis_receipt
from engine.synth.metrics import closest, k_marginal, share_closer, total_variation, triples
from engine.synth.prediction import predict
from engine.synth.shards import VerifiedRelease, open_release
from engine.synth.standing import Progress, silent
from schemas.evaluation import ClosestRecord, Distance, Evaluation
from schemas.policy import PolicyV1
from schemas.receipt import SynthesisReceipt

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95)

_COMPARED = 500
"""Rows whose closest record is sought, of each table."""


@dataclass(frozen=True)
class Tables:
    """Three tables of the same columns, encoded alike, each with at least one row."""

    encoding: Encoding
    train: Codes
    holdout: Codes
    synthetic: Codes


def evaluate(policy: PolicyV1, release_path: str, synthetic_path: str, *, progress: Progress = silent) -> Evaluation:
    """Compares a synthetic table with the release it was trained on, and writes ``<synthetic>.evaluation.json``.

    Args:
        policy: The release's policy; ``evaluation.target`` names what a model should predict.
        release_path: Of the verified release.
        synthetic_path: Of a table that ``synthesize`` wrote.
        progress: Called with what is under way and the share of it that is done.

    Raises:
        InputError: If a table or receipt is missing or altered, the two do not belong together, or one has no rows.
        GuaranteeNotMet: If the release is not verified.
        SetupError: If the file cannot be written.
    """
    began = time.perf_counter()
    release = open_release(release_path)
    receipt = synthesis_receipt(synthetic_path)
    if receipt.release_id != release.receipt.release_id:
        raise InputError("the synthetic table was made from another release", where=synthetic_path,
                         allowed=f"one made from release {release.receipt.release_id}", next="name the release it was made from")
    progress("reading", 0.0)
    tables = _tables(release, receipt, synthetic_path)
    progress("comparing marginals", 0.2)
    sizes, names = tables.encoding.sizes, tables.encoding.names
    chosen = triples(names)
    found = Evaluation(
        release_id=receipt.release_id, synthesis_id=receipt.synthesis_id, rows_real=len(tables.train),
        rows_holdout=len(tables.holdout), rows_synthetic=len(tables.synthetic),
        per_column=_distances(tables, 1), pairwise=_distances(tables, 2),
        k_marginal=k_marginal(tables.train, tables.synthetic, sizes, chosen),
        k_marginal_holdout=k_marginal(tables.train, tables.holdout, sizes, chosen),
        prediction=predict(policy, tables.encoding, tables.train, tables.holdout, tables.synthetic),
        closest_record=_closest_record(tables), seconds=round(time.perf_counter() - began, 1),
    )
    _write(synthetic_path, found)
    progress("comparing marginals", 1.0)
    return found


def _tables(release: VerifiedRelease, receipt: SynthesisReceipt, synthetic_path: str) -> Tables:
    _, _, encoding = kept(Path(local_path(synthetic_path) or synthetic_path), receipt)
    subject = release.receipt.subject if receipt.unit == "subject" else None
    columns = [*encoding.names, *([subject] if subject else [])]
    codes, digests = [], []
    for _, table in release.read(release.receipt.files, columns):
        names, known = unit_digests(table, subject, encoding.names)
        codes.append(encoding.encode(table)[known])
        digests.append(names[known])
    synthetic = _read_synthetic(synthetic_path, receipt)
    rows = np.concatenate(codes)
    held = split_holdout(np.concatenate(digests), receipt.holdout, by_row=subject is None)
    train, holdout = rows[~held], rows[held]
    if not (len(train) and len(holdout)):
        raise InputError("the release's training part or holdout has no rows: there is nothing to compare with",
                         where=release.path, next="change synthesis.holdout, or give more data")
    return Tables(encoding, train, holdout, encoding.encode(synthetic))


def _read_synthetic(path: str, receipt: SynthesisReceipt) -> pa.Table:
    place = Path(local_path(path) or path)
    try:
        delta = DeltaTable(str(place))
        files = [place / unquote(name) for name in pa.table(delta.get_add_actions(flatten=True))["path"].to_pylist()]
        table = pa.concat_tables([pq.read_table(file) for file in files])
    except (TableNotFoundError, DeltaError, OSError, pa.ArrowException):
        raise InputError("there is no readable synthetic table here", where=path, next="lakeveil synthesize POLICY") from None
    if delta.version() != receipt.output.version or len(table) != receipt.output.rows or not len(table):
        raise InputError("the synthetic table is not the one of its receipt", where=path, next="lakeveil synthesize POLICY")
    return table


def _distances(tables: Tables, together: int) -> tuple[Distance, ...]:
    names, sizes = tables.encoding.names, tables.encoding.sizes
    return tuple(
        Distance(columns=tuple(names[c] for c in group),
                 total_variation=total_variation(tables.train, tables.synthetic, group, sizes))
        for group in itertools.combinations(range(len(names)), together)
    )


def _closest_record(tables: Tables) -> ClosestRecord:
    """Compares like with like: as many training rows as there are held-out ones, so that chance favours neither."""
    spans = np.array([c.bins if isinstance(c, Bins) else 0 for c in tables.encoding.columns], dtype=np.float64)
    drawn = np.random.default_rng(0)
    synthetic, holdout = (_some(table, drawn) for table in (tables.synthetic, tables.holdout))
    as_many = min(len(tables.train), len(tables.holdout))
    train, other = (table[drawn.permutation(len(table))[:as_many]] for table in (tables.train, tables.holdout))
    to_train = closest(synthetic, tables.train, spans)
    return ClosestRecord(
        quantiles=QUANTILES,
        synthetic=tuple(np.quantile(to_train, QUANTILES).tolist()),
        holdout=tuple(np.quantile(closest(holdout, tables.train, spans), QUANTILES).tolist()),
        share_synthetic_closer=share_closer(closest(synthetic, train, spans), closest(synthetic, other, spans)),
    )


def _some(table: Codes, drawn: np.random.Generator) -> Codes:
    return table[drawn.permutation(len(table))[:_COMPARED]]


def _write(path: str, found: Evaluation) -> None:
    place = Path(str(local_path(path) or path).rstrip("/") + ".evaluation.json")
    draft = place.with_name(f".{place.name}.draft")
    try:
        draft.write_text(found.model_dump_json(indent=2) + "\n", encoding="utf-8")
        draft.replace(place)
    except OSError:
        raise SetupError("the evaluation cannot be written", where=str(place), next="check permissions and free space") from None
