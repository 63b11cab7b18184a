"""Four packages, one place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.backends import ROOT, require_one_root

CHECKOUT = Path(__file__).parents[3]


def test_this_checkout_has_one_root():
    assert require_one_root() == ROOT == CHECKOUT


@pytest.mark.parametrize("name", ["jobs", "udfs"])
def test_foreign_package_is_refused(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("")
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(CHECKOUT)!r}]; import engine.backends"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode != 0
    assert "do not come from one place" in done.stderr
    assert str(tmp_path) in done.stderr
