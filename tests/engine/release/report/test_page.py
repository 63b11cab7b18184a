"""The page: whole, escaped, self-contained, and honest about what it does not know."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from engine.privacy.cuts import MECHANISM
from engine.release.report import Demo, Section, render
from schemas.ledger import Charged
from schemas.receipt import GuaranteeVerdict, Spend

VOID = {"meta", "link", "br", "img", "hr", "input"}


class Page(HTMLParser):
    """Reads a page into (tag, attributes) and its text, and refuses elements that do not nest."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.open, self.texts = [], [], []
        self.feed(html)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", "".join(self.texts))

    def named(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def test_well_formed_and_complete(full, notes, demo):
    page = Page(render([full, notes], demo=demo))
    headings = re.findall(r"<h[23][^>]*>(.*?)</h[23]>", render([full, notes], demo=demo))
    assert headings == [
        "Against the truth", "Gone from free text", "Searched for in everything written",
        "demo-patients", "Promised and measured", "What was done to each column, and why",
        "How well people hide among each other", "What it is still good for",
        "The synthetic table", "How good the synthetic table is",
        "demo-notes", "Promised and measured", "What was done to each column, and why", "What stood in the text"]
    for landmark in ("header", "nav", "main", "footer"):
        assert len(page.named(landmark)) == 1
    for claim in ("Both releases kept", "Research on readmissions", "GDPR Art. 6(1)(e)", "2 years", "k-anonymity",
                  "l-diversity of diagnosis", "below k = 10: 0 rows", "10% at most", "ε = 2.997", "861", "Pseudonymized",
                  "readmission depends on age", "16 020"):
        assert claim in page.text, claim


def test_asks_nothing_of_the_network(full, notes, demo):
    html = render([full, notes], demo=demo)
    page = Page(html)
    assert not page.named("script") + page.named("img") + page.named("link") + page.named("iframe") + page.named("form")
    assert all(attributes["href"].startswith("#") for attributes in page.named("a"))
    assert not re.findall(r"https?:|//[a-z]|@import|javascript:", html)
    assert set(re.findall(r"url\(([^)]*)\)", html)) == {"#hatch"}
    assert not any(name.startswith("on") or name in {"style", "src"} for _, attributes in page.elements for name in attributes)


def test_its_policy_allows_its_own_style_and_nothing_else(full):
    html = render([full])
    policy = next(m["content"] for m in Page(html).named("meta") if m.get("http-equiv") == "Content-Security-Policy")
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


HOSTILE = "<script>alert('x')</script>\"&"


def test_escapes_whatever_it_is_told(full):
    receipt, scan, synthesis, evaluation = full.receipt, full.scan, full.synthesis, full.evaluation
    anonymity = receipt.anonymity
    hostile = Section(
        receipt.model_copy(update={
            "policy": HOSTILE, "purpose": HOSTILE, "legal_basis": HOSTILE, "retention": HOSTILE, "backend": HOSTILE,
            "columns": tuple(c.model_copy(update={"column": HOSTILE, "released_as": HOSTILE, "effect": HOSTILE, "why": HOSTILE})
                             for c in receipt.columns),
            "verdicts": (GuaranteeVerdict(guarantee=HOSTILE, promised=1, measured=0, holds=False, detail=HOSTILE),),
            "text_redaction": {HOSTILE: {HOSTILE: 3}},
            "anonymity": anonymity.model_copy(update={
                "quasi_identifiers": (HOSTILE,),
                "utility": tuple(u.model_copy(update={"column": HOSTILE}) for u in anonymity.utility),
                "suppression_by_group": tuple(g.model_copy(update={"group": HOSTILE}) for g in anonymity.suppression_by_group)}),
        }),
        scan.model_copy(update={"table": HOSTILE, "columns": tuple(
            c.model_copy(update={"path": HOSTILE, "type": HOSTILE, "evidence": (HOSTILE,)}) for c in scan.columns)}),
        synthesis.model_copy(update={"covers": (HOSTILE,), "accountant": HOSTILE}),
        evaluation.model_copy(update={
            "per_column": tuple(d.model_copy(update={"columns": (HOSTILE,)}) for d in evaluation.per_column),
            "pairwise": tuple(d.model_copy(update={"columns": (f"{HOSTILE}{i}", HOSTILE)})
                              for i, d in enumerate(evaluation.pairwise))}),
        full.utility.model_copy(update={
            "learning": full.utility.learning.model_copy(update={"target": HOSTILE, "metric": HOSTILE}),
            "groups": tuple(g.model_copy(update={"column": HOSTILE, "group": HOSTILE}) for g in full.utility.groups),
            "differences": tuple(d.model_copy(update=dict.fromkeys(("column", "measure", "lowest", "highest"), HOSTILE))
                                 for d in full.utility.differences),
            "not_measured": (HOSTILE,)}))
    html = render([hostile], title=HOSTILE, demo=Demo(searched={HOSTILE: 1}, seconds={HOSTILE: 1.0}))
    page = Page(html)
    assert "<script" not in html.lower()
    assert "alert" in page.text
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)


@pytest.mark.parametrize("without", [None, 0, 31])
def test_rows_that_name_no_subject_are_told_apart_from_surplus_ones(full: Section, without: int | None) -> None:
    synthesis = full.synthesis.model_copy(update={"rows_without_subject": without})
    text = Page(render([Section(full.receipt, synthesis=synthesis)])).text
    assert "0 rows left out" in text
    assert ("31 that name no subject" in text) == (without == 31)


@pytest.mark.parametrize("absent", ["scan", "synthesis", "evaluation", "utility"])
def test_leaves_out_what_is_absent(full, absent):
    heading = {"scan": "Inventory", "synthesis": "The synthetic table", "evaluation": "How good the synthetic table is",
               "utility": "Can one count with it?"}
    parts = {"scan": full.scan, "synthesis": full.synthesis, "evaluation": full.evaluation, "utility": full.utility}
    text = Page(render([Section(full.receipt, **{**parts, absent: None})])).text
    assert heading[absent] not in text
    assert all(other in text for name, other in heading.items() if name != absent)


def test_a_bare_receipt_is_a_page(notes):
    bare = Section(notes.receipt.model_copy(update={"text_redaction": {}, "files": (), "columns": ()}))
    text = Page(render([bare])).text
    assert "columns and types" in text
    assert "Class sizes" not in text
    assert "Against the truth" not in text


def test_says_how_many_cells_went_whole_and_that_surrogates_are_not_counted(notes):
    counted = notes.receipt.model_copy(update={"text_redaction": {"note": {"UNSCANNABLE": 12, "PERSON": 3}, "letter": {}}})
    text = Page(render([Section(counted)])).text
    assert "12 cells of note could not be scanned" in text
    assert "No placeholder stands in letter" in text
    assert "15placeholders stand" in text.replace(" ", "", 1) or "15 placeholders stand" in text
    bare = Page(render([Section(notes.receipt.model_copy(update={"text_redaction": {"letter": {}}}))])).text
    assert "placeholders stand where" not in bare


def test_an_evaluation_without_prediction_or_pairs(full):
    trimmed = full.evaluation.model_copy(update={"prediction": None, "pairwise": (), "per_column": ()})
    text = Page(render([Section(full.receipt, evaluation=trimmed)])).text
    assert "Does it teach?" not in text
    assert "Pairs of columns" not in text


def test_what_it_is_still_good_for(full):
    text = " ".join(Page(render([full])).text.split())
    for claim in ("Non-uniform entropy", "4.7 KiB", "28.1%", "2.02 times what was promised", "85 114 combinations", "no scale",
                  "1 000 random counts", "Half are off by at most 11%", "39.2%", "male 2.0 points above female",
                  "Not measured: groups of region"):
        assert claim in text, claim


def test_receipts_from_before_these_figures_show_what_they_have(full):
    anonymity = full.receipt.anonymity.model_copy(update={"metrics": None})
    text = Page(render([Section(full.receipt.model_copy(update={"anonymity": anonymity}))])).text
    assert "What it is still good for" not in text
    assert "Precision given up" in text


def test_a_release_whose_utility_could_not_be_measured_says_why(full):
    bare = full.utility.model_copy(update={
        "queries": None, "learning": None, "groups": (), "differences": (), "not_measured": ("all: x",)})
    text = Page(render([Section(full.receipt, utility=bare)])).text
    assert "Not measured: all: x." in text
    assert "Can one" not in text
    none = full.utility.learning.model_copy(update={"train_released": None})
    text = Page(render([Section(full.receipt, utility=full.utility.model_copy(update={"learning": none}))])).text
    assert "no row was released" in text


def test_a_broken_promise_is_the_first_thing_one_reads(full):
    verdicts = (GuaranteeVerdict(guarantee="k", promised=10, measured=7, holds=False),)
    text = Page(render([Section(full.receipt.model_copy(update={"verdicts": verdicts}))])).text
    assert "Not verified. demo-patients: Not kept: k-anonymity. This table must not be used." in text
    assert "Verified when" not in text


def test_what_was_verified_is_said_with_when(full):
    text = Page(render([full])).text
    assert "Verified when published." in text
    assert "on 2026-11-23 08:12:44 UTC when it was published" in text
    assert "lakeveil verify measures again" in text


def test_a_receipt_without_verdicts_is_not_called_verified(full):
    text = Page(render([Section(full.receipt.model_copy(update={"verdicts": ()}))])).text
    assert "Not verified." in text
    assert "proves nothing" in text


def test_leaks_are_shown_as_what_they_are(full):
    html = render([full], demo=Demo(searched={"US_SSN": 10}, leaked={"US_SSN": 2}, files=3, bytes=10))
    assert '<div class="tile bad"><b>2</b>' in html


def test_every_table_and_chart_says_what_it_is(full, notes, demo):
    page = Page(render([full, notes], demo=demo))
    assert all(a.get("scope") in {"row", "col"} for a in page.named("th"))
    charts = [a for a in page.named("svg") if a.get("role") == "img"]
    assert charts
    svg = re.findall(r'<svg class="chart".*?</svg>', render([full]), re.DOTALL)
    assert len(svg) == 5
    assert all("<title>" in chart and "<desc>" in chart for chart in svg)
    assert all(a.get("aria-hidden") == "true" or a.get("role") == "img" for a in page.named("svg"))


def test_no_release_is_no_report():
    with pytest.raises(ValueError, match="at least one release"):
        render([])


def test_the_same_records_make_the_same_page(full, demo):
    assert render([full], demo=demo) == render([full], demo=demo)


def test_style_sheet_has_both_schemes_and_print():
    css = (Path(__file__).parents[4] / "engine/release/report/page.css").read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in css
    assert "@media print" in css


@pytest.mark.parametrize(("rows", "whose"), [
    (None, "a row is in the source;"), (1, "a person is in the source, with rows that are taken to be 1 at most;"),
    (1200, "a person is in the source, with rows that are taken to be 1 200 at most;")])
def test_what_noisy_cuts_have_cost_and_for_whom(full, rows, whose):
    """The receipt's figures, once for the release and once among the synthesis's."""
    spend = Spend(purpose="cuts of the generalization", epsilon=0.75, delta=2.5e-7, mechanism=MECHANISM)
    noisy = full.receipt.anonymity.model_copy(update={"provenance": "dp-fitted", "spend": spend, "spend_rows": rows})
    receipt = full.receipt.model_copy(update={"anonymity": noisy})
    page = Page(render([Section(receipt)]))
    assert f"cuts of the generalization{MECHANISM}0.752.5e-7" in page.text
    assert f"about whether {whose}" in page.text
    assert "released rows themselves carry no such claim" in page.text
    synthesis = full.synthesis.model_copy(update={"spends": (*full.synthesis.spends, spend)})
    assert Page(render([Section(receipt, synthesis=synthesis)])).text.count(MECHANISM) == 2
    plain = Page(render([Section(full.receipt)])).text
    assert "Spent on" not in plain
    assert "about whether" not in plain


def test_what_a_ledger_sums_up_and_what_attempts_lost_is_told(full):
    charge = Charged(ledger="ledgers/clinic", lineage="lake/people", population="patients", unit="subject", reservation="r",
                     entry=7, digest="d", epsilon=1.83, delta=1e-6, total=6.19)
    synthesis = full.synthesis.model_copy(update={
        "charge": charge, "attempts": 3, "lost_steps": 12, "epsilon_record": 4.56, "unit": "subject", "adaptive": True,
        "within_clip": 0.51, "largest_batch": 700})
    text = Page(render([Section(full.receipt.model_copy(update={"charge": charge}), synthesis=synthesis)])).text
    assert text.count("lake/people · patients, entry 7: ε = 1.83 by itself") == 2
    assert text.count("ε = 6.19") == 2
    for said in ("in 3 attempts; 12 were lost, and count", "a subject's others4.56", "follows the median", "51%", "700 at most"):
        assert said in text
    plain = Page(render([full])).text
    assert "Charged to the ledger" not in plain
    assert "attempts" not in plain
