"""``lakeveil demo``: the whole road on an invented hospital, held against the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs._console import Backend, Console, Json, entry


def demo(
    folder: Annotated[Path, typer.Option(help="Where the lake, the releases and the report go.")] = Path("lakeveil-demo"),
    keep: Annotated[bool, typer.Option("--keep", help="Keep an earlier demo's folder: refuse rather than start over.")] = False,
    seed: Annotated[int, typer.Option(help="Of the invented hospital.")] = 7,
    backend: Backend = "spark",
    json: Json = False,
) -> None:
    """Generate a small hospital lake, walk the whole road, and say what was found against what was planted."""
    with Console(json) as console:
        from engine import showcase
        from jobs import _views

        shown = showcase.run(folder, keep=keep, seed=seed, backend=backend, progress=console.progress)
        console.show(_views.demo_record(shown), *_views.demo(shown))


main = entry(demo)

if __name__ == "__main__":
    main()
