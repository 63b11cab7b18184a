"""What became of one table: a report, or a typed error. One table's failure must not end the others' scan."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from engine import errors
from engine.errors import LakeveilError

T = TypeVar("T")


class CrashError(LakeveilError):
    """The process that scanned a table died of it."""

    code = "crashed"


def outcome(run: Callable[[], T], where: str) -> T | LakeveilError:
    """Returns what ``run`` returns, or the error that it raises; of an unforeseen one the kind alone: its text can hold data."""
    try:
        return run()
    except LakeveilError as error:
        return error
    except Exception as error:  # noqa: BLE001 - whatever it is, the other tables go on
        kind = type(error).__name__
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of a library in Rust, which is no Exception
            raise
        kind = "panic of a library"
    return LakeveilError(f"internal error: {kind}", where=where, next="scan the table by itself with LAKEVEIL_DEBUG=1")


def restored(record: dict[str, str]) -> LakeveilError:
    """Returns the error that ``LakeveilError.as_dict`` made a record of."""
    kinds = {kind.code: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, LakeveilError)}
    return kinds.get(record["error"], LakeveilError)(
        record["what"], **{part: record.get(part, "") for part in ("where", "allowed", "next")})
