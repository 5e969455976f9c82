"""Progress: few plain lines where nobody watches, one bar for each terminal."""

from __future__ import annotations

import contextlib
import logging
import os
import pty
import subprocess
import sys

import pytest

from rlsearch import progress
from rlsearch.progress import Progress

BAR = """
import sys
from rlsearch.progress import Progress
with Progress(3, "outer") as outer, Progress(3, "inner") as inner:
    outer.advance(best=2.5)
    outer.advance(best=1.5)
    print("bars", outer._bar is not None, inner._bar is not None)
"""


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_first_and_last_line_without_a_terminal(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with Progress(1000, "search") as shown:
        for reward in range(1000):
            shown.advance(best=float(-reward))
    assert lines(caplog) == ["search: 0 of 1000", "search: 1000 of 1000, best 0.000"]


def test_a_line_every_interval_with_the_time_left(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with Progress(100, "search") as shown:
        for _ in range(20):
            now[0] += 1.0
            shown.advance(best=7.123456)
    assert lines(caplog)[1:] == [
        "search: 10 of 100, best 7.123, about 90 s left".replace("90 s", "2 min"),
        "search: 20 of 100, best 7.123, about 80 s left",
        "search: 20 of 20, best 7.123",
    ]


@pytest.mark.parametrize("made", [3, 12])
def test_where_a_budget_ends_the_work_the_last_line_says_how_much_it_was(
    made: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with Progress(10, "search") as shown:
        for _ in range(made):
            shown.advance(best=9.0)
    assert lines(caplog)[-1] == f"search: {made} of {made}, best 9.000"


def test_work_that_fails_is_not_all_done(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with contextlib.suppress(ZeroDivisionError), Progress(10, "search"):
        raise ZeroDivisionError
    assert lines(caplog) == ["search: 0 of 10"]


def test_no_best_reward_is_no_word(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with Progress(1, "retrain") as shown:
        shown.advance()
    assert lines(caplog)[-1] == "retrain: 1 of 1"


def test_one_bar_for_each_terminal() -> None:
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run([sys.executable, "-c", BAR], stdout=subprocess.PIPE, stderr=theirs, text=True, check=True)
        drawn = os.read(ours, 100_000).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.stdout == "bars True False\n"
    assert "outer" in drawn
    assert "best 2.500" in drawn
    assert "inner" not in drawn
