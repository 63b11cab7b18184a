"""A release's utility on a screen."""

from __future__ import annotations

import io

from rich.console import Console

from jobs import _views_utility
from schemas.utility import GroupDifference, GroupUtility, Learning, QueryBucket, QueryErrors, Utility


def shown(**fields) -> str:
    found = Utility(release_id="r", plan_fingerprint="p", lakeveil="0", created="now", rows=1000, seconds=1.0, **fields)
    screen = Console(file=io.StringIO(), width=120)
    screen.print(_views_utility.utility(found))
    return " ".join(screen.file.getvalue().split())


def test_errors_stand_beside_what_was_wanted():
    buckets = (QueryBucket(least=0, below=0.2, queries=9, lower=0.1, median=0.2, upper=0.3),
               QueryBucket(least=0.2, below=None, queries=0))
    text = shown(queries=QueryErrors(queries=9, bound=1, lower=0.1, median=0.2, upper=0.3, by_selectivity=buckets))
    assert "9 random counts from the release, against 1,000 rows of the source" in text
    assert "0.0% to 20.0% 9 10.0% 20.0% 30.0%" in text
    assert "20.0% and more 0 - - -" in text


def test_accuracy_and_groups():
    learning = Learning(target="ill", metric="accuracy", classes=2, rows_train=800, rows_test=200, train_raw=0.9,
                        train_released=0.85, majority=0.5)
    groups = (GroupUtility(column="sex", group="F", rows=700, suppressed=7, loss=0.1, accuracy_raw=0.9, accuracy_released=0.8),
              GroupUtility(column="sex", group="group 2", rows=3, suppressed=0, loss=0.2))
    text = shown(learning=learning, groups=groups, differences=(
        GroupDifference(column="sex", measure="loss", lowest="F", highest="M", difference=0.1),))
    assert "accuracy of predicting ill for 200 source rows" in text
    assert "the release 85.0%" in text
    assert "sex F 700 1.00% 10.0% 90.0% 80.0%" in text
    assert "sex group 2 3 0.00% 20.0% - -" in text
    assert "sex loss F M 10.00%" in text
    assert "the release -" in shown(learning=learning.model_copy(update={"train_released": None}))


def test_what_is_missing_is_said():
    assert shown(not_measured=("accuracy: x",)) == "not measured: accuracy: x"
