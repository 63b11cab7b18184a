"""Facts about tokens, held against a slow reading of one token after the other."""

import re

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.detect.block import Block
from engine.detect.names.facts import FACTS, facts_of
from engine.detect.names.lexicon import Lexicon
from engine.detect.names.tokens import SHAPES, tokens_of

LISTS = {
    "part of a place name": {"New", "York"}, "given name": {"Mary", "brook"}, "family name": {"Poe"},
    "city": {"New York", "York"},
    "English word": {"walk", "brook"}, "hardly a name": {"brook"},
    "street word": {"Street", "Rd"}, "street head": {"Calle"}, "well-known place": {"Paris"},
    "job": {"cook"}, "title": {"Mr", "cook"}, "month": {"May"}, "name in many countries": {"Mary", "York"},
    "common word": {"cook", "von"}, "name particle": {"von"},
    "region": {"IL"}, "country": {"Peru"}, "country in another language": {"Perú"},
    "weekday": {"Monday"}, "demonym": {"Thai"}, "courtesy": {"Mr"}, "role": set(), "job ending word": set(), "no name": set(),
    "kinship": set(), "name label": set(), "plain label": set(), "part of a label": set(), "end of a label": set(),
    "Japanese honorific": set(), "Chinese honorific": set(), "Korean honorific": set()}
LEXICON = Lexicon.of(LISTS)
WORDS = st.sampled_from([
    "12", "4B", "Elm", "Mary", "Poe", "Street", "Rd", "Calle", "Mayor", ",", ".", "New", "York", "IL", "62704", "\n", "\n\n",
    "Mühlweg", "O'Neill", "-", "walk", "123456", "Mr", "Cook", "mr", "len(x)", "a.b", "x_y", "AB-12-X3", "SE-12345",
    "MAY-12-AB", "STUDY1-123", "Walk", "cook", "von", "brook", "Brook", ":", "? ", "Jean-Luc", "B/12", "AB/12,C",
    "H-10432-C"])
TEXTS = st.lists(st.lists(WORDS, max_size=14).map(" ".join), min_size=1, max_size=4)
HOUSE = {"1 digit", "2 digits", "3 digits", "year", "4 digits", "5 digits", "digits then letters"}


def told(texts):
    block = Block(pa.array(texts))
    tokens = tokens_of(block)
    classes = LEXICON.classes(block.buffer, tokens)
    bits = facts_of(tokens, block.buffer, classes, LEXICON)
    words = [block.data[start:end].decode(errors="replace") for start, end in zip(tokens.start, tokens.end, strict=True)]
    kinds = [LEXICON.kinds_of(LEXICON.members[one]) if word else [] for one, word in zip(classes, tokens.word, strict=True)]
    shapes = [SHAPES[shape] for shape in tokens.shape]
    facts = [{fact for bit, fact in enumerate(FACTS) if int(one) >> bit & 1} for one in bits]
    return words, shapes, kinds, facts, tokens, block


def slow_streets(words, shapes, kinds):
    found = set()
    last = [bool({"street word", "like a street"} & set(kind)) for kind in kinds]
    head = [bool({"street head", "like a street"} & set(kind)) for kind in kinds]
    number = [shape in HOUSE for shape in shapes]
    joins = [bool(kind) or shape in {".", "joining '", "joining -", "digits then letters"}
             for kind, shape in zip(kinds, shapes, strict=True)]
    for begin in range(len(words)):
        for end in range(begin + 1, min(begin + 6, len(words))):
            between = range(begin + 1, end)
            if number[begin] and last[end] and all(joins[at] for at in between):
                found |= set(range(begin, end + 1))
            if head[begin] and number[end] and all(joins[at] or shapes[at] == "," for at in between):
                found |= set(range(begin, end + 1))
    return found


def slow_codes(block, words, tokens):
    """Bytes of what is part of a code, told by expressions over what stands between spaces and parting marks."""
    found = set()
    for chunk in re.finditer(rb"[^\s\0,;:.()?!*\"']+", block.data):
        parts = re.findall(r"[^\W_]+|[\W_]", chunk.group().decode())
        letters = any(re.fullmatch(r"[A-Z]{2,}|(?=.*[a-z])\w+[A-Z]\w*|[^\W\d][^\W_]*\d[^\W_]*", part) for part in parts)
        number = any(re.match(r"\d", part) or re.search(r"^[^\W\d].*\d", part) for part in parts)
        region = re.fullmatch(r"[A-Z]{1,3}\W[0-9]{4,5}", chunk.group().decode())
        letters |= sum(bool(re.fullmatch("[A-Z]", part)) for part in parts) > 1
        if len(parts) > 2 and letters and number and "may" not in {part.lower() for part in parts} and not region:
            found |= set(range(*chunk.span()))
    return {at for at, start in enumerate(tokens.start.tolist()) if start in found}


def slow_below(words, shapes, tokens, streets):
    """Tokens below a line that begins, but for marks, with a number or a street and is not announced."""
    breaks = {"line end", "empty line", "end"}
    starts, line_of = {}, tokens.line.tolist()
    for at, line in enumerate(line_of):
        content = SHAPES.index(".") > tokens.shape[at]
        if content and line not in starts:
            end = next((other for other in range(at, -1, -1) if line_of[other] < line), -1)
            announced = end > 0 and shapes[end] != "end" and words[end - 1] == ":"
            starts[line] = (shapes[at] in HOUSE or at in streets) and not announced
    ends = {line_of[at]: shape for at, shape in enumerate(shapes) if shape in breaks}
    return {at for at, line in enumerate(line_of) if shapes[at] not in breaks and any(
        starts.get(line - back) and all(ends[line - step] == "line end" for step in range(1, back + 1)) for back in (1, 2, 3, 4))}


@settings(deadline=None)
@given(TEXTS)
@example(["? 12 Elm Street\nNew York\n62704\n\nMary", "Mary:\n12 Elm\nPoe", "Elm:", "12 Elm\nPoe"])
@example(["at 12 Elm Street now", "Calle Mayor, 4B", "Mühlweg 12", "12 Elm\nStreet", "12", "Street"])
def test_facts(texts):
    words, shapes, kinds, facts, tokens, block = told(texts)
    streets, codes = slow_streets(words, shapes, kinds), slow_codes(block, words, tokens)
    below = slow_below(words, shapes, tokens, streets)
    breaks = {"line end", "empty line", "end"}
    for at, mine in enumerate(facts):
        line = [other for other in range(len(words)) if tokens.line[other] == tokens.line[at] and shapes[other] not in breaks]
        value = [other for other in range(len(words)) if tokens.value[other] == tokens.value[at] and shapes[other] not in breaks]
        inside = shapes[at] not in breaks
        assert ("short line" in mine) == (inside and len(line) <= 6)
        assert ("short text" in mine) == (inside and len(value) <= 4)
        assert ("line that begins with a number" in mine) == (inside and shapes[line[0]] in HOUSE)
        assert ("a street and its number" in mine) == (at in streets)
        code = [other for other in (at, at - 1) if 0 <= other < len(words) - 1 and shapes[other] == "capitals"
                and len(words[other]) == 2 and shapes[other + 1] == "5 digits"]
        assert ("a region's code before a postal code" in mine) == bool(code)
        pairs = [other for other in (at, at - 1) if 0 <= other < len(words) - 1
                 and (words[other].lower(), words[other + 1].lower()) == ("new", "york")]
        assert ("words that name a place together" in mine) == bool(pairs)
        title = [other for other in (at - 1, at - 2 if at and shapes[at - 1] == "." else -1) if other >= 0
                 and words[other] in {"Mr", "MR"} and shapes[other] != "end"]
        capital = bool(kinds[at]) and words[at][:1].isupper() and words[at] != "Mr"
        assert ("after an honorific title" in mine) == (bool(title) and capital)
        before = block.data[max(0, tokens.start[at] - 1):tokens.start[at]].decode(errors="replace")
        after = block.data[tokens.end[at]:tokens.end[at] + 1].decode(errors="replace")
        joined = bool(kinds[at]) and (before in set("_=[{$%<|") or (before == "." and words[at].islower() and len(words[at]) > 1)
                                      or after in set("_=[({}|"))
        assert ("joined to a mark of code" in mine) == joined
        assert ("part of a code" in mine) == (at in codes)
        alone = not re.search(r"\s|.[,;:()]", texts[tokens.value[at]].strip())
        assert ("a word that is the whole text" in mine) == (inside and alone and words[at] != "Mary")
        assert ("an everyday word in small letters" in mine) == (
            words[at] in {"walk", "brook"})  # cook is a title here, von stands in names
        assert ("below a line that begins with a number or a street" in mine) == (at in below)
        assert not mine & {"known to the row", "named elsewhere in the text"}
