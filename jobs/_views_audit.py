"""How an audit of the training looks on a screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobs._views import _table as table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from schemas.training_audit import Control, Look, Question, TrainingAudit

_WHAT = {"step": "one step's sum", "training": "the whole training"}
_BY = {"wagers": "wagers, step by step", "curve": "the claim's whole curve", "pair": "one pair (ε, δ)"}
_NOISE = {0.0: "no noise", 0.5: "half of the noise"}


def audit(found: TrainingAudit) -> list[RenderableType]:
    """Returns what was claimed and what guesses prove, the controls, and what was looked at beside."""
    how = f"{found.clipping} clip {found.clip:g}{', adaptive' if found.adaptive else ''}, sample rate {found.sample_rate:.4g}"
    return [
        table(f"{found.policy}: noise {found.noise_multiplier:.4g}, {how}, {found.steps:,} steps",
              ("of", "bound by", "delta", "claimed epsilon", f"at least ({found.confidence:g})", "coins", "guessed right", ""),
              (line for one in found.questions for line in _question(one))),
        table("controls: less noise than is claimed", ("of", "noise", "coins", "guessed right", "caught"),
              map(_control, found.controls)),
        table("beside guesses", ("", "found", "at least", "at most", ""), map(_look, found.looks)),
        (f"{found.canaries:,} random units of {found.rows} rows, {found.columns} columns, {found.seconds:,.0f} s: "
         "no row of a table was read, nothing was spent, nothing charged"),
        f"not audited: {'; '.join(found.not_audited)}",
        "an audit refutes claims, and proves none: epsilon is between the bound and, if the claim holds, what is claimed",
    ]


def _question(one: Question) -> Iterator[tuple[str, ...]]:
    for place, bound in enumerate(one.bounds):
        first = (f"{one.coins:,}", f"{one.right / one.coins:.1%}") if not place else ("", "")
        yield ("" if place else _WHAT[one.what], _BY[bound.method], f"{bound.delta:.2g}", f"{bound.claimed:.4g}",
               f"{bound.epsilon:.4g}", *first, _kept(holds=bound.holds))


def _control(one: Control) -> tuple[str, ...]:
    return _WHAT[one.what], _NOISE[one.noise], f"{one.coins:,}", f"{one.right / one.coins:.1%}", "yes" if one.caught else "no"


def _look(one: Look) -> tuple[str, ...]:
    return one.what, f"{one.value:.4g}", f"{one.least:.4g}" if one.least else "", f"{one.allowed:.4g}", _kept(holds=one.holds)


def _kept(*, holds: bool) -> str:
    return "holds" if holds else "REFUTED"
