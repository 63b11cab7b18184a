"""mask: all signs but a few become one character."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from engine.operators.columns import plain


def mask(values: pa.Array, *, keep_left: int = 0, keep_right: int = 0, char: str = "*") -> pa.Array:
    """Returns each string with all but its first and last signs replaced by ``char``.

    Length is kept, counted in code points. A string with no more signs than the policy keeps would pass
    unmasked: it is masked whole.

    Args:
        values: Strings.
        keep_left: Code points that stay at the start.
        keep_right: Code points that stay at the end.
        char: What the others become: one code point.

    Returns:
        String array, null where ``values`` is null.
    """
    text = plain(values).cast(pa.string())
    length = pc.utf8_length(text)
    hidden = pc.subtract(length, keep_left + keep_right)
    stars = pc.binary_repeat(char, pc.if_else(pc.greater(hidden, 0), hidden, length))
    left = pc.utf8_slice_codeunits(text, 0, keep_left)
    right = pc.utf8_slice_codeunits(text, -keep_right) if keep_right else ""
    return pc.if_else(pc.greater(hidden, 0), pc.binary_join_element_wise(left, stars, right, ""), stars)
