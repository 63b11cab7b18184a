"""Rows of a trained generator: as many as one likes, all of them or those that meet conditions. Costs no epsilon."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError, TableNotFoundError

from engine.errors import InputError, PolicyError
from engine.release.files import discard_staging, local_path, open_staging, publish_directory
from engine.synth.attempt import GENERATORS
from engine.synth.encoding import Encoding
from engine.synth.generator import Generator
from engine.synth.given import Given, given
from engine.synth.kept import keep, kept, synthesis_receipt
from engine.synth.weights import Weights
from engine.version import lakeveil_version
from schemas.receipt import TableVersion
from schemas.sample import SampleReceipt

_AT_ONCE = 1 << 16
_PATIENCE = 1 << 22
"""Rows that are drawn in vain, one after the other, before a condition counts as hopeless."""


@dataclass(frozen=True)
class Model:
    """A trained generator, and how its codes are read.

    Attributes:
        generator: With its weights.
        encoding: Of its columns.
        schema: Of the tables that it makes.
    """

    generator: Generator
    encoding: Encoding
    schema: pa.Schema

    @classmethod
    def of(cls, name: str, weights: Weights, encoding: Encoding, schema: pa.Schema) -> Model:
        """Returns a generator with trained weights.

        Args:
            name: Of its family.
            weights: As training had them at the end.
            encoding: Of its columns.
            schema: Of a table that has them.

        Raises:
            InputError: If the weights are not of this family and these columns.
        """
        generator = GENERATORS[name](encoding.sizes)
        generator.restore(weights)
        return cls(generator, encoding, pa.schema([field for field in schema if field.name in encoding.names]))

    def batches(self, rows: int, conditions: Given | None = None) -> Iterator[pa.RecordBatch]:
        """Yields rows, together so many.

        Raises:
            InputError: If conditions hardly ever hold together.
        """
        left, vain = rows, 0
        while left:
            drawn = min(_AT_ONCE, left) if conditions is None else _AT_ONCE
            codes = self.generator.sample(drawn, conditions.allowed if conditions else None, self.encoding.possible)
            table = self.encoding.decode(codes, self.schema)
            if conditions is not None:
                table = table.filter(pa.array(conditions.met(table))).slice(0, left)
            vain = 0 if len(table) else vain + drawn
            if vain >= _PATIENCE:
                raise InputError("the conditions hardly ever hold together", where=f"none of {vain:,} rows met them",
                                 allowed="what the generator has learned to happen", next="ask for less, or for wider intervals")
            left -= len(table)
            yield from table.combine_chunks().to_batches()

    def keep(self, folder: Path) -> str:
        """Writes the generator into the folder of a table that it made; returns the file's SHA-256."""
        return keep(folder, self.generator.name, {name: value.numpy() for name, value in self.generator.state.items()},
                    self.encoding)


def model_of(path: str) -> tuple[Model, str]:
    """Returns the generator of a synthetic table, and the id of its synthesis.

    Raises:
        InputError: If there is no receipt, no generator, or it is not the one that the receipt names.
    """
    receipt, table = synthesis_receipt(path), local_path(path) or Path(path)
    family, weights, encoding = kept(table, receipt)
    try:
        schema = pa.schema(DeltaTable(str(table), version=0).schema().to_arrow())
    except (TableNotFoundError, DeltaError, OSError):
        raise InputError("there is no readable Delta table beside the receipt", where=path, next="synthesize again") from None
    return Model.of(family, weights, encoding, schema), receipt.synthesis_id


def sample(path: str, rows: int, conditions: Iterable[str], out: str) -> SampleReceipt:
    """Draws rows from the generator of a synthetic table into a Delta table of their own.

    Args:
        path: Of the synthetic table.
        rows: How many.
        conditions: That they have to meet: ``column=value``, ``column=low..high``, ``column=``, ``column=""``.
        out: Where they go, with a receipt beside.

    Raises:
        PolicyError: If there is no row to draw, or a condition is none of the generator's columns.
        InputError: If there is no generator, it was altered, conditions hardly ever hold together, or the path is taken.
        SetupError: If the folder cannot be written.
    """
    if rows < 1:
        raise PolicyError("there is no row to draw", where="--rows", allowed="1 or more")
    model, synthesis = model_of(path)
    asked, said = tuple(conditions), uuid.uuid4().hex
    met = given(asked, model.encoding, model.schema) if asked else None
    receipt = SampleReceipt(
        sample_id=said, synthesis_id=synthesis, lakeveil=lakeveil_version(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        output=TableVersion(table=out, version=0, rows=rows), given=asked, columns=tuple(model.schema.names))
    staged = open_staging(out, said)
    try:
        write(model, staged, rows, {"sample_id": said, "synthesis_id": synthesis}, met)
        publish_directory(staged, out, receipt)
    except BaseException:
        discard_staging(staged)
        raise
    return receipt


def write(model: Model, staged: str, rows: int, ids: dict[str, str], conditions: Given | None = None) -> None:
    """Writes rows of a generator as a Delta table.

    Raises:
        InputError: If conditions hardly ever hold together.
    """
    raised: list[Exception | KeyboardInterrupt] = []
    reader = pa.RecordBatchReader.from_batches(model.schema, _heard(model.batches(rows, conditions), raised))
    try:
        write_deltalake(staged, reader, commit_properties=CommitProperties(custom_metadata={"userMetadata": json.dumps(ids)}))
    except BaseException:
        if raised:
            raise raised[0] from None
        raise


def _heard(batches: Iterator[pa.RecordBatch], raised: list[Exception | KeyboardInterrupt]) -> Iterator[pa.RecordBatch]:
    """Yields batches; what they raise is kept: who reads them through Arrow sees the words of it alone."""
    try:
        yield from batches
    except (Exception, KeyboardInterrupt) as error:
        raised.append(error)
        raise
