"""Tokens of a block, held against a slow reading of one character after the other."""

import unicodedata

import numpy as np
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.detect.block import Block
from engine.detect.names.lexicon import keys_of
from engine.detect.names.tokens import MARKS, SHAPES, WORD_SHAPES, tokens_of

TEXTS = st.text(alphabet=st.sampled_from(list("aAbBzZéÉßŠšΛλжЖ中0123 \t\n\n.,:：-'’–()@☃\u00a0\u2028😀\u0301")), max_size=40)


def kind(sign):
    category = unicodedata.category(sign)
    if sign == "\n" or category in {"Zl", "Zp"}:
        return "line"
    if sign in " \t\r" or category == "Zs":
        return "space"
    if ord(sign) > 0xFFFF:
        return "mark"
    if category in {"Lu", "Lt"}:
        return "upper"
    if category in {"Ll", "Lm", "Lo", "Mn", "Mc", "Cf"} and not sign.isascii():
        return "lower"
    return "lower" if category == "Ll" else "digit" if category == "Nd" else "mark"


def slow(text):
    """(token, line) in order; a token is a run of letters and digits, a mark (joining or not), or a run of line feeds."""
    found, run, line = [], "", 0
    text = text.replace("’", "'").replace("–", "-").replace("：", ":")
    for place, sign in enumerate([*text, None]):
        here = kind(sign) if sign is not None else "end"
        if here in {"upper", "lower", "digit"}:
            run += sign
            continue
        if run:
            found.append((run, line))
            run = ""
        if here == "mark":
            beside = {kind(one) for one in (text[place - 1:place] or " ", text[place + 1:place + 2] or " ")}
            joins = sign in "-'" and not beside - {"upper", "lower", "digit"}
            found.append((f"joining {sign}" if joins else sign, line))
        if here in {"line", "end"}:
            if not (here == "line" and found and found[-1][0].startswith("\n")):
                found.append(("\n" if here == "line" else "end", line))
                line += 1
            else:
                found[-1] = ("\n\n", found[-1][1])
    return found


def shape(tokens, index):  # noqa: PLR0911 - one return a shape
    """Shape of one token, by what its line says."""
    token, line = tokens[index]
    if token in {"\n", "\n\n", "end"}:
        return {"\n": "line end", "\n\n": "empty line"}.get(token, token)
    if token.startswith("joining "):
        return token
    kinds = [kind(sign) for sign in token]
    if "mark" in kinds:
        return token if token in MARKS else "other mark"
    letters = [one for one in kinds if one != "digit"]
    if not letters:
        year = len(token) == 4 and token.isascii() and token[:2] in {"18", "19", "20"}
        return "year" if year else {1: "1 digit", 6: "6 digits or more"}.get(min(6, len(token)), f"{len(token)} digits")
    if len(letters) < len(kinds):
        return "digits then letters" if kinds[0] == "digit" else "letters then digits"
    among = [kind(sign) for other, at in tokens if at == line and other != "end"
             for sign in other if all(kind(one) in {"upper", "lower"} for one in other)]
    if "upper" not in kinds:
        return "letter" if len(kinds) == 1 and ord(token) < 0x3000 else "lower" if "upper" in among else "lower among lower"
    if len(kinds) == 1:
        return "capital letter"
    if "lower" not in kinds:
        return "capitals" if "lower" in among else "capitals among capitals"
    if kinds[0] != "upper" or kinds.count("upper") > 1:
        return "mixed case"
    before = shape(tokens, index - 1) if index else "end"
    begins = before in {*'.:?!"(*-', "line end", "empty line", "end", "other mark"}
    return "capitalized first" if begins else "capitalized"


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=6))
@example(["Dr. Ana-María O’Neill\n\nlives – here 12B 1999", "", "ŠKODA Élan", "naomi ryan", "☃a😀", "a\u2028b"])
def test_tokens(texts):
    block = Block(pa.array(texts, pa.string()))
    tokens = tokens_of(block)
    place = 0
    for value, text in enumerate(texts):
        wanted = slow(text)
        for index in range(len(wanted)):
            assert tokens.value[place] == value
            assert SHAPES[tokens.shape[place]] == shape(wanted, index), (text, wanted[index])
            if tokens.shape[place] < len(WORD_SHAPES):
                written = block.data[tokens.start[place]:tokens.end[place]].decode()
                assert written == wanted[index][0]
                assert tokens.key[place] == keys_of([written])[0]
            place += 1
    assert place == len(tokens.start)
    assert len(np.unique(tokens.line)) == (tokens.shape >= SHAPES.index("line end")).sum()


def test_marks_that_join():
    tokens = tokens_of(Block(pa.array(["Jean-Luc - O'Neill 'x' M.-A. O’Brien"])))
    names = [SHAPES[shape] for shape in tokens.shape]
    assert names.count("joining -") == 1
    assert names.count("-") == 2
    assert names.count("joining '") == 2
    assert names.count("'") == 2


@given(st.lists(st.text(alphabet="abcdefghijklmnopqrstuvwxyzéüñ", min_size=1, max_size=16), unique=True, max_size=50))
def test_keys_tell_words_apart_and_not_cases(words):
    keys = keys_of(words)
    assert len(np.unique(keys)) == len(words)
    assert (keys_of([word.upper() for word in words]) == keys).all()
    assert (keys_of([word.capitalize() for word in words]) == keys).all()


def test_words_are_cut_where_asked():
    block = Block(pa.array(["山田様が", "plain"]))
    tokens = tokens_of(block, np.array([0, 6, 9, 12, 13]))  # those that are no place inside a word are none
    assert [block.data[start:end].decode() for start, end in zip(tokens.start, tokens.end, strict=True) if end - start > 1] == [
        "山田", "様", "が", "plain"]
