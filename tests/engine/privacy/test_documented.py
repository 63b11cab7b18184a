"""Every block of Python in docs/statistics.md runs, each by itself, as a reader would run it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "statistics.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_each_mechanism_is_shown():
    shown = "\n".join(BLOCKS)
    for name in ("LaplaceNoise.of", "GaussianNoise.of", "OnGrid.laplace", "OnGrid.gaussian", "exponential=True", "Choice(",
                 "report_noisy_max", "AboveThreshold", "Quantile(", "KeySelection("):
        assert name in shown


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_a_block_runs(block, capsys):
    exec(compile(block, "docs/statistics.md", "exec"), {})  # noqa: S102 - our own documentation
    assert capsys.readouterr().out
