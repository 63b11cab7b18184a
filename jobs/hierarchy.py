"""``lakeveil hierarchy``: build, show, check and edit how values coarsen."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from jobs._console import Console, Json, entry, word_of


class Action(StrEnum):
    """What is done with a hierarchy."""

    BUILD = "build"
    SHOW = "show"
    CHECK = "check"
    EDIT = "edit"


EACH = "Again for each; fields as in a CSV line."


def hierarchy(
    action: Annotated[Action, typer.Argument(
        parser=word_of(Action), metavar="build|show|check|edit", help="What is done; options say with which of these they go.")],
    target: Annotated[str, typer.Argument(
        metavar="HIERARCHY|POLICY|TABLE", help="A CSV in ARX's format, or a policy; build: a policy, a table, a list (.txt).")],
    column: Annotated[str | None, typer.Option(help="Column of the policy or the table.")] = None,
    table: Annotated[str | None, typer.Option(help="show, check: a table whose column the hierarchy has to know.")] = None,
    rule: Annotated[str | None, typer.Option(help="build: as in a policy, 'widths: [5, 20]'; the policy's by default.")] = None,
    quantiles: Annotated[str | None, typer.Option(help="build: groups of about as many rows, level by level: 8,4,2.")] = None,
    from_data: Annotated[bool, typer.Option("--from-data", help="build: the edges of quantiles may depend on the data.")] = False,
    level: Annotated[int | None, typer.Option(help="show: list the labels of this level.")] = None,
    add: Annotated[list[str] | None, typer.Option(help=f"edit: 'value;label;…', up to a label that is there. {EACH}")] = None,
    move: Annotated[list[str] | None, typer.Option(help=f"edit: 'level;label;parent'. {EACH}")] = None,
    merge: Annotated[list[str] | None, typer.Option(help=f"edit: 'level;label;label;…;name'. {EACH}")] = None,
    rename: Annotated[list[str] | None, typer.Option(help=f"edit: 'level;label;name'; level 0 is values. {EACH}")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="build, edit: the file to write; must not exist.")] = None,
    in_place: Annotated[bool, typer.Option("--in-place", help="edit: change the file itself.")] = False,
    separator: Annotated[str | None, typer.Option(help="Between fields: as found; ';' when building.")] = None,
    backend: Annotated[str | None, typer.Option(help="'local' or 'spark'; local unless Spark is around already.")] = None,
    json: Json = False,
) -> None:
    """Build a hierarchy's file from a rule or from data, show its levels, check it as a plan would, or edit it."""
    with Console(json) as console:
        from engine.hierarchy.edit import Edits
        from engine.hierarchy.request import Request, answer, exit_code
        from jobs import _views_hierarchy

        request = Request(
            action.value, target, column=column, table=table, rule=rule, quantiles=quantiles, from_data=from_data, level=level,
            edits=Edits(tuple(add or ()), tuple(move or ()), tuple(merge or ()), tuple(rename or ())),
            out=out, in_place=in_place, separator=separator, backend=backend)
        found = answer(request, console.progress)
        console.show(found, *_views_hierarchy.report(found))
        console.leave(exit_code(request, found))


main = entry(hierarchy)

if __name__ == "__main__":
    main()
