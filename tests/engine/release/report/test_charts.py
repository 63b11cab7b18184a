"""Charts: markup that parses, sizes that follow the numbers, text that says the same."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.release.report import charts
from schemas.evaluation import ClosestRecord, Distance
from schemas.receipt import ClassSizes
from schemas.utility import QueryBucket, QueryErrors


def parsed(svg):
    return ET.fromstring(str(svg))  # noqa: S314 - our own markup


def rects(svg, tone):
    return [rect for rect in parsed(svg).iter("rect") if rect.get("class") == tone]


@given(st.floats(-1, 2), st.none() | st.floats(-1, 2))
def test_bar_is_as_long_as_its_share_and_no_longer(share, mark):
    (filled,) = rects(charts.bar(share, mark=mark), "accent")
    assert float(filled.get("width").rstrip("%")) == pytest.approx(100 * min(1, max(0, share)), abs=0.01)
    assert len(rects(charts.bar(share, mark=mark), "mark")) == (mark is not None)


def sizes(rows, edges=(1, 2, 5, 10, 20), largest=30):
    return ClassSizes(edges=edges, classes=tuple(min(r, 1) for r in rows), rows=rows, smallest=1, largest=largest, mean=10)


def test_histogram_bars_are_proportional_and_labelled():
    svg = charts.class_sizes(sizes((0, 0, 0, 50, 100)), 10)
    heights = [float(rect.get("height")) for rect in rects(svg, "accent")]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.2)
    texts = [text.text for text in parsed(svg).iter("text")]
    assert texts[0] == "below k = 10: 0 rows"
    assert {"1", "2–4", "5–9", "10–19", "20+", "50", "100"} <= set(texts)


def test_histogram_warns_of_rows_below_k():
    svg = charts.class_sizes(sizes((0, 3, 0, 50, 100)), 10)
    (note,) = [text for text in parsed(svg).iter("text") if text.get("class") == "warning"]
    assert note.text == "below k = 10: 3 rows"


def test_histogram_without_k_and_without_rows():
    assert not rects(charts.class_sizes(sizes((5, 0, 0, 0, 0)), None), "hatch")
    assert not rects(charts.class_sizes(ClassSizes(edges=(), classes=(), rows=(), smallest=0, largest=0, mean=0), 10), "accent")


@given(st.integers(2, 9), st.data())
def test_heat_map_has_one_cell_a_pair_none_outside(columns, data):
    names = [f"c{i}" for i in range(columns)]
    pairs = [Distance(columns=(a, b), total_variation=data.draw(st.floats(0, 1))) for i, a in enumerate(names) for b in names[:i]]
    svg = charts.heat_map(pairs)
    _, _, width, height = map(float, parsed(svg).get("viewBox").split())
    cells = rects(svg, "accent")
    assert len(cells) == len(pairs)
    assert len({(cell.get("x"), cell.get("y")) for cell in cells}) == len(pairs)
    for cell in cells:
        assert 0 <= float(cell.get("x")) <= width - float(cell.get("width"))
        assert 0 <= float(cell.get("y")) <= height - float(cell.get("height"))


def test_heat_map_is_strongest_where_the_distance_is_largest():
    pairs = [Distance(columns=("a", "b"), total_variation=0.1), Distance(columns=("a", "c"), total_variation=0.4)]
    weak, strong = rects(charts.heat_map(pairs), "accent")
    assert float(weak.get("fill-opacity")) < float(strong.get("fill-opacity")) <= 0.48


@pytest.mark.parametrize("score", [0, 1, 500, 1000])
def test_gauge_shows_its_score_and_its_baseline(score):
    svg = charts.gauge(score, 900)
    assert parsed(svg).find("desc").text == f"{score} of 1000; held-out real rows reach 900."
    ends = re.findall(r"-?[\d.]+", parsed(svg).findall("path")[1].get("d"))
    assert all(0 <= float(end) <= 300 for end in ends)


def test_curves_run_from_left_to_right_and_stay_inside():
    quantiles = (0.0, 0.5, 1.0)
    svg = charts.closest_record(ClosestRecord(
        quantiles=quantiles, synthetic=(0.0, 0.2, 0.9), holdout=(0.1, 0.3, 1.2), share_synthetic_closer=0.5))
    _, _, width, height = map(float, parsed(svg).get("viewBox").split())
    for curve in parsed(svg).iter("polyline"):
        points = [tuple(map(float, point.split(","))) for point in curve.get("points").split()]
        assert points == sorted(points)
        assert all(0 <= x <= width and 0 <= y <= height for x, y in points)


def test_curves_of_zero_distances_do_not_divide_by_them():
    flat = ClosestRecord(quantiles=(0.0, 1.0), synthetic=(0.0, 0.0), holdout=(0.0, 0.0), share_synthetic_closer=0.5)
    assert parsed(charts.closest_record(flat)).get("role") == "img"


def test_charts_escape_column_names():
    svg = charts.heat_map([Distance(columns=("<b>&", '"x"'), total_variation=0.1)])
    assert "<b>" not in str(svg)
    assert parsed(svg) is not None


def errors(*uppers):
    buckets = tuple(QueryBucket(least=i / 10, below=(i + 1) / 10, queries=0) if upper is None else
                    QueryBucket(least=i / 10, below=(i + 1) / 10, queries=7, lower=0, median=upper / 2, upper=upper)
                    for i, upper in enumerate(uppers))
    return QueryErrors(queries=7 * len(buckets), bound=1, lower=0, median=0.25, upper=1, by_selectivity=buckets)


def test_boxes_of_errors_are_proportional_and_empty_ranges_have_none():
    svg = charts.query_errors(errors(0.5, None, 1.0))
    heights = [float(rect.get("height")) for rect in rects(svg, "accent")]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.2)
    assert len(heights) == 2
    texts = [text.text for text in parsed(svg).iter("text")]
    assert {"0–10%", "10–20%", "20–30%", "100%", "50%", "7"} <= set(texts)
    assert "at most 25%" in parsed(svg).find("desc").text


@pytest.mark.parametrize("found", [errors(), errors(None), errors(0.0)], ids=["no range", "no query", "no error"])
def test_without_errors_there_is_still_a_chart(found):
    assert parsed(charts.query_errors(found)).tag.endswith("svg")
