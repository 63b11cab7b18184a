"""Every exception that Lakeveil raises on purpose.

Each says what is wrong, where, what is allowed and what to do next, and carries the exit code of the
command line. A message holds codes, column names and counts; never a data value, never a key byte.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar

_BULLET = "\n    - "
"""Between the lines of a list of places."""


def _shown(text: str) -> str:
    """Returns a text with what a terminal would obey, a break or a colour in a column's name, written as Python writes it."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


class LakeveilError(Exception):
    """Base of all errors that a user can do something about.

    Attributes:
        what: One sentence: what is wrong.
        where: The file, table, column or setting it is about.
        allowed: What would have been accepted.
        next: What to do now.
    """

    code: ClassVar[str] = "internal"
    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, where: str = "", allowed: str = "", next: str = "") -> None:  # noqa: A002 - the word a reader of the error sees
        self.what = what
        self.where = _BULLET.join(map(_shown, where.split(_BULLET)))
        self.allowed = _shown(allowed)
        self.next = _shown(next)
        super().__init__(self.render())

    def render(self) -> str:
        """Returns the message as plain lines, most important first."""
        lines = [self.what]
        lines += [f"  {word}: {text}" for word, text in self.parts() if text]
        return "\n".join(lines)

    def parts(self) -> tuple[tuple[str, str], ...]:
        """Returns the labelled parts after the first sentence, in reading order; in the last are notes that were added."""
        told = "; ".join(filter(None, [self.next, *getattr(self, "__notes__", ())]))
        return (("where", self.where), ("allowed", self.allowed), ("next", told))

    def as_dict(self) -> dict[str, str | int]:
        """Returns the error as the record that ``--json`` prints."""
        return {
            "error": self.code, "exit_code": self.exit_code, "what": self.what,
            **{word: text for word, text in self.parts() if text},
        }


class PolicyError(LakeveilError):
    """The policy, or the command's arguments, cannot be accepted as written."""

    code = "policy"
    exit_code = 2


class InputError(LakeveilError):
    """The data is not what the policy or the command expects: absent, corrupt, changed, empty."""

    code = "input"
    exit_code = 3


class SetupError(LakeveilError):
    """The machine lacks something: Java, jars, a package, a key, a writable path."""

    code = "environment"
    exit_code = 4


class NotReadyError(SetupError):
    """A process that scans cannot load what its configuration names.

    Raised before any value is looked at, so it holds none and may be told from a worker to the driver.
    """

    code = "not_ready"


class GuaranteeNotMet(LakeveilError):  # noqa: N818 - reads as a verdict in the face of the API
    """A guarantee cannot be met, or does not hold on the written table. Nothing was published."""

    code = "guarantee"
    exit_code = 5


class BudgetExceeded(LakeveilError):  # noqa: N818 - reads as a verdict in the face of the API
    """A privacy budget does not allow what was asked. Nothing was spent."""

    code = "budget"
    exit_code = 6


class NoPowerError(LakeveilError):
    """An audit proves nothing: it would not have seen what it looks for."""

    code = "no_power"
    exit_code = 11


def nearest(word: str, known: Iterable[str]) -> str:
    """Returns a hint with the known word closest to ``word``, or an empty string.

    Args:
        word: What was written. It must be a name from a policy or a schema, never a data value.
        known: What would have been valid.
    """
    match = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"did you mean {match[0]!r}?" if match else ""
