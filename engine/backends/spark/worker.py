"""What runs on executors: Arrow batches through kernels. Imports no pyspark.

A failure's own message can hold a row, and Spark writes it to its log, its UI and its event log. So it
leaves an executor as kernel, code and exception class only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from engine.anonymity.tree import FLAG
from engine.errors import LakeveilError, NotReadyError
from udfs import kernel

ROWS, BYTES = 1 << 16, 1 << 24
"""Of the batches that kernels get, about."""

NOT_READY = re.compile(r"lakeveil not-ready=(?P<error>[\w.~%-]+)")
"""What a worker says that cannot load what its configuration names: the error's record, as percent-encoded JSON."""
FAILURE = re.compile(r"lakeveil kernel=(?P<kernel>\w+) code=(?P<code>\w+) cause=(?P<cause>\w+)")


class KernelError(Exception):
    """A kernel failed. Its message names the kernel, a code and a class; nothing of the data."""


@dataclass(frozen=True)
class Call:
    """One kernel call on a batch's columns.

    Attributes:
        kernel: Name of the kernel.
        inputs: Names of its input columns.
        kinds: Arrow type that each input is handed over as.
        output: Name of the column it makes.
        type: Arrow type of that column.
        arguments: Keyword arguments, the subkey among them. Not shown: a subkey must not reach a log.
    """

    kernel: str
    inputs: tuple[str, ...]
    kinds: tuple[pa.DataType, ...]
    output: str
    type: pa.DataType
    arguments: dict[str, Any] = field(repr=False)

    def __call__(self, columns: dict[str, pa.Array]) -> None:
        """Adds the result to ``columns``."""
        columns[self.output] = self.run(columns).cast(self.type)

    def run(self, columns: dict[str, pa.Array]) -> Any:  # noqa: ANN401 - an Arrow array
        """Returns the kernel's result."""
        inputs = [columns[name].cast(kind) for name, kind in zip(self.inputs, self.kinds, strict=True)]
        return kernel(self.kernel)(*inputs, **self.arguments)


@dataclass(frozen=True)
class RecodeCall(Call):
    """Routes rows down the tree: one output column per quasi-identifier, and one beside them.

    ``output`` names the one beside, and ``beside`` what the kernel calls it; ``labels`` the others, and ``fields`` likewise.
    """

    labels: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    beside: str = FLAG

    def __call__(self, columns: dict[str, pa.Array]) -> None:
        """Adds the labels and what is beside them to ``columns``."""
        struct = self.run(columns)
        for name, label in zip(self.fields, self.labels, strict=True):
            columns[label] = struct.field(name)
        columns[self.output] = struct.field(self.beside)


class TextCall(Call):
    """Renders a column as text, as Arrow does."""

    def run(self, columns: dict[str, pa.Array]) -> Any:  # noqa: ANN401 - an Arrow array
        """Returns the column as strings."""
        return columns[self.inputs[0]].cast(self.kinds[0]).cast(pa.string())


def batches(calls: Sequence[Call], kept: pa.Schema) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Returns the function for ``mapInArrow``: runs ``calls`` in order on each batch and yields the columns of ``kept``."""

    def run(incoming: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in larger(incoming):
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            for call in calls:
                guarded(call.kernel, call, columns)
            yield guarded("cast", _batch, columns, kept)

    return run


def larger(incoming: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yields batches of more rows, or bytes: what a kernel does once a batch is done less often."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in incoming:
        held.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= ROWS or size >= BYTES:
            yield pa.concat_batches(held)
            held, rows, size = [], 0, 0
    if held:
        yield pa.concat_batches(held)


def guarded(name: str, run: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - passes through
    """Calls ``run``; a failure leaves without message, values or the original behind it.

    A worker that is not ready has seen no value yet, and says what it lacks.

    Raises:
        KernelError: If ``run`` fails.
    """
    try:
        return run(*arguments)
    except NotReadyError as error:
        failure = KernelError(f"lakeveil not-ready={quote(json.dumps(error.as_dict()), safe='')}")
    except Exception as error:  # noqa: BLE001 - whatever it is, its text may hold a row
        code = error.code if isinstance(error, LakeveilError) else "internal"
        failure = KernelError(f"lakeveil kernel={name} code={code} cause={type(error).__name__}")
    raise failure


def _batch(columns: dict[str, pa.Array], kept: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([columns[field.name].cast(field.type) for field in kept], schema=kept)
