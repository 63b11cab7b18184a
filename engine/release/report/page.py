"""Putting the page together: template, style sheet and charts into one file that asks nothing of the network."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Iterable
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from engine.release.report import charts, words
from engine.release.report.figures import figures
from engine.release.report.risks import risk_lines
from engine.release.report.sections import Demo, Section
from schemas.evaluation import Distance

_FILTERS = {
    "percent": words.percent, "points": words.points,
    "whole": words.whole, "plain": words.plain, "size": words.size, "tiny": words.tiny,
    "budget": words.budget, "one_in": words.one_in,
    "entity": words.entity, "explain": words.explain, "guarantee": words.guarantee, "promised": words.promised,
    "measured": words.measured, "verdict_line": words.verdict_line, "moment": words.moment,
}


def render(sections: Iterable[Section], *, demo: Demo | None = None, title: str = "Release report") -> str:
    """Returns one self-contained HTML page: no script, no font, image or style from elsewhere.

    A content-security policy in the page forbids all of these; the style sheet is allowed by its digest alone.

    Args:
        sections: The releases, in reading order. At least one.
        demo: For the demo lake: what was planted, found and gone.
        title: Of the page.

    Raises:
        ValueError: If there is no section.
    """
    shown = tuple(sections)
    if not shown:
        raise ValueError("a report needs at least one release")
    style = _source("page.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _template().render(
        sections=shown, demo=demo, title=title, style_digest=digest,
        style=Markup(style))  # noqa: S704 - the style sheet beside this file


@functools.cache
def _template() -> Template:
    environment = Environment(
        loader=FunctionLoader(_source), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(_FILTERS)
    environment.globals.update(charts=charts, words=words, worst=worst, k_of=k_of, figures=figures, risk_lines=risk_lines)
    return environment.get_template("page.html.j2")


def _source(name: str) -> str:
    return files("engine.release.report").joinpath(name).read_text(encoding="utf-8")


def worst(distances: Iterable[Distance]) -> list[Distance]:
    """Returns distances, largest first."""
    return sorted(distances, key=lambda distance: -distance.total_variation)


def k_of(section: Section) -> float | None:
    """Returns the promised k, if there is one."""
    return next((verdict.promised for verdict in section.receipt.verdicts if verdict.guarantee == "k"), None)
