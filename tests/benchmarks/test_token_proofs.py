"""What the tokens' benchmark calls proved is what pytest counts."""

import pytest

from tests.benchmarks.token_proofs import PROOFS, _proof

pytestmark = pytest.mark.slow


def test_tests_are_counted(tmp_path):
    good, bad = tmp_path / "test_good.py", tmp_path / "test_bad.py"
    good.write_text("def test_one():\n    pass\n\n\ndef test_two():\n    pass\n")
    bad.write_text("def test_three():\n    assert 1 == 2\n")
    assert [(one["value"], one["bar"], one["holds"]) for one in (
        _proof("both hold", (str(good),)), _proof("one fails", (str(good), str(bad))), _proof("none ran", ("absent.py",)))] == [
        (2, 2, True), (2, 3, False), (0, 1, False)]


def test_every_claim_has_tests():
    assert all(PROOFS.values())
