"""Figures in words: no figure without a sentence, none that is too long to read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.release.report import words
from engine.release.report.figures import figures
from schemas.receipt import Metrics
from schemas.utility import QueryBucket


def with_metrics(full, **changes):
    anonymity = full.receipt.anonymity
    return anonymity.model_copy(update={"metrics": anonymity.metrics.model_copy(update=changes)})


def shown(full, name, **changes):
    return next(figure for figure in figures(with_metrics(full, **changes)) if figure.name == name)


def test_every_figure_has_a_sentence(full):
    found = figures(full.receipt.anonymity)
    assert len({figure.name for figure in found}) == len(found) == 7
    assert all(figure.meaning.endswith(".") and figure.shown for figure in found)
    assert all(figure.share is None or 0 <= figure.share <= 1 for figure in found)


def test_a_receipt_without_figures_has_none(full):
    assert figures(full.receipt.anonymity.model_copy(update={"metrics": None})) == ()


def test_a_receipt_without_the_source_has_those_that_do_not_need_it(full):
    found = figures(with_metrics(full, entropy=None, entropy_bits=None, discernibility_share=None, average_class_share=None))
    assert "Non-uniform entropy" not in {figure.name for figure in found}
    assert next(figure.share for figure in found if figure.name == "Discernibility") is None


@pytest.mark.parametrize(("number", "text"), [
    (0, "0"), (1234, "1\u202f234"), (9_999_999, "9\u202f999\u202f999"), (4 * 10**18, "4.00 × 10^18")])
def test_large_counts_are_short(full, number, text):
    assert shown(full, "Discernibility", discernibility=number).shown == text


@pytest.mark.parametrize(("log", "text"), [
    (0.0, "1 combinations"), (3.0, "1\u202f000 combinations"), (31.26, "10^31.3 combinations")])
def test_powers_are_short(full, log, text):
    assert shown(full, "Ambiguity", ambiguity=log).shown == text


def test_precision_is_shown_as_it_is_and_scaled_the_other_way_round(full):
    figure = shown(full, "Precision", precision=0.9)
    assert figure.shown == "90%"
    assert figure.share == pytest.approx(0.1)


def test_means_and_rows_beside_are_told(full):
    told = full.receipt.anonymity
    column = told.utility[0].model_copy(update={"squared_error": 1.25})
    changed = told.model_copy(update={"utility": (column, *told.utility[1:]), "beside_rows": 1234, "starred_rows": 5})
    error, beside = figures(changed)[-2:]
    assert (error.name, error.share) == (f"Squared error of {column.column}", 1)
    assert "%" in error.shown
    assert (beside.shown, beside.share) == ("1\u202f234", None)
    assert "5 say nothing" in beside.meaning


@given(st.floats(0, 1e6), st.floats(0, 1e4), st.integers(0, 10**19))
def test_no_figure_is_long(average, log, number):
    from tests.engine.release.report.conftest import anonymity  # noqa: PLC0415 - a record, not a fixture

    metrics = Metrics(discernibility=number, discernibility_star=number, classes=1, average_class_size=average, c_avg=average,
                      precision=0.5, ambiguity=log, ambiguity_mean_log=log, entropy=0.5, entropy_bits=float(number))
    for figure in figures(anonymity().model_copy(update={"metrics": metrics})):
        assert len(figure.shown) < 30
        assert len(figure.meaning) < 130


@pytest.mark.parametrize(("least", "below", "text"), [(0.0, 0.001, "0–0.1%"), (0.05, 0.2, "5–20%"), (0.2, None, "≥ 20%")])
def test_ranges_of_selectivity(least, below, text):
    assert words.selectivity(QueryBucket(least=least, below=below, queries=1)) == text


@pytest.mark.parametrize(("share", "text"), [(0.0, "0.0 points"), (0.0203, "2.0 points"), (1.0, "100.0 points")])
def test_points(share, text):
    assert words.points(share) == text
