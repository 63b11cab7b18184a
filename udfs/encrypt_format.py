"""encrypt_format: format-preserving encryption of the signs that are of one alphabet."""

from __future__ import annotations

import pyarrow as pa

from engine.ciphers.within import Others, Short, Within
from engine.operators.columns import over_distinct, plain


def encrypt_format(
    values: pa.Array, *, alphabet: str, domain: str, column: str, short: Short = "refuse",
    others: Others = "keep", subkey: bytes,
) -> pa.Array:
    """Returns each string with its signs of the alphabet encrypted by FF1, all others as and where they are.

    Who holds the key can turn them back; anybody can count how often one occurs, and sees its length and
    whatever is not of the alphabet.

    Args:
        values: Strings; or whole numbers, of which the digits are taken. What comes out is text, for it may begin with 0.
        alphabet: The signs, each once.
        domain: With ``column`` the tweak: in another column equal values become others.
        column: Name of the column.
        short: ``null`` for values with fewer signs of the alphabet than FF1 takes; otherwise they are refused.
        others: The same for values with letters or digits that are not of it; ``keep`` leaves these as they are.
        subkey: 32 bytes.

    Returns:
        String array, null where ``values`` is null.

    Raises:
        InputError: If a value is refused.
    """
    cipher, tweak = Within(subkey, alphabet), f"{domain}/{column}".encode()
    return over_distinct(plain(values).cast(pa.string()),
                         lambda texts: cipher.encrypt(texts, tweak, short=short, others=others))
