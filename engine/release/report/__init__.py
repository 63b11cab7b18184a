"""The report: one self-contained HTML page about releases, made from aggregates only."""

from engine.release.report.page import render
from engine.release.report.sections import Demo, PlantedScore, Section

__all__ = ["Demo", "PlantedScore", "Section", "render"]
