"""Where values that were brought back go: a new file that nobody else can read, there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from engine.errors import InputError, PolicyError, SetupError


@contextmanager
def write(path: Path) -> Iterator[Callable[[pa.Table], None]]:
    """Makes the file before anything is opened, and yields what writes a table into it; an error takes it away again.

    Raises:
        PolicyError: If it is no Parquet file by its name.
        InputError: If something is there.
        SetupError: If it cannot be made.
    """
    if path.suffix != ".parquet":
        raise PolicyError("values are written as Parquet", where="--out", allowed="a name that ends in .parquet")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InputError("something is there already", where=str(path), next="name a new file") from None
    except OSError as error:
        raise SetupError(f"the file cannot be made ({error.strerror})", where=str(path), next="name another place") from None
    done = False

    def keep(table: pa.Table) -> None:
        nonlocal done
        with os.fdopen(os.dup(descriptor), "wb") as file:
            pq.write_table(table, file)
        done = True

    try:
        yield keep
    finally:
        os.close(descriptor)
        if not done:
            path.unlink(missing_ok=True)
