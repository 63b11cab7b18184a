"""``lakeveil key``: make a key behind a handle, or look whether one is there."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from jobs._console import Console, Json, entry, word_of


class Action(StrEnum):
    """What is done with a handle."""

    NEW = "new"
    CHECK = "check"


def key(
    action: Annotated[Action, typer.Argument(
        parser=word_of(Action), metavar="new|check", help="'new' makes a key where none is; 'check' resolves one.")],
    handle: Annotated[str, typer.Argument(help="Where the key is, as in a policy: file:PATH, aws-kms:KEY#FILE, …")],
    like: Annotated[str | None, typer.Option("--like", metavar="HANDLE", help=(
        "With 'new': keep the key of this handle, so that tokens stay as they are, instead of a fresh random one."))] = None,
    json: Json = False,
) -> None:
    """Make or check a key behind a handle. Shows its identifier, as tokens have it, and never the key."""
    if like and action is not Action.NEW:
        raise typer.BadParameter("goes with 'new' alone", param_hint="--like")
    with Console(json) as console:
        from engine.backends import keys

        found = keys.create(handle, like) if action is Action.NEW else keys.check(handle)
        console.show(found._asdict(), f"{found.handle}: key {found.key_id}, kept by {found.kind}")


main = entry(key)

if __name__ == "__main__":
    main()
