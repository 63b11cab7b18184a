"""redact: findings in text become typed placeholders, or what their style says; a cell of any other role one placeholder."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from engine.errors import PolicyError
from engine.operators.base import Context, Effect, KernelCall, KeyRef
from engine.operators.columns import is_text, require
from engine.operators.surrogate import INFO, refuse_unknown_locale
from engine.surrogates import kind_of
from schemas.policy.operators import KEYED_STYLES, STYLES, Redact
from schemas.reserved import KNOWN

_WORDS = {
    "placeholder": "placeholders", "surrogate": "invented values of the same type", "drop": "nothing", "hash": "keyed tokens",
    "keep_format": "other letters and digits in the same format",
}


class RedactOperator:
    """Free text keeps its wording around what was removed; other columns keep only where they were null."""

    name = "redact"

    def effect(self, parameters: Redact) -> Effect:
        """Returns what is left of a value. Dates that move under a key can be moved back by who holds it."""
        known = ", less everything its row is known by" if parameters.known else ""
        styles = parameters.styles
        default = styles.pop("default")
        said = f"{_WORDS[default]} for what is found in it{known}"
        for style in STYLES:
            names = sorted(name for name, one in styles.items() if one == style != default)
            said += f"; {_WORDS[style]} for {', '.join(names)}" if names else ""
        keyed = set(KEYED_STYLES) & set(parameters.styles.values())
        if keyed:
            within = "within a subject" if parameters.scope == "subject" else "under one key"
            said += f"; equal values stay equal {within}"
        moves = any(style == "surrogate" and (name == "default" or kind_of(name) in ("date", "known"))
                    for name, style in parameters.styles.items())
        said += ", and dates can be moved back with it" if moves else ""
        return Effect(said, reversible=moves, linkable=bool(keyed))

    def call(self, parameters: Redact, context: Context) -> KernelCall:
        """Returns a call of ``redact_text`` on role text, of ``redact`` on any other role.

        Everything that is made up under one key shares a subkey, ``lakeveil/v1/surrogate``, so that a person keeps one invented
        name in all columns and tables. Dates of a subject move as ``date_shift`` moves them.

        Raises:
            PolicyError: If text is not a string column, text-only parameters stand on another role, or no names are known for
                the locale.
        """
        if context.role != "text":
            self._refuse_text_parameters(parameters, context)
            return KernelCall("redact", (context.column,), pa.string())
        require(self.name, context, is_text, "a column of role text holds strings", "give it another role, or drop it")
        if "surrogate" in parameters.styles.values():
            refuse_unknown_locale(parameters.locale, context)
        reads = [("known", KNOWN)] if parameters.known else []
        if context.subject is not None and (parameters.scope == "subject" or "surrogate" in parameters.styles.values()):
            reads.append(("subject", context.subject))
        entities = tuple(sorted(set(parameters.entities))) if parameters.entities is not None else None
        params: dict[str, Any] = {"entities": entities, "threshold": parameters.threshold}
        params |= {"recognizers": context.recognizers} if context.recognizers is not None else {}
        if set(parameters.styles.values()) != {"placeholder"}:
            params |= {"styles": tuple(sorted(parameters.styles.items())), "reads": tuple(word for word, _ in reads)}
        if parameters.key is not None:
            params |= {"locale": parameters.locale, "by_subject": parameters.scope == "subject", "max_days": parameters.max_days}
        inputs = (context.column, *(column for _, column in reads))
        return KernelCall("redact_text", inputs, pa.string(), tuple(sorted(params.items())), *_keys(parameters, context))

    def _refuse_text_parameters(self, parameters: Redact, context: Context) -> None:
        given = [word for word in Redact.model_fields if word in parameters.model_fields_set]
        if given:
            raise PolicyError(
                f"redact with {' and '.join(given)} works inside free text",
                where=f"column {context.column!r}, role {context.role}",
                allowed="role text, or redact without parameters, which blanks the whole cell",
                next="give the column role text, or write operator: redact",
            )


def _keys(parameters: Redact, context: Context) -> tuple[KeyRef | None, tuple[tuple[str, KeyRef], ...]]:
    """The subkey of what is made up; and, where dates of a subject move, the one that moves them in columns."""
    if parameters.key is None:
        return None, ()
    moves = context.subject is not None and "surrogate" in parameters.styles.values()
    dates = (("dates_key", KeyRef(parameters.key, "lakeveil/v1/date_shift")),) if moves else ()
    return KeyRef(parameters.key, INFO), dates
