"""The normalized view: each step held against a slow, obvious version, and perturbed entities that come back exactly."""
# long: five steps of one view, each beside its slow version.

import csv
import functools
import html
import json
import random
import re
import time
import unicodedata
import urllib.parse

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect.config import packaged
from engine.detect.view import lookalikes, needs_view, view_of
from engine.detect.view.characters import folded, invisible, kept, read_characters
from engine.detect.view.encodings import read_encodings
from engine.detect.view.lookalikes import read_lookalikes
from engine.detect.view.reading import END, Reading
from tests.engine.detect.perturbing import entities, fullwidth, homoglyphs, joined

DRAW = random.Random


def seen(text):
    """The view of one value, whether or not it needs one."""
    return view_of([text], np.ones(1, bool)).texts[0]


@functools.cache
def every():
    """All assigned characters."""
    return [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) not in {"Cn", "Cs"}]


def compatible(text):
    """The characters step, one whole text at a time."""
    text = "".join(one for one in text if not invisible(one))
    out: list[str] = []
    for one in unicodedata.normalize("NFKC", text):
        if unicodedata.category(one) == "Mn" and out and out[-1] in "0123456789@+-._/":
            continue
        digit = unicodedata.digit(one, None)
        kind = unicodedata.category(one)
        out.append(one if one.isascii() else str(digit) if digit is not None else "-" if kind == "Pd" or one == "−" else
                   " " if kind == "Zs" or one == "\u2800" else "\n" if one in "\u0085\u2028\u2029" else one)
    return "".join(out)


@pytest.mark.slow
def test_every_character_reads_as_nfkc_has_it():
    plain = [one for one in every() if one != "\0" and not kept(one)]
    assert len(plain) > 130_000
    read = read_characters(Reading.of("\0".join(plain))).text.split("\0")
    assert [ascii(one) for one, text in zip(plain, read, strict=True) if text != compatible(one)] == []


@pytest.mark.slow
def test_decomposed_texts_compose_as_nfkc_has_them():
    letters = [one for one in every() if unicodedata.decomposition(one) and not kept(one)]
    chosen = DRAW(1).sample(letters, 1500) + [chr(0xAC00 + place) for place in range(0, 11172, 97)]
    for one in chosen:
        for text in (unicodedata.normalize("NFD", one), unicodedata.normalize("NFKD", one), f"a{one}\u0323\u0301"):
            assert read_characters(Reading.of(text)).text == compatible(text), ascii(text)


@pytest.mark.slow
def test_what_composes_is_known():
    """All that can combine with the character before it: the second halves of canonical compositions."""
    parts = {one: unicodedata.normalize("NFD", one) for one in every()}
    second = {form[-1] for one, form in parts.items() if len(form) > 1 and unicodedata.normalize("NFC", form) == one}
    marks = {one for one in second if unicodedata.category(one).startswith("M")}
    jamo = {chr(code) for code in [*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]}
    assert second == marks | jamo


@pytest.mark.slow
def test_every_decimal_digit_is_ascii():
    digits = [one for one in every() if unicodedata.category(one) == "Nd"]
    assert len(digits) >= 650
    assert [seen(one) for one in digits] == [str(unicodedata.decimal(one)) for one in digits]


@pytest.mark.parametrize("text", ["O´Brien", "Nº 4", "2ª planta", "a ¨ b"])
def test_what_nfkc_would_cut_stays(text):
    assert seen(text) is text
    assert all(folded(one) == one for one in text)


@pytest.mark.parametrize(("text", "expected"), [
    ("s\u200boc\u00adial\ufeff 1\u20602\u200d3", "social 123"), ("\u202e12\u202c3\u2066", "123"), ("4\ufe0f\u20e31", "41"),
    ("j\u0335o\u0336hn", "john"), ("4\u03011\u0302", "41"), ("cafe\u0301", "café"), ("1\u20102\u20133\u22124", "1-2-3-4"),
    ("a\u00a0b\u3000c\u2009d\u1680e", "a b c d e"), ("a\u2028b\u0085c", "a\nb\nc"), ("\u0664\u0967\u0e51\uff11\u2460", "41111"),
])
def test_characters(text, expected):
    assert seen(text) == expected


LOOKALIKES = {chr(int(row["code_point"], 16)): row for row in csv.DictReader(
    line for line in packaged("confusables.csv").splitlines() if not line.startswith("#"))}


def test_the_table_of_lookalikes_is_what_it_says():
    assert len(LOOKALIKES) > 300
    for one, row in LOOKALIKES.items():
        assert unicodedata.name(one) == row["name"]
        assert re.fullmatch(r"[A-Za-z0-9.:/+_@\-]", row["reads_as"]), row
        assert unicodedata.normalize("NFKC", one) == one, "NFKC folds it before"
        assert unicodedata.category(one)[0] != "N"
    for pair in zip("АВЕКМНОРСТХаеорсухіјѕ", "ABEKMHOPCTXaeopcyxijs", strict=True):
        assert LOOKALIKES[pair[0]]["reads_as"] == pair[1]


@pytest.mark.parametrize("text", [
    "Привет, мир. Москва-2024, д. 15б, кв. 3", "Ο Νίκος είπε π.χ. το 2019 ο Α. Ρ.", "Ереван Հայաստան 1999",
    "Straße 5, Yıldız ığı", "α-synuclein 5 mg", "в 2012 о 2013 с 1 по 3", "Санкт-Петербург", "col·legi", "患者在医院", "O'Connor",
    "Zoë José",
])
def test_honest_text_is_left_alone(text):
    assert seen(text) is text


@pytest.mark.parametrize(("text", "expected"), [
    ("jоhn", "john"), ("pаypаl.com", "paypal.com"), ("сосо@сосо.com", "coco@coco.com"),
    ("АВ123456", "AB123456"), ("4О11-1І1З", "4011-1113"), ("+ӏ 617 7О5 О555", "+1 617 705 0555"),
    ("DЕ8937О400440532013000", "DE89370400440532013000"), ("john@example。com", "john@example.com"),
    ("jᴏʜɴ@mail.com", "john@mail.com"), ("Аnna", "Anna"), ("пример@почта.рф", "пример@почта.рф"), ("10։30", "10:30"),
])
def test_lookalikes(text, expected):
    assert seen(text) == expected


@pytest.mark.parametrize("text", [
    "j&#111;hn&commat;x&period;com", "&notit; &amp &AMP; &lt;b&gt &Aacute;&Aacute", "AT&T R&D &nope; &", "&copy=1",
    "&#x40;&#X40&#0064; &#128; &#xD800; &#0; &#1;", "a&NotEqualTilde;b &semi;&Tab;", "&#99999999999999;",
])
def test_references_are_those_of_html(text):
    assert read_encodings(Reading.of(text)).text == compatible(html.unescape(html.unescape(text)))


def test_percent_encoding_is_that_of_the_standard_library():
    draw = DRAW(2)
    for _ in range(300):
        ranges = [range(33, 127), range(0xC0, 0x250), range(0x4E00, 0x9000), range(0x1F600, 0x1F640)]
        text = "".join(chr(draw.choice(draw.choice(ranges))) for _ in range(8)).replace("%", "").replace("&", "")
        written = urllib.parse.quote(text, safe="")
        reading = read_encodings(Reading.of(written))
        assert reading.text == compatible(urllib.parse.unquote(written))
        assert reading.last[-1] == len(written)


@pytest.mark.parametrize("text", ["100%", "5%de", "50%ab", "%FF%FE", "%00", "%C3", "%ED%A0%80", "100%zz", "%"])
def test_stray_percent_signs_stay(text):
    assert seen(text) is text


@pytest.mark.parametrize(("text", "expected"), [
    (r"jane\u0040example.com", "jane@example.com"), (r"Ren\u00e9e Dupont", "Renée Dupont"), (r"a\u00", r"a\u00"),
    (r"x\ud83dy", r"x\ud83dy"), (r"tab\u0009bed", r"tab\u0009bed"), (r"\u00e9", r"\u00e9"),
])
def test_escapes_of_json(text, expected):
    assert view_of([text]).texts == [expected]


def test_twice_encoded():
    assert seen("john&amp;#64;example%252Ecom") == "john@example.com"


WRITTEN = [" at {} dot ", " AT {} DOT ", " [at] {} [dot] ", "[at]{}[dot]", " (at) {}.",
           "_at_{}_dot_", " arroba {} punto ", " {{at}} {} {{dot}} ", " at {}.",
           "@{} dot ", " @ {} . ", "@ {}.", " @{}.", "@\n{}.", "\n@{}.", "@{}\n.", "@{}.\n", "<at>{}<dot>", " (a) {}."]


@pytest.mark.parametrize("form", WRITTEN)
def test_written_out_addresses_come_back(form):
    text = "write to ann.lee" + form.format("mail") + "com, please"
    view = view_of([text])
    assert view.texts[0] == "write to ann.lee@mail.com, please"
    assert view.original(0, 9, 25) == (9, len(text) - 8)


@pytest.mark.parametrize("text", [
    "look at example.com", "we met at noon. Then at 10.30 home", "the contact point bob@x.com", "a dot on the map",
    "at at at", "it is at [x] (y)", "dot com",
    "see b@x.com . Then he left",
    "Thanks.\nbob@x.org", "a@b.com\nand c@d.org", "Hi\nbob@mail.com", "user@host\nnext line", "x @ y",
])
def test_other_uses_of_the_words_stay(text):
    assert seen(text) is text


@pytest.mark.parametrize(("text", "expected"), [
    ("4 1 1 1 1 1", "411111"), ("1 2 3 4 5", "1 2 3 4 5"), ("J o h n  S m i t h!", "John Smith!"),
    ("4\n1\n5\r\n5\n5\n5", "415555"),
    ("call 4 1 5 5 5 5 2 6 7 1 a lot", "call 4155552671 a lot"), ("I 4 1 5 5 5 5", "I 415555"), ("D E 8 9 3 7 0 4", "DE893704"),
    ("a 1 b 2 c 3", "a 1 b 2 c 3"), ("j o @ x . c o m", "jo@x.com"), ("is a b c d ef", "is a b c d ef"),
])
def test_characters_one_by_one(text, expected):
    assert seen(text) == expected


@pytest.mark.parametrize("perturbed", [fullwidth, joined, homoglyphs])
def test_perturbed_entities_come_back_and_are_covered_exactly(perturbed):
    """2,400 entities for each kind: the plain one stands in the view, and its original stretch is all of the perturbed one."""
    draw = DRAW(7)
    cases = [(one, perturbed(draw, one)) for _ in range(400) for one in entities(draw)]
    assert len(cases) == 2400
    texts = [f"see {written} today" for _, written in cases]
    view = view_of(texts)
    right = 0
    for value, (plain, written) in enumerate(cases):
        text = view.texts[value]
        place = text.find(plain)
        if place >= 0:
            assert view.original(value, place, place + len(plain)) == (4, 4 + len(written)), ascii(written)
            right += 1
    assert right >= 0.98 * len(cases), [(cases[place], view.texts[place]) for place in range(40)]


def test_clean_values_are_the_same_objects():
    texts = ["plain text at home, 10% of A&B, j@x.com", "", "Ünïcode façade", "a, b. c? (d) 4111 1111 1111 1111",
             "2024-01-01 10:00:00 GET /a?b=1&c=2"]
    view = view_of(texts)
    assert all(one is other for one, other in zip(view.texts, texts, strict=True))
    assert view.original(3, 2, 9) == (2, 9)
    assert not needs_view(pa.array(texts)).any()


def test_nulls_and_no_values():
    assert needs_view(pa.array([None, "é１", None, "é"])).tolist() == [False, True, False, False]
    assert needs_view(pa.array([], pa.string())).tolist() == []
    assert view_of([]).texts == []


def test_offsets():
    view = view_of(["plain", "x\u200b\uff11\u200b\uff12 &amp; ﬁn", "j at x dot com"])
    assert view.texts == ["plain", "x12 & fin", "j@x.com"]
    assert view.original(1, 1, 3) == (2, 5), "what is invisible inside, not beside"
    assert view.original(1, 4, 5) == (6, 11)
    assert view.original(1, 6, 7) == view.original(1, 7, 8) == (12, 13), "both letters of a ligature"
    assert view.original(1, 2, 2) == (4, 4)
    assert view.original(1, 9, 9) == (14, 14)
    starts, ends = view.originals([0, 1, 2], [1, 4, 0], [3, 5, 7])
    assert starts.tolist() == [1, 6, 0]
    assert ends.tolist() == [3, 11, 14]


@pytest.mark.slow
@pytest.mark.parametrize("unit", [
    "ﬁ", "e\u0301", "\u0301\u0316", "&amp;", "&#", "&#" + "9" * 5000, "%25", " at ", "a@ b.com ", "a dot ", "a.b\nc@d.com ",
    "12\n", "1 ", "a ", "a", "\n", "A1", "aа", "О1", "4111 1111\n", "\ud800", "\0", "[", "@", "+44 ", "AA00 ",
    "-dot-", "1 - ", "@a.", "_",
])
def test_long_cells_take_linear_time(unit):
    text = unit * (1_000_000 // len(unit))
    started = time.process_time()
    view = view_of([text], np.ones(1, bool))
    assert len(view.joined().texts) <= 3 * len(text)
    assert time.process_time() - started < 10, "1 s where nothing else runs"
    assert view.original(0, 0, len(view.texts[0]))[0] >= 0


@pytest.mark.slow
def test_perturbed_files_hold_their_offsets(shared_data):
    """Real texts: every token of the view is in its original stretch, folded."""
    texts = [one["full_text"] for one in json.loads((shared_data / "pii" / "synth_v2_half.json").read_text(encoding="utf-8"))]
    texts = [text for text in texts if text.isascii()]
    draw = DRAW(3)
    written = [fullwidth(draw, text) for text in texts]
    view = view_of(written)
    for value in range(len(texts)):
        for token in re.finditer(r"[A-Za-z0-9]+", view.texts[value]):
            start, end = view.original(value, *token.span())
            assert compatible(written[value][start:end]) == token.group()


@pytest.mark.slow
@settings(max_examples=200)
@given(st.lists(st.text("0123О0оІl1АВСα ви.-/()AZbк\n", max_size=40), min_size=1, max_size=3))
def test_values_that_are_left_out_hold_no_number_to_fold(values):
    reading = Reading.of("".join(value + END for value in values))
    folded = read_lookalikes(reading).text
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lookalikes, "_with_numbers", lambda *_: [(0, len(reading.text))])
        assert read_lookalikes(reading).text == folded
