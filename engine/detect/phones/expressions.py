"""The regular expressions of numbering plans: digits, classes, groups, alternatives and bounded repeats, and nothing else."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

Node = tuple[Any, ...]
"""``("class", digits)``, ``("sequence", nodes)``, ``("alternatives", nodes)``, ``("repeat", node, least, most)``,
``("group", number, node)`` or ``("end",)``; digits are bits of a whole number."""

_SIGN = re.compile(r"\\d|\[[0-9-]+\]|\(\?:|\{\d+(?:,\d+)?\}|[0-9()|?$]")
_EVERY_DIGIT = (1 << 10) - 1


class Alternative(NamedTuple):
    """One way in which a prefix can be dialled.

    Attributes:
        classes: The digits allowed in each place, as bits.
        kept: Whether a place's digit stays part of the number.
        put: Digits that the number begins with instead of the prefix.
        ends: Nothing may follow.
    """

    classes: tuple[int, ...]
    kept: tuple[bool, ...]
    put: str = ""
    ends: bool = False


@functools.cache
def parsed(expression: str) -> Node:
    """Returns the tree of an expression.

    Raises:
        ValueError: If there is more in it than digits, classes, groups, alternatives, bounded repeats and an end.
    """
    signs = _SIGN.findall(expression)
    if "".join(signs) != expression:
        raise ValueError("not an expression over digits")
    return _Reader(signs).whole()


class _Reader:
    def __init__(self, signs: list[str]) -> None:
        self.signs = [*reversed(signs)]
        self.groups = 0

    def whole(self) -> Node:
        node = self.alternatives()
        if self.signs:
            raise ValueError("a bracket too many")
        return node

    def alternatives(self) -> Node:
        nodes = [self.sequence()]
        while self.signs and self.signs[-1] == "|":
            self.signs.pop()
            nodes.append(self.sequence())
        return nodes[0] if len(nodes) == 1 else ("alternatives", tuple(nodes))

    def sequence(self) -> Node:
        nodes = []
        while self.signs and self.signs[-1] not in {"|", ")"}:
            nodes.append(self.repeated(self.atom()))
        return nodes[0] if len(nodes) == 1 else ("sequence", tuple(nodes))

    def atom(self) -> Node:
        sign = self.signs.pop()
        if sign in {"(", "(?:"}:
            self.groups += sign == "("
            number = self.groups
            node = self.alternatives()
            if not self.signs or self.signs.pop() != ")":
                raise ValueError("a bracket too few")
            return ("group", number, node) if sign == "(" else node
        if sign == "$":
            return ("end",)
        if sign[0] in "?{":
            raise ValueError("nothing to repeat")
        return ("class", _digits(sign))

    def repeated(self, node: Node) -> Node:
        while self.signs and self.signs[-1][0] in "?{":
            bounds = self.signs.pop().strip("{}").split(",")
            least, most = (0, 1) if bounds == ["?"] else (int(bounds[0]), int(bounds[-1]))
            node = ("repeat", node, least, most)
        return node


def _digits(sign: str) -> int:
    if sign == r"\d":
        return _EVERY_DIGIT
    spans = re.findall(r"(\d)(?:-(\d))?", sign)
    return sum(1 << digit for digit in {digit for low, high in spans for digit in range(int(low), int(high or low) + 1)})


def alternatives(expression: str, rule: str = "") -> tuple[Alternative, ...]:
    r"""Returns all that a prefix's expression can match at the beginning, in the order in which ``re`` tries it.

    Args:
        expression: Of the prefix.
        rule: What stands for the prefix afterwards (``9\1``), where its last group took part; otherwise, and without a rule,
            nothing.
    """
    put, kept = re.fullmatch(r"(\d*)(?:\\(\d))?", rule).groups()  # type: ignore[union-attr]  # a rule has this form in all plans
    found: dict[Alternative, None] = {}
    for places, ends in _expanded(parsed(expression), 0):
        keeps = tuple(bool(kept) and group == int(kept) for _, group in places)
        took_part = any(keeps)
        found[Alternative(tuple(digits for digits, _ in places), keeps, put if took_part else "", ends)] = None
    pairs = itertools.pairwise([*found, None])
    return tuple(one for one, other in pairs if one and not (other and _says_more(one, other)))


def _says_more(one: Alternative, other: Alternative) -> bool:
    """Whether an alternative is another and some more digits that it keeps: what the other one matches comes to the same."""
    size = len(other.classes)
    return (len(one.classes) > size and one.classes[:size] == other.classes and one.kept[:size] == other.kept
            and all(one.kept[size:]) and one.put == other.put and not one.ends and not other.ends)


def _expanded(node: Node, group: int) -> Iterator[tuple[tuple[tuple[int, int], ...], bool]]:
    """Yields places (digits, group) and whether nothing may follow."""
    match node:
        case ("class", digits):
            yield ((digits, group),), False
        case ("end",):
            yield (), True
        case ("group", number, inner):
            yield from _expanded(inner, number)
        case ("alternatives", nodes):
            yield from itertools.chain.from_iterable(_expanded(one, group) for one in nodes)
        case ("repeat", inner, least, most):
            again = ("repeat", inner, max(least - 1, 0), most - 1)
            ways = [("sequence", (inner, again))] * (most > 0) + [("sequence", ())] * (least == 0)
            yield from itertools.chain.from_iterable(_expanded(one, group) for one in ways)
        case ("sequence", nodes):
            for parts in itertools.product(*([*_expanded(one, group)] for one in nodes)):
                yield sum((places for places, _ in parts), ()), any(ends for _, ends in parts)
