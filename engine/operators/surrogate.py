"""surrogate: each value becomes an invented one of its type."""

from __future__ import annotations

import pyarrow as pa

from engine.errors import PolicyError, nearest
from engine.operators.base import Context, Effect, KernelCall, KeyRef
from engine.operators.columns import is_text, require
from engine.surrogates import locales
from schemas.policy.operators import Surrogate

INFO = "lakeveil/v1/surrogate"
"""What surrogates are derived for, in columns and in text: a person keeps one invented name in both."""


class SurrogateOperator:
    """Invented people in place of real ones. Pseudonymous: equal values stay equal."""

    name = "surrogate"

    def effect(self, parameters: Surrogate) -> Effect:
        """Returns what is left of a value."""
        within = f"in domain {parameters.domain}" if parameters.domain else "under one key, in texts, too,"
        return Effect(f"an invented {parameters.type} ({parameters.locale}) in its place; equal values {within} stay equal",
                      reversible=False, linkable=True)

    def call(self, parameters: Surrogate, context: Context) -> KernelCall:
        """Returns a call of ``surrogate`` under the subkey ``lakeveil/v1/surrogate``, with the domain after it if there is one.

        Raises:
            PolicyError: If the column does not hold strings, or no names are known for the locale.
        """
        require(self.name, context, is_text, "strings", "use date_shift for dates, noise or token for numbers")
        refuse_unknown_locale(parameters.locale, context)
        return KernelCall("surrogate", (context.column,), pa.string(), (
            ("entity_type", parameters.type), ("locale", parameters.locale),
        ), KeyRef(parameters.key, f"{INFO}/{parameters.domain}" if parameters.domain else INFO))


def refuse_unknown_locale(locale: str, context: Context) -> None:
    """Raises a PolicyError for a locale without names."""
    if locale not in locales():
        raise PolicyError(f"there are no names for the locale {locale!r}", where=f"column {context.column!r}",
                          allowed="locales of Faker, such as en_GB, de_DE, ja_JP", next=nearest(locale, locales()))
