"""One process at a time makes a report: a partial one beside a run would take its files away."""

from __future__ import annotations

import fcntl
import threading
from pathlib import Path
from typing import Any

import pytest

from rlsearch.phases import report


def test_a_second_report_begins_when_the_first_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    begun = threading.Event()
    monkeypatch.setattr(report, "_write", lambda *given: begun.set())
    params: Any = None  # what a report is made of is read in its turn
    second = threading.Thread(target=report.run, args=(params, tmp_path))
    lock = tmp_path / ".rlsearch/report.lock"
    lock.parent.mkdir()
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        second.start()
        assert not begun.wait(0.5)
    second.join()
    assert begun.is_set()


def test_where_there_are_no_locks_a_report_is_made_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def none(*given: object) -> None:
        raise OSError(38, "Function not implemented")

    made: list[object] = []
    monkeypatch.setattr(fcntl, "flock", none)
    monkeypatch.setattr(report, "_write", lambda *given: made.append(given))
    report.run(params := object(), tmp_path, partial=True, processes=2)  # type: ignore[arg-type]
    assert made == [(params, tmp_path, True, 2)]
