"""Invented entities, and ways to write them that a reader still takes for them."""

import re

import phonenumbers


def luhn(digits):
    """The check digit, by trying all."""
    for last in "0123456789":
        doubled = [int(one) * (1 + place % 2) for place, one in enumerate(reversed(digits + last))]
        if sum(one // 10 + one % 10 for one in doubled) % 10 == 0:
            return last
    raise AssertionError


def entities(draw):
    """Invented entities."""
    digits = lambda size: "".join(draw.choices("0123456789", k=size))
    yield "".join(draw.choice(part) for part in (
        ["john", "mary", "peter", "lucia", "anna", "oscar"], ["", ".", "_"], ["smith", "jones", "cooper", "parker"], ["",
    digits(2)],
        ["@"], ["mail", "sub.host", "corp-x"], [".com", ".org", ".net", ".de"]))
    card = "4" + digits(14)
    card += luhn(card)
    yield draw.choice("- ").join(card[place:place + 4] for place in range(0, 16, 4))
    yield f"{draw.randint(100, 665)}-{draw.randint(10, 99)}-{draw.randint(1000, 9999)}"
    yield phonenumbers.format_number(phonenumbers.parse(f"+1415{draw.randint(200, 899)}{digits(4)}"), draw.choice([1, 2]))
    account = "37040044" + digits(10)
    account = f"DE{98 - int(account + '131400') % 97:02}{account}"
    yield " ".join(account[place:place + 4] for place in range(0, 22, 4))
    yield ".".join(str(draw.randint(1, 254)) for _ in range(4))


LIKE = {"a": "аα", "e": "е", "o": "оο", "p": "рρ", "c": "сϲ", "s": "ѕ", "i": "іι", "j": "ј", "h": "һ", "n": "ո", "u": "υ"}


def fullwidth(draw, text):
    return "".join(chr(ord(one) + 0xFEE0) if one != " " else "\u3000" for one in text)


def joined(draw, text):
    return "".join(one + draw.choice(["", *"\u200b\u200c\u200d\u2060\u00ad\ufeff\u202c"]) for one in text[:-1]) + text[-1]


def homoglyphs(draw, text):
    if "@" in text:
        return "".join(draw.choice(LIKE.get(one, one) + one) for one in text)
    places = [place for place, one in enumerate(text) if one in "01" and place > 4]
    chosen = set(draw.sample(places, min(len(places), 2)))
    return "".join({"0": "О", "1": "І"}[one] if place in chosen else one for place, one in enumerate(text))


def spaced(draw, text):
    if draw.random() < 0.5:
        return " ".join(text.replace(" ", "")) if "@" in text else " ".join(text).replace("   ", "  ")
    if "@" in text:
        return text.replace("@", " at ").replace(".", " dot ")
    wide = text.replace(" ", "  ")
    return re.sub(r"(?<=\d)([-.])(?=\d)", r" \1 ", wide)


def broken(draw, text):
    if "@" in text:
        return text.replace("@", draw.choice(["@\n", "\n@", "@\r\n"]))
    place = draw.choice([match.start() for match in re.finditer(r"[ .-](?=\d)", text)])
    return text[:place].rstrip() + "\n" + text[place + 1:] if text[place] == " " else text[:place + 1] + "\n" + text[place + 1:]
