"""Several plug-ins over an array: context, thresholds, overlaps, and values that cannot be scanned."""

import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.detect import context as contexts
from engine.detect import scanner
from engine.detect.config import ContextSettings
from engine.detect.plugins import FOUND, UNSCANNABLE, Budget, CodePlugin, Plugins, RulePlugin
from engine.detect.plugins.rules import Rule

BOMB = r"(?:(?:a|a)+)+b"
QUICK = Budget(0.15)


def rule(written: str, *, kind: str = "T", score: float = 0.3, name: str = "r", **more) -> RulePlugin:
    return RulePlugin(name, (Rule(kind, written, 0, lambda match: (*match.span(), score)),), **more)


def found(plugins, texts, **more) -> list[tuple]:
    table = Plugins(plugins, **more).find(texts if isinstance(texts, pa.Array) else pa.array(texts, pa.string()))
    assert table.schema == FOUND
    return [tuple(row.values()) for row in table.to_pylist()]


def test_the_words_are_those_of_the_scanner():
    assert scanner.UNSCANNABLE == UNSCANNABLE
    assert FOUND.names[1:] == scanner.FINDINGS.names[1:]


def test_context_words_raise_scores_as_in_a_scan():
    plugin = rule(r"\d+", context=("badge",))
    texts = pa.array(["badge 12", "12", "12 badge", "BADGES: 12", "badge a b c d e 12"])
    assert Plugins([plugin]).find(texts).column("value").to_pylist() == [0, 3]
    table = Plugins([plugin]).find(texts, header="user.badgeNo")
    assert table.column("score").to_pylist() == [pytest.approx(0.65)] * 5
    assert Plugins([plugin], context=ContextSettings(boost=0)).find(texts, header="badge").num_rows == 0


def test_some_claims_count_only_with_context():
    plugin = rule(r"\d+", score=0.9, context=("badge",), needs_context=True)
    assert [row[0] for row in found([plugin], ["12", "badge 12", None, "badge"])] == [1]
    assert found([rule(r"\d+", score=0.9, needs_context=True)], ["badge 12"]) == []


def test_a_plugin_may_have_thresholds_of_its_own():
    assert found([rule("a", score=0.3)], ["a"]) == []
    assert len(found([rule("a", score=0.3)], ["a"], threshold=0.2)) == 1
    assert len(found([rule("a", score=0.3, thresholds={"T": 0.3})], ["a"])) == 1
    assert len(found([rule("a", score=0.3, thresholds={"default": 0.3})], ["a"])) == 1
    assert found([rule("a", score=0.9, thresholds={"default": 0.1, "T": 0.95})], ["a"]) == []


def test_the_strongest_claim_of_a_type_stands_whoever_makes_it():
    plugins = [rule("abc", score=0.5, name="long"), rule("bc", score=0.5, name="inside"), rule("b", score=0.9, name="strong"),
               rule("b", kind="U", score=0.5, name="other")]
    assert [(row[5], row[3]) for row in found(plugins, ["xabc"])] == [("long", "T"), ("strong", "T"), ("other", "U")]


@pytest.mark.slow
@pytest.mark.parametrize("joinable", [True, False])
def test_a_regex_bomb_ends_its_value_within_the_budget_and_leaves_its_neighbours(joinable):
    bomb = BOMB if joinable else f"^{BOMB}|^ok"
    plugin = rule(f"{bomb}|ok", score=0.9, name="bomb", budget=QUICK)
    texts = ["ok", "a" * 60 + "c", "ok", "ok ab", "a" * 50 + "d", None, "ok"]
    began = time.monotonic()
    rows = found([plugin], texts)
    assert time.monotonic() - began < 2 * (2 * QUICK.seconds) + 1
    assert [row[:4] for row in rows if row[3] == UNSCANNABLE] == [(1, 0, 61, UNSCANNABLE), (4, 0, 51, UNSCANNABLE)]
    assert {row[0] for row in rows if row[3] == "T"} == {0, 2, 3, 6}


def test_what_one_plugin_gave_up_no_other_looks_at():
    seen = []
    watching = CodePlugin("watching", ("S",), lambda text: seen.append(text) or [(0, 1, "S", 1.0)])
    rows = found([watching, CodePlugin("failing", ("F",), lambda text: () if text == "a" else 1 / 0), watching], ["a", "b"])
    assert seen == ["a", "b", "a"]
    assert rows == [(0, 0, 1, "S", 1.0, "watching"), (1, 0, 1, UNSCANNABLE, 1.0, "failing")]


def test_the_log_tells_how_many_and_why_and_no_value(caplog):
    failing = CodePlugin("failing", ("F",), lambda text: {}[text])
    found([failing], ["secret", "other"])
    assert caplog.messages == ["plug-in failing: 2 values are unscannable: KeyError"]


def test_bytes_that_are_no_text_are_unscannable():
    broken = pa.array([b"ok", b"\xff\xfeab", None, "é ok".encode()], pa.binary())
    broken = pa.StringArray.from_buffers(len(broken), broken.buffers()[1], broken.buffers()[2], broken.buffers()[0], 1)
    assert found([rule("ok", score=0.9)], broken) == [
        (0, 0, 2, "T", 0.9, "r"), (1, 0, 4, UNSCANNABLE, 1.0, "any plug-in"), (3, 2, 4, "T", 0.9, "r")]
    assert found([rule("ok", score=0.9)], broken.slice(2)) == [(1, 2, 4, "T", 0.9, "r")]


def test_nothing_to_scan():
    assert found([], ["a"]) == []
    assert found([rule("a")], pa.array([], pa.string())) == []
    assert found([rule("a")], [None, None]) == []
    assert found([rule("a", score=1.0)], pa.array(["a"], pa.large_string())) == [(0, 0, 1, "T", 1.0, "r")]
    assert Plugins([rule("a"), rule("b", kind="U")]).entity_types == ("T", "U")


def one_by_one(plugins: list[RulePlugin], text: str) -> set[tuple]:
    """The slow, obvious way: every pattern on the value alone, context by eye, containment by comparing all pairs."""
    claims = []
    for plugin in plugins:
        for one in plugin.rules:
            for match in regex.finditer(one.written, text):
                score = one.claim(match)[2]
                if contexts.stands_in(plugin.context, contexts.before(text, match.start(), 5)):
                    score = max(score + 0.35, 0.4)
                claims.append((*match.span(), one.entity_type, round(score, 6)))
    kept = {claim for claim in claims if not any(
        other != claim and other[2] == claim[2] and other[0] <= claim[0] and claim[1] <= other[1] and claim[3] <= other[3]
        for other in claims)}
    return {claim for claim in kept if claim[3] >= 0.4}


PLUGINS = [rule(r"\d+", context=("no",)), rule(r"\d{2}", score=0.5, name="two"), rule(r"^x", kind="U", score=0.6),
           rule(r"(\w)\1", kind="V", score=0.4)]


@settings(deadline=None, max_examples=25)
@given(st.lists(st.lists(
    st.sampled_from(["x", "12", "345", "no", " ", "é", "\n", "\0", "aa", "."]), max_size=7).map("".join), max_size=6))
def test_many_at_once_are_as_each_alone(texts):
    rows = found(PLUGINS, texts)
    for place, text in enumerate(texts):
        assert {(*row[1:4], round(row[4], 6)) for row in rows if row[0] == place} == one_by_one(PLUGINS, text)


@pytest.mark.slow
def test_nothing_heavy_is_imported_before_a_model_is_used():
    code = ("import sys; import engine.detect.plugins as p; p.Plugins([]).find(__import__('pyarrow').array(['a'])); "
            "print({'spacy', 'torch', 'transformers', 'gliner', 'presidio_analyzer', 'pyspark'} & set(sys.modules))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120,
                          cwd=Path(__file__).parents[4])
    assert done.stdout.strip() == "set()"
