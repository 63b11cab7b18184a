"""The slow, obvious redaction: one text at a time, with Python's own slices."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Claim = tuple[int, int, int, str, float]
"""Row, start, end, entity type, score."""


def together(claims: Sequence[Claim]) -> list[list[Claim]]:
    """Claims of one text, those that overlap in one group: grown one by one until nothing more touches."""
    waiting, groups = list(claims), []
    while waiting:
        group = [waiting.pop()]
        while more := [one for one in waiting if any(one[1] < other[2] and other[1] < one[2] for other in group)]:
            group += more
            waiting = [one for one in waiting if one not in more]
        groups.append(group)
    return sorted(groups, key=lambda group: min(one[1] for one in group))


def winner(group: Sequence[Claim], first: Sequence[str] = (), last: Sequence[str] = ()) -> Claim:
    """The rule, read aloud."""
    return min(group, key=lambda one: (one[3] not in first, one[1] - one[2], one[3] in last, -one[4], one[1], one[3]))


def redacted(text: str | None, claims: Sequence[Claim], replace: Callable[[str, str], str], first: Sequence[str] = (),
             last: Sequence[str] = ()) -> str | None:
    """One text with the stretches of its groups replaced by what ``replace`` makes of (type, text) of the winner."""
    if text is None:
        return None
    out, written = [], 0
    for group in together(claims):
        best = winner(group, first, last)
        out += [text[written:min(one[1] for one in group)], replace(best[3], text[best[1]:best[2]])]
        written = max(one[2] for one in group)
    return "".join([*out, text[written:]])
