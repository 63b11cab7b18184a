"""``lakeveil key``, as a person runs it: what is shown is an identifier, and never the key."""

from __future__ import annotations

import json
import re
import stat

import pytest

from tests.jobs.command import KEY, here, lakeveil

pytestmark = pytest.mark.slow


def test_new_then_check(tmp_path):
    made = lakeveil("key", "new", "file:root", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert re.fullmatch(r"file:root: key [0-9a-f]{8}, kept by file\n", made.stdout)
    text = (tmp_path / "root").read_text()
    assert stat.S_IMODE((tmp_path / "root").stat().st_mode) == 0o600
    checked = here("key", "check", "file:root", "--json", cwd=tmp_path)
    assert json.loads(checked.stdout) == {"handle": "file:root", "kind": "file", "key_id": made.stdout.split()[2].rstrip(",")}
    assert text.strip() not in made.stdout + made.stderr + checked.stdout + checked.stderr
    again = here("key", "new", "file:root", cwd=tmp_path)
    assert again.returncode == 3
    assert (tmp_path / "root").read_text() == text


def test_the_key_of_another_handle(tmp_path):
    made = here("key", "new", "file:root", "--like", "env:LAKEVEIL_KEY", "--json", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "root").read_text().strip() == KEY


def test_errors_say_what_and_show_no_key(tmp_path):
    for handle, code, said in ((KEY, 4, "never written in a policy"), ("env:NO_SUCH_KEY", 4, "a key is missing"),
                               ("file:absent", 4, "lakeveil key new 'file:absent'")):
        done = here("key", "check", handle, cwd=tmp_path)
        assert done.returncode == code
        assert said in done.stderr
        assert KEY not in done.stdout + done.stderr
    misplaced = here("key", KEY, cwd=tmp_path)
    assert misplaced.returncode == 2
    assert KEY not in misplaced.stdout + misplaced.stderr
    assert here("key", "new", "env:NO_SUCH_KEY", cwd=tmp_path).returncode == 2
    assert here("key", "check", "env:LAKEVEIL_KEY", "--like", "env:LAKEVEIL_KEY", cwd=tmp_path).returncode == 2
