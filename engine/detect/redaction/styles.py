"""What stands in place of a finding: by entity type, one of the styles of the policy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from engine.detect.redaction.spans import KNOWN, UNSCANNABLE, Integers, Places
from engine.detect.redaction.typed import typed
from engine.errors import PolicyError, nearest
from engine.surrogates import DEFAULT, kind_of, locales, surrogates
from engine.surrogates.dates import MOST_DAYS
from engine.surrogates.keyed import Keyed
from schemas.policy.operators import KEYED_STYLES, STYLES, Style

LONGEST_VALUE = 500
"""Characters. Of a longer value no surrogate is made: nothing that has a form is so long."""

_BY_CHECKS: dict[str, tuple[str, ...]] = {"surrogate": ("format",), "keep_format": ("format", "card", "ssn")}
"""Kinds of values (``kind_of``) that only have to be of their type, by style."""
_ABSENT, _KEY_BYTES = -1, 32


@dataclass(frozen=True)
class Styles:
    """How findings are replaced.

    Attributes:
        default: Style of the types that ``by_type`` does not name.
        by_type: Entity type → style.
        key: 32 bytes, for the styles that need a key.
        locale: Whose names surrogates mostly are.
        by_subject: Whether equal values of different subjects get different replacements.
        dates_key: 32 bytes, under which the dates of a subject move; ``key`` by default.
        max_days: Dates move by at most this many days.

    Raises:
        PolicyError: If there is no such style or locale, or a key is absent that a style needs, or no key.
    """

    default: Style = "placeholder"
    by_type: Mapping[str, Style] = field(default_factory=dict)
    key: bytes | None = field(default=None, repr=False)
    locale: str = DEFAULT
    by_subject: bool = False
    dates_key: bytes | None = field(default=None, repr=False)
    max_days: int = MOST_DAYS

    def __post_init__(self) -> None:
        asked = {self.default, *self.by_type.values()}
        for style in sorted(asked - set(STYLES)):
            raise PolicyError(f"there is no style {style!r}", where="Styles", allowed=", ".join(STYLES),
                              next=nearest(style, STYLES))
        if self.key is None and asked & set(KEYED_STYLES):
            raise PolicyError("a style that makes up values needs a key", where="Styles", allowed=f"key: {_KEY_BYTES} bytes")
        for key in (self.key, self.dates_key):
            if key is not None and not (isinstance(key, bytes) and len(key) == _KEY_BYTES):
                raise PolicyError("a key is something else, or has another length", where="Styles", allowed=f"{_KEY_BYTES} bytes")
        if self.locale != DEFAULT and self.locale not in locales():
            raise PolicyError(f"there are no invented names of {self.locale!r}", where="Styles",
                              allowed=", ".join(sorted(locales())), next=nearest(self.locale, locales()))

    def of(self, entity_type: str) -> Style:
        """Returns the style of an entity type."""
        return "placeholder" if entity_type == UNSCANNABLE else self.by_type.get(entity_type, self.default)

    def yields(self, entity_type: str) -> bool:
        """Whether a type says so little of a value's form that another type should shape what is made up for it."""
        return entity_type == KNOWN and self.of(entity_type) in ("surrogate", "keep_format")

    def replacement(self, entity_type: str, text: str, subject: bytes, role: str | None) -> str:
        """Returns what stands in place of one value. What cannot be made up, or fails to be, becomes the placeholder."""
        try:
            made = self._made(entity_type, text, subject, role)
        except Exception:  # noqa: BLE001 - fail closed: whatever went wrong with a value, the value does not pass
            made = None
        return placeholder(entity_type) if made is None else made

    def _made(self, entity_type: str, text: str, subject: bytes, role: str | None) -> str | None:
        made_up = surrogates(self.key or b"", self.locale, self.dates_key, self.max_days)
        scope = subject if self.by_subject else b""
        style = self.of(entity_type)
        if style == "hash":
            return made_up.token(entity_type, text, scope=scope)
        if style == "keep_format":
            return made_up.keep_format(entity_type, text, scope=scope)
        if len(text) > LONGEST_VALUE:
            return None
        return made_up.surrogate(entity_type, text, scope=scope, subject=subject, role=role)  # type: ignore[arg-type]  # a role, by its caller

    def looks_alike(self, entity_type: str) -> bool:
        """Whether what stands in place of a value only has to be one of the same type."""
        return kind_of(entity_type) in _BY_CHECKS.get(self.of(entity_type), ())

    def follows_subject(self, entity_type: str) -> bool:
        """Whether a replacement depends on the subject."""
        return self.by_subject or (self.of(entity_type) == "surrogate" and kind_of(entity_type) in ("date", "known"))


def placeholder(entity_type: str) -> str:
    """Returns the typed placeholder: ``[PERSON]``."""
    return f"[{entity_type}]"


Roles = Callable[[int, str], str | None]
"""Row and text of a finding → which part of a name it is, where the row knows."""


def replacements(
    places: Places, slices: Callable[[Integers], pa.Array], styles: Styles, subjects: pa.Array | None, roles: Roles | None,
) -> tuple[Integers, pa.Array]:
    """Returns which replacement stands at each place, and the replacements as large_binary.

    Python runs once for each distinct value that is made up, not for each place.

    Args:
        places: What is replaced.
        slices: Numbers of places → the bytes of the claims that won them.
        styles: How.
        subjects: One per text, as binary; null for none.
        roles: What rows know of single names.
    """
    by_kind = [styles.of(name) for name in places.names]
    fixed = [placeholder(name) if style == "placeholder" else "" for name, style in zip(places.names, by_kind, strict=True)]
    code = places.kind.copy()
    keyed = np.array([style in KEYED_STYLES for style in by_kind], np.bool_)
    made_up = np.flatnonzero(keyed[places.kind]) if len(places) else code
    if not len(made_up):
        return code, pa.array(fixed, pa.large_binary())
    texts = slices(made_up).dictionary_encode()
    subject = _subject_codes(places, made_up, styles, subjects)
    hints = _hints(places, made_up, texts, roles)
    keys = np.stack((places.kind[made_up], texts.indices.to_numpy().astype(np.int64), subject[0], hints[0]))
    distinct, which = np.unique(keys, axis=1, return_inverse=True)
    code[made_up] = len(fixed) + which.ravel()
    values = texts.dictionary.to_pylist()
    wanted = [_Wanted(places.names[kind], values[text].decode(), subject[1][of] if of >= 0 else b"",
                      hints[1][hint] if hint >= 0 else None) for kind, text, of, hint in distinct.T.tolist()]
    of_type = _of_type(wanted, styles)
    made = [styles.replacement(*one) if known is None else known for one, known in zip(wanted, of_type, strict=True)]
    return code, pa.array([*fixed, *made], pa.string()).cast(pa.large_binary())


class _Wanted(NamedTuple):
    """One distinct value that something else shall stand for."""

    entity_type: str
    text: str
    subject: bytes
    role: str | None


def _of_type(wanted: list[_Wanted], styles: Styles) -> list[str | None]:
    """Replacements that the types' own checks take; None where these do not know the value, or another maker does."""
    found: list[str | None] = [None] * len(wanted)
    by_type: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(wanted):
        if styles.looks_alike(one.entity_type) and len(one.text) <= LONGEST_VALUE:
            by_type[one.entity_type].append(place)
    for name, rows in by_type.items():
        keyed = [Keyed(styles.key or b"", wanted[place].subject if styles.by_subject else b"") for place in rows]
        texts = [wanted[place].text for place in rows]
        for place, made in zip(rows, typed(name, texts, keyed, keep_classes=styles.of(name) == "keep_format"), strict=True):
            found[place] = made
    return found


def _subject_codes(places: Places, made_up: Integers, styles: Styles, subjects: pa.Array | None) -> tuple[Integers, list[bytes]]:
    """Numbers of subjects, absent where a replacement does not depend on it."""
    if subjects is None:
        return np.full(len(made_up), _ABSENT), []
    coded = subjects.take(pa.array(places.row[made_up])).cast(pa.binary()).dictionary_encode()
    numbers = coded.indices.fill_null(_ABSENT).to_numpy(zero_copy_only=False).astype(np.int64)
    follows = np.array([styles.follows_subject(name) for name in places.names], np.bool_)
    return np.where(follows[places.kind[made_up]], numbers, _ABSENT), coded.dictionary.to_pylist()


def _hints(places: Places, made_up: Integers, texts: pa.DictionaryArray, roles: Roles | None) -> tuple[Integers, list[str]]:
    """Numbers of roles for names of one word."""
    names: list[str] = ["given", "family"]
    found = np.full(len(made_up), _ABSENT)
    if roles is None:
        return found, names
    values = [value.decode() for value in texts.dictionary.to_pylist()]
    single = np.array([value.isalpha() for value in values], np.bool_)[texts.indices.to_numpy()]
    person = np.array([kind_of(name) in ("person", "known") for name in places.names], np.bool_)[places.kind[made_up]]
    for at in np.flatnonzero(single & person):
        role = roles(int(places.row[made_up[at]]), values[texts.indices[int(at)].as_py()])
        found[at] = names.index(role) if role else _ABSENT
    return found, names
