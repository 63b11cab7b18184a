"""Invented addresses on networks: in domains, and on hosts, that documentation has to itself."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import quote

from engine.surrogates.formats import filled, keep_format
from engine.surrogates.keyed import Keyed, differing, fold
from engine.surrogates.lexica import roles
from engine.surrogates.people import HONORIFICS, family_name, given_name, guessed_role, initial

DOMAINS = ("example.com", "example.net", "example.org")
"""Domains that nobody can have. Source: RFC 2606, section 3."""
NETWORKS = ("192.0.2.", "198.51.100.", "203.0.113.")
"""IPv4 networks for documentation. Source: RFC 5737, section 3."""

_DOT = re.compile(r"\s*[\[({]\s*dot\s*[\])}]\s*|\s+dot\s+|\s\.\s", re.IGNORECASE)
_ADDRESS = re.compile(
    r"([^@]*?[^@\s])(\s*@\s*|\s*[\[({]\s*at\s*[\])}]\s*|\s+at\s+)"
    rf"([\w\-.]*\w(?:(?:{_DOT.pattern})[\w\-]+)*)(\W*)", re.IGNORECASE)
_WEB = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)?(?P<user>[^/@\s]*@)?(?P<www>www\.)?(?P<host>\[[^\]\s]*\]|[^/:?#\s]+)(?P<rest>.*)",
                  re.IGNORECASE | re.DOTALL)
_RUN = re.compile(r"[A-Z][a-z]+|[A-Z]+(?![a-z])|[a-z]+(?=[A-Z])|[^\W\d_]+|\d+")
"""A number or a word; *JaneRoe* is two."""
_ROLES = frozenset("""
    abuse accounts admin administrator billing contact enquiries help hello hostmaster hr info jobs mail marketing news
    no noreply office postmaster press privacy reply root sales security service support team webmaster
""".split())  # noqa: SIM905 - reads as words
"""Mailboxes of an office, not of a person. Source: RFC 2142, and common ones."""
_SHORTEST = 3  # letters of a name that is looked for inside a word


def email(text: str, keyed: Keyed, locale: str) -> str | None:
    """Returns an address in a reserved domain; where the mailbox is made of names, of those of the invented person."""
    match = _ADDRESS.fullmatch(text)
    if match is None:
        return None
    mailbox, at, domain, end = match.groups()
    dot = _DOT.search(domain)

    def drawn(attempt: int) -> str:
        made = _domain(_DOT.sub(".", domain), keyed, attempt)
        return f"{_mailbox(mailbox, keyed, locale)}{at}{made.replace('.', dot[0]) if dot else made}{end}"
    return differing(text, drawn)


def url(text: str, keyed: Keyed) -> str | None:
    """Returns an address of the same shape on a reserved domain; what names a page becomes letters and digits of its kinds."""
    match = _WEB.fullmatch(text.strip())
    if match is None:
        return None
    rest = re.sub(r"%[0-9A-Fa-f]{2}", "x", match["rest"])
    kept = keep_format(rest, keyed) or rest
    begins = f"{match['scheme'] or ''}{match['www'] or ''}"
    return differing(text, lambda attempt: f"{begins}{_domain(match['host'], keyed, attempt)}{quote(kept, safe=_SAFE)}")


_SAFE = "/?#[]@!$&'()*+,;=:-._~%"


def ip(text: str, keyed: Keyed) -> str | None:
    """Returns an address of a network that documentation has to itself, of the same version and in the same notation.

    Source: RFC 5737 (IPv4), RFC 3849 (2001:db8::/32).
    """
    address, cut, rest = re.match(r"\[?([0-9A-Fa-f:.]*)((?:%\w+)?\]?)(.*)", text.strip(), re.DOTALL).groups()  # type: ignore[union-attr]  # matches anything
    if address.count(":") == 1:  # a port after an IPv4 address
        address, _, port = address.partition(":")
        rest = f":{port}{rest}"
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    value = str(parsed)

    def drawn(attempt: int) -> str:
        if parsed.version == 4:  # noqa: PLR2004 - IPv4
            made = keyed.choice(NETWORKS, "network", value, attempt) + str(1 + keyed.below(254, "host", value, attempt))
        else:
            draws = keyed.draws("host", value, attempt)
            groups = [f"{next(draws) % 0x10000:x}" for _ in range(4 if "::" in address else 6)]
            made = "2001:db8" + ("::" if "::" in address else ":") + ":".join(groups)
            made = made.upper() if address.isupper() else made
        bracket = "]" if cut.endswith("]") else ""
        return f"{'[' if bracket else ''}{made}{bracket}{rest}"
    return differing(text, drawn)


def mac(text: str, keyed: Keyed) -> str | None:
    """Returns a hardware address from the range for documentation, 00-00-5E-00-53-00 to -FF. Source: RFC 9542, section 2.1.2."""
    digits = "".join(c for c in text if c.isalnum())
    if len(digits) != 12:  # noqa: PLR2004 - 48 bits
        return keep_format(text, keyed)
    upper = digits.upper() == digits

    def drawn(attempt: int) -> str:
        made = f"00005E0053{keyed.below(256, 'mac', digits.upper(), attempt):02X}"
        return _hexadecimal(text, made, upper=upper)
    return differing(text, drawn)


def _hexadecimal(layout: str, digits: str, *, upper: bool) -> str:
    made = filled(re.sub(r"\w", "0", layout), digits)
    return made if upper else made.lower()


def _domain(domain: str, keyed: Keyed, attempt: int) -> str:
    return keyed.choice(DOMAINS, "domain", fold(domain), attempt)


def _mailbox(mailbox: str, keyed: Keyed, locale: str) -> str:
    """The part before the @: its words become those of the invented person, in ASCII; numbers other numbers."""
    words = [match[0] for match in _RUN.finditer(mailbox) if not match[0].isdecimal()]
    if words and all(fold(word) in _ROLES for word in words):
        return _RUN.sub(lambda match: match[0] if not match[0].isdecimal() else keep_format(match[0], keyed) or "", mailbox)
    titles = int(len(words) > 1 and fold(words[0]) in HONORIFICS)
    last = len(words) - 1 - titles
    made = iter([*words[:titles], *(word if fold(word) == "dot" else _word(word, number, last, keyed, locale)
                                    for number, word in enumerate(words[titles:]))])

    def replaced(match: re.Match[str]) -> str:
        return keep_format(match[0], keyed) or "" if match[0].isdecimal() else next(made)
    return _RUN.sub(replaced, mailbox)


def _word(word: str, number: int, last: int, keyed: Keyed, locale: str) -> str:
    if len(word) == 1:
        return initial(word, keyed)
    if last == 0 and (split := _split(fold(word), locale)):
        head, tail = split
        begins = initial(head, keyed) if len(head) == 1 else given_name(head, keyed, locale) or ""
        return _plain(begins + (family_name(tail, keyed, locale) or ""), word)
    role = guessed_role(word, locale) if last == 0 else "family" if number == last else "given"
    if last > 0 and roles(word, locale) == ({"family"} if number == 0 else {"given"}):
        role = "family" if number == 0 else "given"
    made = given_name(word, keyed, locale) if role == "given" else family_name(word, keyed, locale)
    return _plain(made, word) if made else keep_format(word, keyed) or ""


def _split(word: str, locale: str) -> tuple[str, str] | None:
    """Cuts *janeroe* and *jroe* where a known family name begins, unless the whole is a name."""
    if roles(word, locale):
        return None
    cuts = [cut for cut in range(1, len(word) - _SHORTEST + 1) if "family" in roles(word[cut:], locale)]
    return next(((word[:cut], word[cut:]) for cut in sorted(cuts, key=lambda cut: cut == 1)
                 if cut == 1 or (cut >= _SHORTEST and "given" in roles(word[:cut], locale))), None)


def _plain(name: str, like: str) -> str:
    """Returns a name as a mailbox has it: letters of ASCII if ``like`` has no others, and in its case."""
    plain = "".join(c for c in fold(name) if c.isalpha()) if like.isascii() else fold(name)
    return plain.upper() if like.isupper() else plain.capitalize() if like[0].isupper() else plain
