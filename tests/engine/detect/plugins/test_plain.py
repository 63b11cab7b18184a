"""What is read off a user's pattern, held against what the module regex makes of it."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import regex
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from engine.detect.plugins.budget import Budget
from engine.detect.plugins.guarded import Watch, claims_of, searched
from engine.detect.plugins.plain import filter_of, flags_apart, joins, plain
from engine.detect.plugins.presidio import words_apart
from engine.detect.plugins.presidio_yaml import listed
from engine.detect.plugins.rules import Rule

PLAIN = [r"\bE-\d{6}\b", r"(?<!\w)AB(?!\w)", r"(?i:ab)c", r"(?P<entity>\d+)x", r"a(?=b)c", r"(a|bc)\1", r"[^\s,]+@x",
         r"[\w.-]+\.", "日本", r"^a$", r"(?P<x>a)(?P=x){2}", "a++b*+", r"(a)\1{2}"]
NOT_PLAIN = [
    r"a{e<=1}", r"[[:alpha:]]+", r"(?R)?a", r"(?>a+)b", r"a(?i)b", r"\p{Greek}", r"(?x)a b", r"\ma", r"(?|a|b)", r"a\10", r"\X",
    r"[a--b]",
    r"(?=a){2}b", r"\b?a", r"a{,3}", "a\0", r"\Ka", r"(?1)", r"\N{DIGIT ONE}", r"[\p{L}]",
]


@pytest.mark.parametrize("written", PLAIN)
def test_known_parts(written):
    assert plain(written, 0)


@pytest.mark.parametrize("written", NOT_PLAIN)
def test_unknown_parts(written):
    assert not plain(written, 0)


def test_flags_that_change_what_is_written():
    assert plain(r"a b\d", regex.I | regex.M | regex.S)
    assert not plain(r"a b\d", regex.X)
    assert not plain(r"a", regex.FULLCASE)


def test_leading_flags():
    assert flags_apart(r"(?i)(?ms)ab", 0) == ("ab", regex.I | regex.M | regex.S)
    assert flags_apart("a(?i)b", 2) == ("a(?i)b", 2)


ATOMS = st.sampled_from([
    "a", "b", "B", "1", " ", "é", "ſ", r"\d", r"\w", r"\s", r"\S", r"\W", r"\D", ".", "[ab]", "[^a]", r"[\w-]", r"[^\d\s]",
    r"[\x20-~]", r"\.",
    r"\u00e9", r"\x41", r"\p{L}", r"\p{Lu}", r"\1", "k", "[a-k]", r"\n", r"[]a]", r"[\s\d]", "-", "@",
    "]", "[é-]", "[ſ1]",
])
ANCHORS = st.sampled_from([
    r"\b", r"\B", "^", "$", r"\A", r"\Z", r"(?<!\w)", r"(?!\d)", r"(?=a)", r"(?<=1)", r"(?=.*b)", r"(?<!(?:a|b))"])
REPEATS = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,3}", "*?", "+?", "{2,}", "++", "?+", "{1,2}+"])


def grouped(inner):
    wrapped = st.tuples(st.sampled_from(["(", "(?:", "(?i:", "(?="]), inner, REPEATS).map(
        lambda parts: f"{parts[0]}{parts[1]})" + (parts[2] if parts[0] != "(?=" else ""))
    alternatives = st.lists(inner, min_size=2, max_size=2).map("|".join)
    return st.one_of(st.lists(inner, min_size=1, max_size=3).map("".join), alternatives, wrapped)


PATTERNS = st.recursive(st.one_of(st.tuples(ATOMS, REPEATS).map("".join), ANCHORS), grouped, max_leaves=6)
FLAGS = st.sampled_from([0, int(regex.I), int(regex.I | regex.M | regex.S), int(regex.A)])
TEXTS = st.lists(st.text(alphabet="abBkK1 é\u017f\u212aÉ.-@\n\t日\u0660]A", max_size=10), min_size=1, max_size=5)


def rule(written: str, flags: int) -> Rule:
    try:
        regex.compile(written, flags)
    except regex.error:
        reject()  # a reference to a group that is not there
    return Rule("T", written, flags, lambda match: (*match.span(), 0.5))


@pytest.mark.slow
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(PATTERNS, FLAGS, TEXTS)
def test_the_filter_lets_every_match_through_and_joining_changes_nothing(written, flags, texts):
    one = rule(written, flags)
    alone = {(place, *claim) for place, text in enumerate(texts) for claim in claims_of(one, text, 5)}
    expression = filter_of(one)
    if expression is not None:
        let_through = pc.match_substring_regex(pa.array(texts), expression).to_pylist()
        assert all(let_through[place] for place, *_ in alone)
    watch = Watch(Budget(5))
    assert set(searched(one, range(len(texts)), texts, watch)) == alone
    assert not watch.given_up


def test_letters_beyond_ascii_fold_in_a_filter_too():
    pairs = [("straße", "STRAẞE"), ("ſ", "S"), ("\u212a", "k"), ("é", "É"), ("σ", "ς"), ("[a-é]b", "Éb"),
             ("[ſé]", "S"), ("[ä-]", "Ä")]
    for written, text in pairs:
        one = rule(written, int(regex.I))
        assert regex.search(written, text, regex.I)
        assert pc.match_substring_regex(pa.array([text]), filter_of(one))[0].as_py()


def test_most_of_what_people_write_is_filtered_and_joined():
    usual = (r"(\d)\1{3}", r"(?P<x>a)(?P=x)+", "a++b", r"\bE-\d{6}\b", r"(?<![A-Z])[A-Z]{2}\d+",
             listed(["Mr.", "Ms Smith", "Señor"]))
    ones = [Rule("T", written, 2, None) for written in usual]
    assert all(joins(one) and filter_of(one) for one in ones)


WORDS = st.lists(st.sampled_from(["Mr.", "a", "é", "x y", "1", "-", "+1", "a.b", "ſ"]), min_size=1, max_size=3)


@settings(deadline=None)
@given(WORDS, st.lists(st.sampled_from(
    ["Mr.", "mr", "a", "é", " ", "x y", "1", "-", "\n", "_", "+1", "a.b", "s"]), max_size=8).map("".join),
       st.sampled_from([int(regex.I | regex.M | regex.S), 0, int(regex.I)]))
def test_a_deny_list_means_what_presidio_writes(words, text, flags):
    presidio = r"(?:^|(?<=\W))(" + "|".join(map(regex.escape, words)) + r")(?:(?=\W)|$)"
    assert words_apart(presidio) == listed(words)
    assert [match.span() for match in regex.finditer(presidio, text, flags)] == \
        [match.span() for match in regex.finditer(listed(words), text, flags)]
    assert words_apart(r"\bnot a list\b") == r"\bnot a list\b"
