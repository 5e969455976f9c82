"""Waiting for a child that another process trains: it is said, and it ends."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from rlsearch.search import evaluators
from rlsearch.search import reserve as reserving
from rlsearch.search.evaluators import ChildEvaluator, Request
from rlsearch.search.reserve import reserve
from rlsearch.search.store import OutcomeStore, outcome_key
from rlsearch.training.outcome import Outcome


def test_a_search_that_waits_says_so_and_trains_the_child_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(reserving, "LIMIT", 0.3)
    monkeypatch.setattr(evaluators, "_train_child", lambda *_: (Outcome("ok", {"accuracy": 0.5}), 1.0))
    caplog.set_level(logging.INFO)
    store, task, asked = OutcomeStore(tmp_path / "store"), None, Request(0, {}, "a")
    search: Any = ChildEvaluator(task, "task", "tiny", 0, store, checkpoints=tmp_path)  # type: ignore[arg-type]
    lock = store.path(outcome_key("task", "a", search.seed(asked)), ".lock")
    other = reserve(lock)
    assert other is not None
    found = [result for _, result in search.run([asked, Request(1, {}, "b")])]
    assert [(result.cached, result.outcome.status) for result in found] == [(False, "ok")] * 2
    first, last = caplog.messages
    assert first.startswith("waiting for a child") and str(lock) in first
    assert str(lock) in last and "trained here too" in last
    assert lock.exists() and reserve(lock) is None  # the other still has it
    other.release()
    assert not lock.exists()


def test_a_free_child_is_not_waited_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    reserving.reserved(tmp_path / "one.lock").release()
    assert caplog.messages == []
