"""surrogate: each value becomes an invented one of its type."""

from __future__ import annotations

import pyarrow as pa

from engine.detect.redaction import Styles
from engine.operators.columns import plain


def surrogate(values: pa.Array, *, entity_type: str, locale: str, subkey: bytes) -> pa.Array:
    """Returns an invented name, address, company in place of each, as ``redact`` with style surrogate puts it into text.

    Distinct values are made up once each. What differs from a value in case, width or accents alone is never made of it.

    Protects against who does not hold the subkey; who does can test guesses, and anybody can count how often a surrogate occurs.
    Lists of names are finite, so that two people can share an invented name: it is no identifier, for which there is ``token``.

    Args:
        values: Strings.
        entity_type: What they are: ``PERSON``, ``STREET_ADDRESS``.
        locale: Whose names they mostly are.
        subkey: 32 bytes.

    Returns:
        String array, null where ``values`` is null; the placeholder, such as ``[PERSON]``, for what is not read as its type.
    """
    coded = plain(values).cast(pa.string()).dictionary_encode()
    styles = Styles("surrogate", key=subkey, locale=locale)
    made = [styles.replacement(entity_type, text, b"", None) for text in coded.dictionary.to_pylist()]
    return pa.array(made, pa.string()).take(coded.indices)
