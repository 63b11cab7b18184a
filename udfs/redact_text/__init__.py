"""redact_text: free text with something else in place of what is known and what is found.

A package, because it has parts: what a row is known by (``known``, ``dates``, ``needles``, ``rows``). What is found, how
overlaps are resolved and what stands instead is ``engine.detect.redaction``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa

from engine.detect.redaction import KNOWN, LONGEST, Styles, placeholder, readable, replaced, scanned
from engine.detect.redaction import UNSCANNABLE as _UNSCANNABLE
from engine.operators.canonical import canonical
from schemas.policy.operators import Style
from udfs.redact_text.rows import KnownValues

__all__ = ["KNOWN", "LONGEST", "UNSCANNABLE", "redact_cells", "redact_text"]

UNSCANNABLE = placeholder(_UNSCANNABLE)
"""What stands for a cell that could not be scanned. The receipt counts it, as every placeholder of the written table."""

Find = Callable[..., pa.Table]


def redact_text(
    text: pa.Array, *beside: pa.Array, reads: Sequence[str] = ("known",), entities: Sequence[str] | None = None,
    threshold: float = 0.35, styles: Sequence[tuple[str, Style]] = (), locale: str = "en_US", by_subject: bool = False,
    max_days: int = 180, recognizers: str | None = None, subkey: bytes | None = None, dates_key: bytes | None = None,
) -> pa.Array:
    """Returns each text with placeholders such as ``[KNOWN]``, ``[EMAIL_ADDRESS]`` or ``[PERSON]``, or what its styles say.

    First goes what the row is known by, in any spelling that ``Search`` sees; then what the scanner
    finds, to which those are evidence of names beside them. Spans that overlap go together, by the rule of
    ``engine.detect.redaction.resolve``. So nothing that anybody claimed survives in part.

    Protects what is known and what has a recognizable form. A name that no column knows, in a form no
    recognizer sees, stays; so do style and story. Surrogates, kept formats and tokens are pseudonyms: who holds the subkey can
    test guesses, and equal values can be counted.

    Args:
        text: Strings.
        *beside: The columns that ``reads`` names.
        reads: ``known``: what each row is known by, list<string>, null and empty lists allowed. ``subject``: whose row it is, any
            type with a canonical encoding.
        entities: Entity types to remove; all that the scanner recognizes by default.
        threshold: Findings with a lower score are left.
        styles: Entity type, or ``default``, and its style.
        locale: Whose names surrogates mostly are.
        by_subject: Equal values of different subjects get different replacements.
        max_days: Dates that are made up are moved by at most this many days.
        recognizers: What is looked for, as JSON (``engine.detect.detector.Detector``); what ships by default.
        subkey: 32 bytes, for the styles that need a key.
        dates_key: 32 bytes, the subkey of ``date_shift``: the dates of a subject move in text as they move in columns.

    Returns:
        String array; null where ``text`` is null, ``[UNSCANNABLE]`` where a cell is longer than 2^20
        characters, is not valid UTF-8, or fails to be scanned.

    Raises:
        NotReadyError: If a model that the recognizers name cannot be loaded here.
    """
    columns = dict(zip(reads, beside, strict=False))
    by_type = dict(styles)
    chosen = Styles(by_type.pop("default", "placeholder"), by_type, subkey, locale, by_subject, dates_key, max_days)
    return redact_cells(text, columns.get("known"), _find(recognizers), entities, threshold, chosen,
                        subjects=columns.get("subject"))


def redact_cells(  # noqa: PLR0917 - what is redacted, by what, and how
    text: pa.Array, known: pa.Array | None, find: Find, entities: Sequence[str] | None, threshold: float,
    styles: Styles | None = None, *, subjects: pa.Array | None = None,
) -> pa.Array:
    """Does what ``redact_text`` promises, with the scanner given as ``find``: array → table of findings."""
    cells, bad = readable(text)
    values = KnownValues(known, len(cells))
    claims = values.claims(cells)
    found, unscanned = scanned(cells, find, values.named)
    claims = claims.joined(found.wanted(threshold, entities))
    present = cells.is_valid().to_numpy(zero_copy_only=False)
    whole = bad | unscanned | (values.bad & present)
    return replaced(cells, claims, styles or Styles(), subjects=None if subjects is None else canonical(subjects),
                    roles=values.role, whole=whole)


def _find(recognizers: str | None) -> Find:
    from engine.detect.detector import scanner_of  # noqa: PLC0415 - recognizers load once a worker, when first needed

    return scanner_of(recognizers).find
