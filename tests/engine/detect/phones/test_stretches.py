"""Groups, gaps, leads and parts, against libphonenumber's own patterns on the texts."""

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import phonenumbermatcher

from engine.detect import kernels
from engine.detect.block import Block
from engine.detect.phones import gaps
from engine.detect.phones.stretches import PAD, groups, parts, stretches

PIECES = [*"0123456789-./()[]+,:a\n\u00e9", " ", "12", "345", "6789", "--", ". "]
TEXT = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


def laid_out(text, least=1):
    found = groups(Block(pa.array([text])), least)
    return found, (stretches(found, least) if found else None)


def shown(found, rows):
    ends = found.end[rows.last].tolist()
    return [found.data[begin:end].decode() for begin, end in zip(rows.begin.tolist(), ends, strict=True)]


@settings(max_examples=40, deadline=None)
@given(TEXT)
def test_stretches_are_what_the_matcher_looks_at(text):
    simple = re.sub(r"[([+]([-./ ()[\]]*[([+][-./ ()[\]]*){2,}", "", text)  # leads of three and more are for libphonenumber
    found, rows = laid_out(simple)
    expected = [match.group() for match in phonenumbermatcher._PATTERN.finditer(simple)]
    short = [one for one in expected if len(re.match(r"[^0-9]*", one).group()) <= gaps.REACH]
    if short == expected:
        assert (shown(found, rows) if found else []) == expected


@settings(max_examples=40, deadline=None)
@given(TEXT, st.integers(1, 6))
def test_stretches_with_few_digits_are_left_out(text, least):
    found, rows = laid_out(text)
    enough = [one for one in shown(found, rows) if sum(map(str.isdigit, one)) >= least] if found else []
    found, rows = laid_out(text, least)
    assert (shown(found, rows) if found else []) == enough


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["1", "22", "333", "4444", " ", "-", ".", "/", "(", ")", " - ", ". "]), max_size=12).map("".join))
def test_parts_are_what_the_matcher_tries_when_the_whole_is_no_number(text):
    found, rows = laid_out(text)
    if found is None or (found.facts & gaps.ODD).any():
        return
    some, _ = parts(found, rows, 1)
    for row, whole in enumerate(shown(found, rows)):
        if rows.lead[row] > len(gaps.SIGNS):
            continue  # of leads of more than one sign libphonenumber tries parts, too: for it to decide
        mine = some.at(some.row == row)
        spans = zip(mine.begin - rows.begin[row], found.end[mine.last] - rows.begin[row], strict=True)
        assert [*spans] == [span for span in tried(whole) if span != (0, len(whole))]


def tried(candidate):
    """Source: ``phonenumbermatcher._extract_inner_match``. Of parts with the same digits only the first that is tried decides."""
    found = []
    for pattern in phonenumbermatcher._INNER_MATCHES:
        match, mine = pattern.search(candidate), []
        if match:
            mine.append((0, candidate[:match.start()]))
        while match:
            mine.append((match.start(1), match.group(1)))
            match = pattern.search(candidate, match.start() + 1)
        spans = {}
        for begin, part in mine:
            end = begin + len(re.sub(r"(?:_|[^#\w])+$", "", part))
            if any(map(str.isdigit, candidate[begin:end])):
                spans.setdefault(re.search("[0-9]", candidate[begin:]).start() + begin, (begin, end))
        found += spans.values()
    return found


def test_gaps_at_the_ends_of_values_join_nothing():
    found = groups(Block(pa.array(["12 34", "56-", "-78", None, "", "90"])), 1)
    assert shown(found, stretches(found, 1)) == ["12 34", "56", "78", "90"]
    assert found.start(stretches(found, 1).first).tolist() == [PAD, PAD + 6, PAD + 11, PAD + 16]


@given(st.text("-/.() []", min_size=1, max_size=4))
def test_codes_tell_gaps_apart(signs):
    code = gaps.code(signs)
    assert "".join(gaps.SIGNS[(code >> shift & 15) - 1] for shift in (0, 4, 8, 12) if code >> shift & 15) == signs
    assert gaps.facts()[code] & gaps.JOINS


@pytest.mark.slow
@pytest.mark.skipif(not kernels.available(), reason="numba is not installed")
@settings(max_examples=100, deadline=None)
@given(st.lists(TEXT, max_size=4), st.integers(1, 7))
def test_groups_by_the_kernel_as_by_arrays(texts, least):
    block = Block(pa.array(texts, pa.string()))
    found = []
    for kernel in (False, True):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(kernels, "worth", lambda _, kernel=kernel: kernel)
            some = groups(block, least)
        every = None if some is None else np.arange(len(some.first))
        found.append(every is not None and [one.tolist() for one in (
            some.start(every), some.end, some.size, some.code, some.facts, some.stop - some.first,
            np.concatenate([some.digits[first:stop] for first, stop in zip(some.first, some.stop, strict=True)]))])
    assert found[0] == found[1]
