"""Charts as SVG. Pure functions from numbers to markup; colours come from the page's style sheet by class.

Every text is escaped, every chart carries a title and a description for those who do not see it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

from engine.release.report.words import column, percent, plain, selectivity, whole
from schemas.evaluation import ClosestRecord, Distance
from schemas.receipt import ClassSizes
from schemas.utility import QueryErrors

WIDTH = 480


def bar(share: float, *, tone: str = "accent", mark: float | None = None) -> Markup:
    """Returns a bar that fills ``share`` of whatever width it is given, with a tick at ``mark``.

    Args:
        share: 0 to 1; what lies outside is cut.
        tone: Class of the bar: accent, good, bad, plain.
        mark: Where to set a tick, 0 to 1.
    """
    tick = Markup('<rect class="mark" x="{}%" y="0" width="2" height="100%"/>').format(_pct(mark)) if mark is not None else ""
    return Markup('<svg class="bar" aria-hidden="true" focusable="false"><rect class="track" width="100%" height="100%" rx="3"/>'
                  '<rect class="{}" width="{}%" height="100%" rx="3"/>{}</svg>').format(tone, _pct(share), tick)


def class_sizes(sizes: ClassSizes, k: float | None) -> Markup:
    """Returns the histogram of rows by size of their equivalence class; what would lie below ``k`` is hatched."""
    height, base, left = 236, 186, 8
    bins = _bins(sizes)
    step = (WIDTH - 2 * left) / max(len(bins), 1)
    most = max((rows for _, rows, _ in bins), default=1) or 1
    parts = [Markup('<line class="axis" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(left, WIDTH - left, base, base)]
    below = sum(1 for _, _, start in bins if k is not None and start < k)
    if below:
        found = sum(rows for _, rows, start in bins[:below])
        parts += [Markup('<rect class="hatch" x="{}" y="34" width="{:.1f}" height="{}"/>').format(left, below * step, base - 34),
                  _text(left, 24, f"below k = {plain(k or 0)}: {whole(found)} rows", "warning" if found else "note")]
    for place, (label, rows, _) in enumerate(bins):
        tall, x = rows / most * (base - 60), left + place * step
        if rows:
            parts.append(Markup('<rect class="accent" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2"/>').format(
                x + step * 0.12, base - tall, step * 0.76, tall))
            parts.append(_text(x + step / 2, base - tall - 7, whole(rows), "value", "middle"))
        parts.append(_text(x + step / 2, base + 19, label, "tick", "middle"))
    parts.append(_text(WIDTH / 2, height - 6, "rows that share one combination of quasi-identifiers", "tick", "middle"))
    told = f"Smallest class {whole(sizes.smallest)} rows, largest {whole(sizes.largest)}, mean {plain(sizes.mean)}."
    return _figure("Rows by size of their equivalence class", told, WIDTH, height, parts)


def _bins(sizes: ClassSizes) -> list[tuple[str, int, int]]:
    """Returns (label, rows, left edge), without the empty bins above the largest class."""
    edges = sizes.edges
    bins = []
    for place, start in enumerate(edges[:len(sizes.rows)]):
        if start > sizes.largest:
            break
        end = edges[place + 1] - 1 if place + 1 < len(edges) else None
        label = f"{_short(start)}+" if end is None else _short(start) if end == start else f"{_short(start)}–{_short(end)}"
        bins.append((label, sizes.rows[place], start))
    return bins


def _short(number: int) -> str:
    return f"{number / 1000:g}k" if number >= 1000 and number % 100 == 0 else str(number)  # noqa: PLR2004 - thousands


def heat_map(pairs: Sequence[Distance]) -> Markup:
    """Returns pairwise total variation as a triangular heat map, columns in order of first mention."""
    names = list(dict.fromkeys(name for pair in pairs for name in pair.columns))
    sides = max(len(names) - 1, 1)
    cell, left, top = min(52.0, 340 / sides), 128, 4
    # The first column has no row and the last no column: the triangle starts below the diagonal.
    place = {name: index for index, name in enumerate(names)}
    bottom = top + cell * sides
    height = int(bottom + 100)
    parts: list[Markup] = []
    most = max((pair.total_variation for pair in pairs), default=0.0)
    for pair in pairs:
        row, col = sorted((place[pair.columns[0]], place[pair.columns[-1]]), reverse=True)
        x, y = left + col * cell, top + (row - 1) * cell
        # Never stronger than what text in the page's ink still reads on, light or dark.
        heat = 0.06 + 0.42 * (pair.total_variation / most if most else 0.0)
        names_it = f"{' × '.join(pair.columns)}: {pair.total_variation:.3f}"
        square = Markup('<rect class="accent" fill-opacity="{:.2f}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2">'
                        '<title>{}</title></rect>')
        parts.append(square.format(heat, x, y, cell - 2, cell - 2, names_it))
        if cell > 30:  # noqa: PLR2004 - room for three signs
            shown = f"{pair.total_variation:.2f}".removeprefix("0")
            parts.append(_text(x + cell / 2 - 1, y + cell / 2 + 4, shown, "value", "middle"))
    for name, index in place.items():
        if index:
            parts.append(_text(left - 8, top + (index - 0.5) * cell + 4, column(name), "tick", "end"))
        if index < len(names) - 1:
            x = left + index * cell + cell / 2 + 4
            parts.append(Markup('<text class="tick" text-anchor="end" transform="translate({:.1f} {:.1f}) rotate(-45)">{}</text>')
                         .format(x, bottom + 10, column(name)))
    told = f"{len(pairs)} pairs; the largest distance is {most:.3f}. Zero is identical, one has nothing in common."
    return _figure("Distance of every pair of columns", told, WIDTH, height, parts)


def gauge(score: int, baseline: int) -> Markup:
    """Returns a half-circle gauge from 0 to 1000 for the k-marginal score, with a tick at the held-out rows' score."""
    parts = [_arc(0, 1, "track-line"), _arc(0, score / 1000, "accent-line"), _needle(baseline / 1000),
             _text(150, 128, whole(score), "big", "middle"), _text(150, 150, "of 1000", "tick", "middle"),
             _text(22, 168, "0", "tick", "middle"), _text(278, 168, "1000", "tick", "middle")]
    return _figure("k-marginal score", f"{score} of 1000; held-out real rows reach {baseline}.", 300, 176, parts)


def _arc(start: float, end: float, tone: str) -> Markup:
    (x1, y1), (x2, y2) = _on_circle(start), _on_circle(max(end, start + 1e-6))
    return Markup('<path class="{}" d="M {:.2f} {:.2f} A 128 128 0 0 1 {:.2f} {:.2f}"/>').format(tone, x1, y1, x2, y2)


def _needle(share: float) -> Markup:
    (x1, y1), (x2, y2) = _on_circle(share, 114), _on_circle(share, 142)
    return Markup('<line class="mark-line" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(x1, y1, x2, y2)


def _on_circle(share: float, radius: float = 128.0) -> tuple[float, float]:
    angle = math.pi * (1 - min(1.0, max(0.0, share)))
    return 150 + radius * math.cos(angle), 150 - radius * math.sin(angle)


def closest_record(distances: ClosestRecord) -> Markup:
    """Returns quantile curves of the distance to the closest training record: synthetic rows and held-out real rows."""
    height, left, right, top, base = 260, 44, 12, 14, 206
    most = max((*distances.synthetic, *distances.holdout), default=1.0) or 1.0

    def line(values: Sequence[float], tone: str) -> Markup:
        points = " ".join(f"{left + q * (WIDTH - left - right):.1f},{base - v / most * (base - top):.1f}"
                          for q, v in zip(distances.quantiles, values, strict=True))
        return Markup('<polyline class="{}" points="{}"/>').format(tone, points)

    parts = []
    for share in (0.0, 0.5, 1.0):
        y = base - share * (base - top)
        parts += [Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(left, WIDTH - right, y, y),
                  _text(left - 8, y + 4, f"{share * most:.2g}", "tick", "end")]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        anchor = "start" if share == 0 else "end" if share == 1 else "middle"
        parts.append(_text(left + share * (WIDTH - left - right), base + 19, percent(share), "tick", anchor))
    axis = "share of rows that lie at most this far from a training row"
    parts += [line(distances.holdout, "mark-line curve"), line(distances.synthetic, "accent-line curve"),
              _text((left + WIDTH) / 2, height - 8, axis, "tick", "middle")]
    closer = percent(distances.share_synthetic_closer)
    told = f"{closer} of synthetic rows lie closer to a training row than to a held-out row; 50% is ideal."
    return _figure("Distance to the closest training record", told, WIDTH, height, parts)


def query_errors(errors: QueryErrors) -> Markup:
    """Returns a box from quartile to quartile for each range of selectivity, with a tick at the median error."""
    height, left, right, top, base = 260, 52, 12, 14, 196
    step = (WIDTH - left - right) / max(len(errors.by_selectivity), 1)
    most = max((bucket.upper or 0.0 for bucket in errors.by_selectivity), default=0.0) or 1.0
    parts = []
    for share in (0.0, 0.5, 1.0):
        y = base - share * (base - top)
        parts += [Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(left, WIDTH - right, y, y),
                  _text(left - 8, y + 4, percent(share * most), "tick", "end")]
    for place, bucket in enumerate(errors.by_selectivity):
        x = left + place * step
        parts.append(_text(x + step / 2, base + 19, selectivity(bucket), "tick", "middle"))
        if bucket.lower is None or bucket.median is None or bucket.upper is None:
            continue
        low, middle, high = (base - value / most * (base - top) for value in (bucket.lower, bucket.median, bucket.upper))
        parts += [Markup('<rect class="accent" fill-opacity="0.45" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2"/>')
                  .format(x + step * 0.2, high, step * 0.6, max(low - high, 1.0)),
                  Markup('<line class="mark-line" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>').format(
                      x + step * 0.2, x + step * 0.8, middle, middle),
                  _text(x + step / 2, base + 36, whole(bucket.queries), "tick", "middle")]
    axis = "share of the rows that a query counts, and how many queries did"
    parts.append(_text((left + WIDTH) / 2, height - 6, axis, "tick", "middle"))
    told = f"Half of {whole(errors.queries)} random counts are off by at most {percent(errors.median)}."
    return _figure("Error of counts by the share of rows that they count", told, WIDTH, height, parts)


def _figure(title: str, told: str, width: int, height: int, parts: Sequence[Markup]) -> Markup:
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" preserveAspectRatio="xMidYMin meet">'
                  '<title>{}</title><desc>{}</desc>{}</svg>').format(width, height, title, told, Markup("").join(parts))


def _text(x: float, y: float, words: str, tone: str, anchor: str = "start") -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(tone, x, y, anchor, escape(words))


def _pct(share: float | None) -> str:
    return f"{min(1.0, max(0.0, share or 0.0)) * 100:.2f}"
