"""The driver: one ledger, whatever interrupts it, however many workers answer, in whatever order they finish."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import rlsearch
from ask_tell_searches import AGENTS, OPENED, SPACE, Killed, driver, score
from rlsearch.agents import grid
from rlsearch.agents.base import Agent, Proposal
from rlsearch.errors import ResumeError, SearchStopped
from rlsearch.search import ask_tell, ledger
from rlsearch.search.evaluators import Evaluated, FunctionEvaluator, Request
from rlsearch.search.journal import Journal
from rlsearch.training.outcome import Outcome


class Shuffled:
    """Answers the last request first, as a pool might."""

    def run(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Evaluated]]:
        for request in reversed(requests):
            yield request, Evaluated(Outcome("ok", {"value": score(request.spec)}, flops=10), 0.0, cached=False)


class DiesAfter:
    """Answers so many requests and then kills the search."""

    def __init__(self, answers: int) -> None:
        self.left = answers

    def run(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Evaluated]]:
        for answer in Shuffled().run(requests):
            if self.left == 0:
                raise Killed
            self.left -= 1
            yield answer


@pytest.fixture(autouse=True)
def _journals_are_closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def finished(folder: Path, name: str, evaluator: Any, trials: int) -> str:
    search = driver(folder, name, evaluator, trials)
    rows = ledger.trials(SPACE, search.run(), search.reward)
    search.journal.close()
    return ledger.render(rows, search.journal.recorded)


@pytest.mark.parametrize("name", AGENTS)
def test_killed_after_every_answer_the_ledger_is_the_same(name: str, tmp_path: Path) -> None:
    whole = finished(tmp_path / "whole", name, Shuffled(), 18)
    for answers in range(18):
        folder = tmp_path / f"killed-{answers}"
        search = driver(folder, name, DiesAfter(answers), 18)
        with pytest.raises(Killed):
            search.run()
        search.journal.close()
        assert finished(folder, name, Shuffled(), 18) == whole


@pytest.mark.parametrize("name", AGENTS)
def test_killed_again_and_again_with_snapshots(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = finished(tmp_path / "whole", name, Shuffled(), 30)
    monkeypatch.setattr(ask_tell, "SNAPSHOT_EVERY", 7)
    for _ in range(9):
        search = driver(tmp_path / "killed", name, DiesAfter(3), 30)
        with pytest.raises(Killed):
            search.run()
        search.journal.close()
    assert (tmp_path / "killed" / "snapshot.pt").exists()
    assert finished(tmp_path / "killed", name, Shuffled(), 30) == whole


@pytest.mark.parametrize("snapshot_every", [1000, 10])
@pytest.mark.parametrize("name", AGENTS)
def test_a_search_is_extended(name: str, snapshot_every: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask_tell, "SNAPSHOT_EVERY", snapshot_every)
    finished(tmp_path / "extended", name, Shuffled(), 50)
    assert finished(tmp_path / "extended", name, Shuffled(), 100) == finished(tmp_path / "new", name, Shuffled(), 100)


def test_a_shorter_run_of_the_same_search_is_its_beginning(tmp_path: Path) -> None:
    short = finished(tmp_path / "short", "reinforce", Shuffled(), 20)
    finished(tmp_path / "long", "reinforce", Shuffled(), 40)
    assert finished(tmp_path / "long", "reinforce", Shuffled(), 20) == short


def test_order_of_finishing_changes_nothing(tmp_path: Path) -> None:
    in_order = FunctionEvaluator(lambda spec: Outcome("ok", {"value": score(spec)}, flops=10))
    name = "reinforce-in-batches"
    assert finished(tmp_path / "a", name, Shuffled(), 20) == finished(tmp_path / "b", name, in_order, 20)


def test_a_finished_search_asks_for_nothing_more(tmp_path: Path) -> None:
    whole = finished(tmp_path / "x", "reinforce", Shuffled(), 20)
    assert finished(tmp_path / "x", "reinforce", DiesAfter(0), 20) == whole


def test_another_proposal_is_an_error_that_keeps_the_work(tmp_path: Path) -> None:
    finished(tmp_path / "x", "random", Shuffled(), 6)
    before = (tmp_path / "x" / "journal.jsonl").read_bytes()
    with pytest.raises(ResumeError, match="trial 0 was recorded as") as caught:
        driver(tmp_path / "x", "reinforce", Shuffled(), 6, environment={"cpu": "other"}).run()
    assert "cpu: None -> other" in str(caught.value)
    assert (tmp_path / "x" / "journal.jsonl").read_bytes() == before


def test_recorded_proposals_can_be_accepted_and_are_marked(tmp_path: Path) -> None:
    finished(tmp_path / "x", "grid", Shuffled(), 6)
    search = driver(tmp_path / "x", "random", Shuffled(), 8, accept_recorded=True)
    actions = [entry.proposal.actions for entry in search.run()]
    assert actions[:6] == [p.actions for p in grid.Grid(SPACE, grid.Settings(points=5), 0).ask(6)]
    assert not search.bit_exact


class Failing:
    def run(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Evaluated]]:
        for request in requests:
            yield request, Evaluated(Outcome("failed", {"value": -2.0}, error="RuntimeError"), 0.0, cached=False)


def test_failing_children_stop_the_search_clearly(tmp_path: Path) -> None:
    search = driver(tmp_path / "x", "random", Failing(), 50)
    with pytest.raises(SearchStopped, match=r"5 of 5 children failed \(RuntimeError\)"):
        search.run()
    assert len(search.journal.recorded.trials) == 5


class Finite(Agent):
    """Has three proposals and no more."""

    def ask(self, count: int) -> list[Proposal]:
        done = getattr(self, "done", 0)
        self.done = min(3, done + count)
        return [Proposal((1.0,), replicate=i) for i in range(done, self.done)]

    def tell(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> Mapping[str, float]:
        return {}

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        pass


def test_an_agent_may_run_out_of_proposals(tmp_path: Path) -> None:
    search = driver(tmp_path / "x", "random", Shuffled(), 50)
    search.agent = Finite()
    assert [entry.proposal.replicate for entry in search.run()] == [0, 1, 2]


def test_a_mixture_of_environments_is_never_bit_exact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask_tell, "SNAPSHOT_EVERY", 4)
    folder, exact = tmp_path / "x", []
    for cpu, trials in (("one", 6), ("other", 12), ("one", 18)):
        folder.mkdir(exist_ok=True)
        search = driver(folder, "random", Shuffled(), trials, environment={"cpu": cpu})
        if cpu == "one" and not exact:
            (folder / "journal.jsonl").unlink()
            search.journal = Journal(folder / "journal.jsonl", {"cpu": "one"})
            OPENED.append(search.journal)
            search.__post_init__()
        search.run()
        search.journal.close()
        exact.append(search.bit_exact)
    assert exact == [True, False, False]


def test_a_folder_of_another_search_is_refused(tmp_path: Path) -> None:
    rlsearch.search(SPACE, "reinforce", score, trials=5, seed=0, folder=tmp_path)
    for change in ({"seed": 1}, {"seed": 0, "lr": 0.5}, {"seed": 0, "batch": 2}):
        with pytest.raises(ResumeError, match="this folder holds another search"):
            rlsearch.search(SPACE, "reinforce", score, trials=5, folder=tmp_path, **change)
    assert len(rlsearch.search(SPACE, "reinforce", score, trials=8, seed=0, folder=tmp_path).trials) == 8
