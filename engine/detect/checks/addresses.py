"""Internet addresses as one regular expression: a language of bounded length needs no parser."""

from __future__ import annotations

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_V4 = rf"(?:{_OCTET}\.){{3}}{_OCTET}"
_GROUP = "[0-9A-Fa-f]{1,4}"
_GROUPS = 8
"""Of sixteen bits, in an address of version 6."""


def _v6() -> str:
    """RFC 3986, section 3.2.2: all eight groups, or ``::`` for what is missing; the last two may be written as version 4."""
    last = f"(?:{_GROUP}:{_GROUP}|{_V4})"
    forms = [f"(?:{_GROUP}:){{{_GROUPS - 2}}}{last}"]
    for after in range(_GROUPS):
        before = f"(?:(?:{_GROUP}:){{0,{_GROUPS - 2 - after}}}{_GROUP})?" if after < _GROUPS - 1 else ""
        written = f"(?:{_GROUP}:){{{after - 2}}}{last}" if after > 1 else _GROUP * after
        forms.append(f"{before}::{written}")
    return "|".join(forms)


ADDRESS = rf"{_V4}(?:/0*(?:3[0-2]|[12]?[0-9]))?|(?:{_v6()})(?:%[^%/]+)?(?:/0*(?:12[0-8]|1[01][0-9]|[1-9]?[0-9]))?"
"""An address (RFC 791; RFC 4291, section 2.2), perhaps with a zone (RFC 4007) or the length of its network (RFC 4632). Numbers of
version 4 have no zeros before them: some read those as octal."""
