"""The sentences that weights are fitted on are nobody else's: no labelled corpus and no text of the benchmark lent them words."""

import importlib
import itertools
import random
import re
from pathlib import Path

import pytest

from engine.detect.config import packaged
from tests.benchmarks import names_corpora as corpora
from tests.benchmarks.detect import clean

RUN = 5
"""Words in a row that two texts may not share."""

LINES = [line for line in Path(__file__).with_name("names_sentences.txt").read_text(encoding="utf-8").splitlines()
         if line and not line.startswith("#")]
SIZE = 1 << 20


_COMMON = """a an the of to and or but if so in on at for with from by as not is are was were be been do does did have has
had will would can could i you he she it we they me him her us them my your his our their this that what who
how when where why think know want need get go"""
EVERYBODY = frozenset(_COMMON.split())
"""Words that say nothing of where a run of them comes from: *what do you think of*."""

WORD = re.compile(r"[^\W_]+|\{\w+\}")


def runs(text):
    words = WORD.findall(text.lower())
    return zip(*(words[place:] for place in range(RUN)), strict=False)


OURS = {run: number for number, line in enumerate(LINES) for run in runs(line.replace("⏎", " "))
        if not any(word.startswith("{") for word in run) and not EVERYBODY.issuperset(run)}
"""Each run of the lines, and the number of a line that has it."""


def shared(texts):
    """Numbers of lines that share a run with some of the texts: never the texts."""
    return sorted({number for text in texts for number in map(OURS.get, runs(text)) if number is not None})


@pytest.mark.slow
@pytest.mark.skipif(not corpora.DATA.is_dir(), reason="../shared/data is absent")
def test_no_line_follows_a_labelled_corpus():
    texts = [document.text for _, among in itertools.chain(corpora.developed(), corpora.reported()) for document in among]
    assert len(texts) > 5000
    assert shared(texts) == []


@pytest.mark.slow
def test_no_line_follows_the_text_that_false_claims_are_counted_on():
    kinds = [kind for kind in clean.corpora() if not kind.column]
    assert shared(text for kind in kinds for text in kind.take(SIZE)) == []


@pytest.mark.slow
def test_no_text_of_machines_follows_the_text_that_false_claims_are_counted_on(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    rng = random.Random(1)  # noqa: S311 - text, not keys
    machine = importlib.import_module("names_machines").Machine(rng, packaged("names/english.txt").split())
    theirs = set().union(*(runs(text) for kind in clean.corpora() for text in kind.take(SIZE // 4)))
    shared_runs = {run for one in machine.documents(3000) for run in theirs.intersection(runs(one.text))}
    assert not {run for run in shared_runs if sum(word.isalpha() for word in run) >= RUN - 1}  # numbers are anybody's


def test_a_line_that_follows_a_text_is_told():
    told = set(OURS.values())
    assert len(told) > len(LINES) / 5
    assert all(shared([f"Before it, {LINES[number]} and after."]) for number in told)
