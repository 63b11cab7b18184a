"""What every job shares of its face: progress, one result, errors, exit codes.

Results go to stdout; progress and errors go to stderr. On a terminal progress is a bar, elsewhere a line
for each new thing that is under way. With ``--json`` stdout holds exactly one JSON document.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, Self, TypeVar

import typer

from engine.errors import LakeveilError, SetupError
from jobs._ending import end
from jobs._progress import LakeProgress

if TYPE_CHECKING:
    from pydantic import BaseModel
    from rich.console import RenderableType

    from engine.lake.scan import Standing

EXIT_CODES = (
    "Exit codes: 0 done · 1 internal error (a defect) · 2 usage or policy · 3 input · 4 environment · "
    "5 guarantee not met · 6 privacy budget · 7 some tables of a lake could not be scanned · "
    "8, 9, 10 the first, second, third alert of a privacy budget is reached · 11 an audit proves nothing · 130 interrupted. "
    "A step that does not end with 0 publishes nothing."
)

INTERRUPTED = 130

Word = TypeVar("Word", bound=StrEnum)
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout; progress and errors on stderr.")]
Backend = Annotated[str, typer.Option(help="Where it runs: 'spark', or 'local' (this process, no JVM).")]
ReceiptFile = Annotated[Path | None, typer.Option(
    "--receipt", help="Receipt of the release to go on from; by default the one beside the policy's release.path.")]
PolicyFile = Annotated[Path, typer.Argument(metavar="POLICY", help="The policy file.")]


def entry(job: Callable[..., None]) -> Callable[[], None]:
    """Returns ``job`` as a program of its own: for ``spark-submit`` and for the wheel's entry points.

    It returns, rather than exits, on success: Databricks counts any ``SystemExit`` of a wheel task as a failure.
    """
    def main() -> None:
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        app.command(epilog=EXIT_CODES)(job)
        try:
            app()
        except SystemExit as end:
            if end.code:
                raise

    return main


def word_of(words: type[Word]) -> Callable[[str], Word]:
    """Returns a parser of one of ``words`` whose error, unlike typer's own, does not show what was written: it may be a key."""
    def parsed(written: str) -> Word:
        try:
            return words(written)
        except ValueError:
            raise typer.BadParameter(f"allowed: {', '.join(words)}") from None

    return parsed


class Console:
    """Shows one job's progress, its result, and the error that ended it. A context manager.

    Args:
        as_json: Whether stdout takes one JSON document instead of text.
    """

    def __init__(self, as_json: bool) -> None:
        self._json = as_json
        self._bar: Any = None
        self._task: Any = None
        self._said = ""
        self._lake = LakeProgress(silent=as_json)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._clear()
        if isinstance(error, KeyboardInterrupt):
            self._interrupted(error)
            raise typer.Exit(INTERRUPTED) from None
        if isinstance(error, LakeveilError):
            self._report(error.as_dict(), error.render())
            raise typer.Exit(error.exit_code) from None
        if isinstance(error, Exception) and not isinstance(error, typer.Exit):
            self._defect(error)
            raise typer.Exit(1) from None

    def hopeless(self) -> NoReturn:
        """Ends the process: a plug-in swallows every interrupt."""
        error = SetupError("a plug-in does not stop when its time is over: it swallows every exception",
                           allowed="except Exception, at most", next="mend the plug-in, or leave it out of the list")
        self._clear()
        self._report(error.as_dict(), error.render())
        end(error.exit_code)

    def standing(self, at: Standing) -> None:
        """Says how far the scan of a lake is."""
        self._stop()
        self._lake(at)

    def leave(self, code: int) -> None:
        """Ends the job with an exit code, if that is not 0."""
        if code:
            raise typer.Exit(code)

    def progress(self, what: str, share: float) -> None:
        """Says what is under way and which share of it is done, 0 to 1. Fits ``engine.backends.base.Progress``."""
        if sys.stderr.isatty() and not self._json:
            self._advance(what, share)
        elif what != self._said:
            print(what, file=sys.stderr, flush=True)
        self._said = what

    def show(self, document: BaseModel | dict[str, Any] | list[Any], *view: RenderableType) -> None:
        """Prints the result: ``document`` under ``--json``, otherwise ``view``."""
        self._clear()
        if self._json:
            plain = document if isinstance(document, dict | list) else document.model_dump(mode="json", by_alias=True)
            print(json.dumps(plain, indent=2, ensure_ascii=False))
            return
        from rich.console import Console as Screen

        screen = Screen(width=None if sys.stdout.isatty() else 120, highlight=False, markup=False, emoji=False)
        for part in view:
            screen.print(part, soft_wrap=isinstance(part, str))

    def _advance(self, what: str, share: float) -> None:
        if self._bar is None:
            from rich.console import Console as Screen
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            self._bar = Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(),
                                 console=Screen(stderr=True), transient=True)
            self._task = self._bar.add_task(what, total=1.0)
            self._bar.start()
        self._bar.update(self._task, description=what, completed=share)

    def _clear(self) -> None:
        self._stop()
        self._lake.clear()

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _report(self, record: dict[str, Any], text: str) -> None:
        if self._json:
            print(json.dumps(record, indent=2, ensure_ascii=False))
        print(text, file=sys.stderr)

    def _interrupted(self, error: BaseException) -> None:
        then = "run it again: a run that ends half-way leaves no release"
        if self._lake.began:
            then = "run it again: what was scanned is in the inventory, and the same command goes on from there"
        then = _noted(then, error)
        self._report({"error": "interrupted", "exit_code": INTERRUPTED, "what": "interrupted", "next": then},
                     f"interrupted\n  next: {then}")

    def _defect(self, error: Exception) -> None:
        if os.environ.get("LAKEVEIL_DEBUG") == "1":
            traceback.print_exception(error)
        where, what = _place(error), f"internal error: {type(error).__name__}"
        then = _noted("please report it; LAKEVEIL_DEBUG=1 shows the traceback, which can hold data values", error)
        self._report({"error": "internal", "exit_code": 1, "what": what, "where": where, "next": then},
                     f"{what}\n  where: {where}\n  next: {then}")


def _noted(then: str, error: BaseException) -> str:
    """Returns what to do next, and what the work that ended says of itself."""
    return "; ".join([then, *getattr(error, "__notes__", ())])


def _place(error: Exception) -> str:
    """Returns the innermost line of ours that the error passed, else the innermost of all."""
    root, frames = Path(__file__).parents[1], traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        path = Path(frame.filename)
        if path.is_relative_to(root) and path.relative_to(root).parts[0] in ("schemas", "udfs", "engine", "jobs"):
            return f"{path.relative_to(root)}, line {frame.lineno}"
    return f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}"
