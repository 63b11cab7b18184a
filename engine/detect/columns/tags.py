"""What people have said about columns beside the data: tags, field metadata, marks in comments.

Known are Delta field metadata and column tags as catalogs keep them (``pii``, ``classification``, ``sensitivity``, Databricks'
``class.*``), our own ``lakeveil.role``, and marks in comments (``@pii``, ``[PHI]``, ``#public``). Anything else is not a tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from engine.detect.columns.roles import reading_of
from schemas.findings import Category
from schemas.policy import Role

ROLE_KEY = "lakeveil.role"


@dataclass(frozen=True)
class Tag:
    """What a tag says.

    Attributes:
        says: In words.
        personal: Whether it says that the column is personal; otherwise it says that it is not.
        role: The role that it asks for, at least.
        category: Of that role.
        exact: Whether it names the role itself.
    """

    says: str
    personal: bool
    role: Role = "direct"
    category: Category = "identity"
    exact: bool = False


_CATEGORY: dict[Role, Category] = {
    "direct": "identity", "quasi": "demographic", "sensitive": "other", "text": "free text", "insensitive": "other"}
_KEYS = frozenset(("pii", "phi", "pci", "personal", "personal_data", "personaldata", "is_pii", "contains_pii", "sensitive",
                   "sensitivity", "classification", "data_classification", "dataclassification", "privacy", "gdpr",
                   "security_class", "confidentiality"))
_NO = frozenset(("no", "false", "0", "none", "public", "nonpii", "non-pii", "not-pii", "not-personal", "nonpersonal",
                 "non-personal", "insensitive", "open", "unrestricted"))
_NEUTRAL = frozenset(("", "internal", "unknown", "unclassified", "tbd", "general"))
_HEALTH = frozenset(("phi", "health", "hipaa", "medical"))
_FINANCE = frozenset(("pci", "financial", "cardholder"))
_QUASI = frozenset(("quasi", "quasi-identifier", "quasi_identifier", "indirect"))
_MARK = re.compile(r"(?:(?<!\w)[@#]|\[)(?P<mark>pii|phi|pci|personal|sensitive|confidential|secret|quasi|public|non[-_]?pii"
                   r"|not[-_ ]personal)\b", re.IGNORECASE)


def tags_of(metadata: Mapping[str, str], comment: str = "") -> tuple[Tag, ...]:
    """Returns what a column's tags and its comment say about it."""
    return (*(tag for key, value in metadata.items() for tag in _of_pair(key.strip(), value.strip())), *_of_comment(comment))


def _of_pair(key: str, value: str) -> Iterator[Tag]:
    lowered = key.lower()
    if lowered == ROLE_KEY:
        if value in get_args(Role):
            yield _of_role(value)  # type: ignore[arg-type]  # it is one of them
    elif lowered.startswith("class."):  # Databricks: class.email_address, class.us_ssn
        role, category = reading_of(lowered.removeprefix("class.").upper())
        yield Tag(f"a tag says {lowered!r}", personal=True, role=role if role != "insensitive" else "direct", category=category)
    elif lowered in _KEYS or lowered.rsplit(".", 1)[-1] in _KEYS:
        yield from _of_word(f"the tag {key!r}", lowered.rsplit(".", 1)[-1], value.lower())


def _of_role(role: Role) -> Tag:
    personal = role != "insensitive"
    return Tag(f"a tag says that its role is {role}", personal, role, _CATEGORY[role], exact=personal)


def _of_comment(comment: str) -> Iterator[Tag]:
    for match in _MARK.finditer(comment):
        yield from _of_word("its comment", match["mark"].lower(), match["mark"].lower())


def _of_word(where: str, key: str, value: str) -> Iterator[Tag]:
    if re.sub("[ _]", "-", value) in _NO:
        yield Tag(f"{where} says that it is not personal", personal=False)
    elif value in _NEUTRAL:
        return
    elif {key, value} & _HEALTH:
        yield Tag(f"{where} says that it is about health", personal=True, role="sensitive", category="health")
    elif {key, value} & _FINANCE:
        yield Tag(f"{where} says that it is about payments", personal=True, role="direct", category="financial")
    elif {key, value} & _QUASI:
        yield Tag(f"{where} says that it identifies together with others", personal=True, role="quasi", category="demographic")
    else:
        yield Tag(f"{where} says that it is personal", personal=True)
