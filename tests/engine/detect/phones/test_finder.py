"""What is likely a telephone number: layouts, neighbours, other countries, and what Presidio's recognizer takes for one."""

import itertools
import json
import re

import numpy as np
import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.detect.block import Block
from engine.detect.phones import CERTAIN, CONTEXT, STRONG, WEAK, PhoneFinder

FINDER, EXACT = PhoneFinder(), PhoneFinder(exact=True)


def found_in(texts, finder=FINDER):
    block = Block(pa.array(texts))
    claims = finder.find(block)
    found = [[] for _ in texts]
    places = block.value_of(claims.start), block.characters(claims.start), block.characters(claims.end), claims.score
    for row, start, end, score in zip(*places, strict=True):
        found[row].append((int(start), int(end), float(score)))
    return found


@pytest.mark.parametrize(("text", "score"), [
    # with a country code
    ("+49 30 1234567", CERTAIN), ("+44 (0)20 7946 0958", CERTAIN), ("(+49) 30 1234567", CERTAIN), ("+34612345678", CERTAIN),
    ("+1.4155552671", CERTAIN), ("+86 - 10 - 6250 1658", CERTAIN), ("+1-123-456-7890", STRONG), ("+441632000000", STRONG),
    ("0044 20 7946 0958", STRONG), ("001-212-555-0123", STRONG), ("001-123-456-7890x99", STRONG),
    # of the regions, as they are written there
    ("(415) 555-2671", STRONG), ("415-555-2671", STRONG), ("415.555.2671", STRONG), ("1-800-273-8255", STRONG),
    ("030/1234567", STRONG), ("020 7946 0958", STRONG), ("01 53 01 82 00", STRONG), ("98765 43210", STRONG),
    ("11 91234-5678", STRONG), ("02-123-4567", STRONG),
    # of other countries: an area code in brackets, a trunk prefix
    ("(99) 645-791", STRONG), ("(08) 8747 6301", STRONG), ("(71) 4233-6306", STRONG), ("0496 46 46 70", STRONG),
    ("032 288 79 44", STRONG), ("010-1234-5678", STRONG), ("03-1234-5678", STRONG),
    # an extension says what it is
    ("123-456-7890x12", STRONG), ("123-456-7890 ext. 12", STRONG), ("467 3395 ext 2", STRONG),
    # only with a word beside it
    ("4155552671", WEAK), ("467 3395", WEAK), ("60-56-85-91", WEAK), ("699 956 915", WEAK), ("434 14 557", WEAK),
    ("21 284 698 2548", WEAK), ("626807465", WEAK), ("123-456-7890", WEAK), ("06-12345678", WEAK), ("2270-66-1551", WEAK),
])
def test_numbers(text, score):
    for before, behind in (("", ""), ("call ", " now"), ("Tel.:", ", or"), ("(", ")"), ("tel=", ";"), ("\u96fb\u8a71", "\u3002")):
        if before == "(" and text.startswith("("):
            continue
        whole = before + text + behind
        found = found_in([whole])[0]
        assert [(whole[start:end].strip("("), one) for start, end, one in found] == [(text.strip("("), score)], whole


@pytest.mark.parametrize("text", [
    "2024-01-31", "31.01.2024", "01/31/2024", "2024-01-31 12:30:59", "20240131", "20240131123059", "20240131 123059", "1999-2004",
    "1706659200", "1706659200123", "12:30:45", "192.168.100.200", "10.20.30.40/16", "123-45-6789", "12345-6789", "04005-005",
    "4111 1111 1111 1111", "4111111111111111", "3782 822463 10005", "52.5200066", "-122.4194155", "3.14159265358", "0.123456789",
    "1.234.567,89", "550e8400-e29b-41d4-a716-446655440000", "12345678-1234-1234-1234-123456789012", "GB29 NWBK 6016 1331 9268 19",
    "DE89370400440532013000", "id_4155552671", "abc-4155552671", "4155552671@example.org", "4155552671abc", "$4155552671",
    "\u20ac4155552671", "4155552671%", "5 000 000 000", "1 2 3 4 5 6 7 8 9", "123456", "404 45992", "+ 907133923", "#4155552671",
    "v1.2.3.4567890", "https://example.org/items/4155552671", "978-3-16-148410-0", "12 34 -5678", "(1998) 12 3456", "+12 34",
])
def test_what_is_no_number(text):
    for whole in (text, f"see {text} there"):
        assert [one for one in found_in([whole])[0] if one[2] >= STRONG] == []


@pytest.mark.parametrize("text", ["20240131", "20240131123059", "1706659200123", "123-45-6789", "12345-6789", "192.168.100.200",
                                  "4155552671@example.org", "id_4155552671", "31.01.2024"])
def test_what_is_no_number_even_beside_a_word(text):
    assert found_in([f"phone {text}"]) == [[]]


def test_several_in_one_text():
    text = "415-555-2671/415-555-2672 or (212) 555-0123 (fax +49 30 1234567), born 12/25/1988 555-867-5309"
    assert [text[start:end] for start, end, _ in sorted(found_in([text])[0])] == [
        "415-555-2671", "415-555-2672", "(212) 555-0123", "+49 30 1234567", "555-867-5309"]


@pytest.mark.parametrize("between", [" ", "/", ", ", " - ", ". ", "; "])
def test_a_long_list_takes_no_longer_than_its_length(between):
    number = "415-555-2671"  # step by step, one number each, this would take minutes
    text = between.join([number] * 20_000)
    found = sorted(found_in([text])[0])
    assert [text[start:end] for start, end, _ in found[:3]] == [number] * 3
    assert len(found) == 20_000


@pytest.mark.parametrize("piece", ["12 34 ", "7", "1/", "(", "(1)", "1.", "1 - ", "+1 ", "((1", "x1 ", "- "])
def test_long_nonsense(piece):
    assert found_in([piece * 50_000]) == [[]]


PARTS = ["1", "555", "415-555-2671", "(415) ", "+49 30 1234567", "030", " ", "-", "/", ".", "x12", "a", "_", "$", "\u00e9",
         "2024-01-31", "4111 1111 1111 1111", "467 3395", ":", "0", ")", "\n", "ext. 5"]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.sampled_from(PARTS), max_size=7).map("".join), min_size=1, max_size=5))
@example(["12024-01-31ext. 5467 3395"])
def test_each_value_reads_as_if_it_were_alone(texts):
    together = found_in(texts)
    assert together == [found_in([text])[0] for text in texts]
    for text, found in zip(texts, together, strict=True):
        spans = sorted(found)
        assert all(0 <= start < end <= len(text) and score in {CERTAIN, STRONG, WEAK} for start, end, score in spans)
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))


def test_nothing():
    for texts in ([], [""], [None, ""], ["no digits"], ["1"], ["12 34"]):
        claims = FINDER.find(Block(pa.array(texts, pa.string())))
        assert [len(column) for column in claims] == [0] * 5


COUNTRIES = ["US", "GB", "DE", "FR", "ES", "IT", "NL", "SE", "PL", "AU", "JP", "KR", "BR", "MX", "ZA", "IN", "CH", "AT", "NZ"]


@pytest.mark.slow
def test_example_numbers_of_many_countries_are_found():
    weak = strong = 0
    for region in COUNTRIES:
        for line in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE):
            number = phonenumbers.example_number_for_type(region, line)
            national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
            abroad = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
            found = found_in([f"call {national} now", f"call {abroad} now"])
            assert [one[:2] for one in found[0]] == [(5, 5 + len(national))], national
            assert found[1] == [(5, 5 + len(abroad), CERTAIN)], abroad
            weak += found[0][0][2] == WEAK
            strong += found[0][0][2] == STRONG
    assert strong > 2 * weak


def words_before(text, start):
    words = re.split(r"\W+", " ".join(text[max(0, start - 120):start].split()[-5:]).lower())
    return any(word in CONTEXT or word.removesuffix("s") in CONTEXT for word in words)


@pytest.mark.parametrize("odd", [0, 1])
def test_precision_and_recall_on_sentences(shared_data, odd):
    samples = [one for one in json.loads((shared_data / "pii" / "synth_v2_half.json").read_text(encoding="utf-8"))
               if one["template_id"] % 2 == odd]  # the rules were made on the even ones
    right = missed = wrong = 0
    for sample, found in zip(samples, found_in([one["full_text"] for one in samples]), strict=True):
        claims = [(start, end) for start, end, score in found if score >= STRONG or words_before(sample["full_text"], start)]
        labels = [(one["start_position"], one["end_position"]) for one in sample["spans"] if one["entity_type"] == "PHONE_NUMBER"]
        hits = {label for label in labels for one in claims if overlap(label, one) >= 0.75}
        right, missed = right + len(hits), missed + len(labels) - len(hits)
        wrong += sum(all(overlap(label, one) < 0.75 for label in labels) for one in claims)
    assert right >= 0.95 * (right + missed)
    assert right >= 0.95 * (right + wrong)


def overlap(one, other):
    inside = min(one[1], other[1]) - max(one[0], other[0])
    return max(0, inside) / max(one[1] - one[0], other[1] - other[0])


def clean(kind):
    rng = np.random.default_rng(5)
    seconds, numbers = rng.integers(1_500_000_000, 1_900_000_000, 400), rng.integers(0, 1 << 62, 400)
    days = np.array(seconds, "datetime64[s]")
    match kind:
        case "uuids":
            digits = [f"{number:016x}{number * 7 % (1 << 64):016x}" for number in numbers.tolist()]
            return [f"{one[:8]}-{one[8:12]}-{one[12:16]}-{one[16:20]}-{one[20:]}" for one in digits]
        case "timestamps":
            return [*map(str, days.tolist()), *map(str, seconds), *(str(one).replace("-", "")[:8] for one in days)]
        case "logs":
            return [f'10.{number % 256}.{number // 7 % 256}.9 - - [{day}] "GET /items/{number % 10**9}" 404 {number % 10**7}'
                    for number, day in zip(numbers.tolist(), days, strict=True)]
        case _:
            return [f"{number % 10**9 / 10**5:.4f} {number % 10**4} {number % 10**6 / 100:.2f}" for number in numbers.tolist()]


@pytest.mark.parametrize("kind", ["uuids", "timestamps", "logs", "decimals"])
def test_fewer_false_alarms_than_presidio(kind):
    texts = clean(kind)
    ours = sum(score >= STRONG for found in found_in(texts) for _, _, score in found)
    presidio = sum(map(len, found_in(texts, EXACT)))
    assert ours == 0
    assert presidio > 0


@pytest.mark.parametrize(("text", "reason"), [
    ("my card 4969800024734372", "sixteen digits: a card's"), ("at 0896 69 Farnell Street", "fewer than seven digits"),
    ("host 207.201.86.81", "an address"), ("at 1751772567", "seconds since 1970"), ("07.05.2019", "a day"),
    ("0.221267", "a decimal"), ("ssn 091-15-5606", "a social security number"),
    ("1c823d9e-4004-3716-c8fe-c7259e289761", "part of a longer id"),
])
def test_what_presidio_takes_for_a_number_and_this_does_not(text, reason):
    assert found_in([text], EXACT) != [[]], reason
    assert found_in([text]) == [[]], reason
