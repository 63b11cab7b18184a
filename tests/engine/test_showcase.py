"""The demo: what it may remove, and where it points its policies. The whole of it: ``tests/jobs/test_demo.py``."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import showcase
from engine.errors import InputError


def test_a_folder_with_anything_else_in_it_is_left_alone(tmp_path):
    (tmp_path / "lake").mkdir()
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="no demo made"):
        showcase.run(tmp_path, backend="local")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["lake", "thesis.tex"]


def test_a_lake_that_no_demo_made_is_left_alone(tmp_path):
    (tmp_path / "lake").mkdir()
    with pytest.raises(InputError, match="no demo made"):
        showcase.run(tmp_path, backend="local")
    assert (tmp_path / "lake").is_dir()


def test_an_earlier_demo_is_kept_when_asked(tmp_path):
    (tmp_path / "truth").mkdir()
    (tmp_path / showcase.MARK).touch()
    with pytest.raises(InputError, match="earlier demo"):
        showcase.run(tmp_path, keep=True, backend="local")
    assert (tmp_path / "truth").is_dir()


@pytest.mark.parametrize("name", showcase.POLICIES)
def test_policies_point_into_the_folder(name, tmp_path):
    policy = showcase.write_policy(name, tmp_path)
    places = [policy.source.table, policy.release.path, *(lookup.table for lookup in policy.source.lookups.values())]
    assert all(Path(place).is_relative_to(tmp_path) for place in places)
    assert (tmp_path / "policies" / name).is_file()
