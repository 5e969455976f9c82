"""The journal survives torn lines, and the lock admits one process."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest

from rlsearch.agents.base import Proposal
from rlsearch.errors import ResumeError
from rlsearch.search import journal as journals
from rlsearch.search.journal import Entry, Journal
from rlsearch.search.lock import exclusive, held
from rlsearch.search.store import OutcomeStore
from rlsearch.training.outcome import Outcome
from waiting import PATIENCE


def entry(index: int, accuracy: float = 0.5) -> Entry:
    outcome = Outcome("ok", {"accuracy": accuracy}, 1, 10, 100)
    return Entry(index, Proposal((1.0 + index / 100,)), outcome, 0.1, False, index)


def filled(path: Path, count: int) -> bytes:
    journal = Journal(path, {"torch": "x"})
    for index in range(count):
        journal.trial(entry(index))
        journal.tell(index, 1, {"loss": 0.5})
    journal.close()
    return path.read_bytes()


def test_round_trip(tmp_path: Path) -> None:
    filled(tmp_path / "j", 3)
    found = journals.read(tmp_path / "j")
    assert found.header == {"torch": "x"}
    assert [found.trials[i] for i in range(3)] == [entry(i) for i in range(3)]
    assert found.tells == {i: (1, {"loss": 0.5}) for i in range(3)}


def test_every_torn_tail_is_dropped_and_appending_continues_cleanly(tmp_path: Path) -> None:
    path = tmp_path / "j"
    content = filled(path, 2)
    last_complete = content[:-1].rfind(b"\n") + 1
    for cut in range(last_complete, len(content)):
        path.write_bytes(content[:cut])
        journal = Journal(path, {"torch": "x"})
        journal.trial(entry(7))
        journal.close()
        found = journals.read(path)
        assert found.trials[0] == entry(0) and found.trials[7] == entry(7)
        assert all(line.startswith(b"{") and line.endswith(b"}") for line in path.read_bytes().splitlines())


def test_nan_is_null_on_disk_and_nan_again_in_memory(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", {})
    journal.trial(entry(0, float("nan")))
    journal.close()
    assert b"NaN" not in (tmp_path / "j").read_bytes()
    accuracy = journals.read(tmp_path / "j").trials[0].outcome.metrics["accuracy"]
    assert accuracy != accuracy


def _hold(folder: Path, ready: object) -> None:
    with exclusive(folder):
        ready.set()  # type: ignore[attr-defined]
        time.sleep(1000)


def test_a_second_process_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    holder = context.Process(target=_hold, args=(tmp_path, ready))
    holder.start()
    try:
        assert ready.wait(PATIENCE)
        assert held(tmp_path)
        with pytest.raises(ResumeError, match=f"process {holder.pid}"), exclusive(tmp_path):
            pass
    finally:
        holder.kill()
        holder.join()
    assert not held(tmp_path)
    with exclusive(tmp_path):
        pass


def test_a_damaged_store_record_counts_as_missing(tmp_path: Path) -> None:
    store = OutcomeStore(tmp_path)
    store.put("ab12", Outcome("ok", {"accuracy": 0.5}))
    assert store.get("ab12") == Outcome("ok", {"accuracy": 0.5})
    for damage in (b"", b'{"status"', b"[]", b"{}"):
        store.path("ab12").write_bytes(damage)
        assert store.get("ab12") is None


def test_failures_are_not_stored(tmp_path: Path) -> None:
    store = OutcomeStore(tmp_path)
    store.put("ab12", Outcome("failed", error="RuntimeError"))
    assert store.get("ab12") is None
