"""The driver of agents that drive an environment: its errors, its limits, spaces that grow, and the search phase."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import rlsearch
from rlsearch.agents import maskable_ppo
from rlsearch.errors import ResumeError, SearchStopped, SettingsError
from rlsearch.search import ledger
from rlsearch.search.ask_tell import AskTell
from rlsearch.search.budget import FlopLimit
from rlsearch.search.evaluators import Evaluated, Request
from rlsearch.search.journal import Journal
from rlsearch.search.run_env import RunEnv, driver_of
from rlsearch.search.stopping import TrialLimit
from rlsearch.spaces.init_scale import InitScale
from rlsearch.spaces.layered_cnn import LayeredCNN, LayeredSettings
from rlsearch.training.outcome import Outcome

SPACE = LayeredCNN(LayeredSettings(layers=2, filters=(4, 8), strides=(1,)))
SETTINGS = maskable_ppo.Settings(episodes=3, n_epochs=2, hidden=(8,))


class Answers:
    """Answers with an outcome of the given status, so many times."""

    def __init__(self, status: Any = "ok", left: int = 1_000_000) -> None:
        self.status, self.left, self.asked = status, left, 0

    def run(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Evaluated]]:
        for request in requests:
            if self.asked == self.left:
                raise KeyboardInterrupt
            self.asked += 1
            error = "RuntimeError" if self.status == "failed" else None
            value = float(request.spec["network"]["layers"][0]["filters"])
            yield request, Evaluated(Outcome(self.status, {"value": value}, flops=7, error=error), 0.0, cached=False)


class Best:
    """A progress bar that only remembers."""

    def __init__(self) -> None:
        self.seen: list[float | None] = []

    def advance(self, best: float | None = None) -> None:
        self.seen.append(best)


def driver(
    folder: Path, evaluator: Any, limit: Any, *, seed: int = 1, space: LayeredCNN = SPACE, **more: Any
) -> RunEnv:
    folder.mkdir(exist_ok=True)
    return RunEnv(
        space=space,
        agent=maskable_ppo.MaskablePPO(space, SETTINGS, seed),
        evaluator=evaluator,
        reward=lambda outcome: outcome.metrics["value"],
        limit=limit,
        journal=Journal(folder / "journal.jsonl", more.get("environment", {})),
        **more,
    )


def finished(folder: Path, evaluator: Any, trials: int, **more: Any) -> str:
    search = driver(folder, evaluator, TrialLimit(trials), **more)
    with search.journal:
        return ledger.render(ledger.trials(search.space, search.run(), search.reward), search.journal.recorded)


def test_a_finished_search_asks_for_nothing_more(tmp_path: Path) -> None:
    whole = finished(tmp_path, Answers(), 10)
    before = (tmp_path / "journal.jsonl").read_bytes()
    assert finished(tmp_path, Answers(left=0), 10) == whole
    assert (tmp_path / "journal.jsonl").read_bytes() == before


def test_a_search_without_room_learns_nothing(tmp_path: Path) -> None:
    assert finished(tmp_path, Answers(left=0), 0) == ""


def test_diagnostics_are_those_of_the_latest_update(tmp_path: Path) -> None:
    search = driver(tmp_path, Answers(), TrialLimit(7))
    with search.journal as journal:
        search.run()
    told = [journal.recorded.tells[trial][1] for trial in range(7)]
    assert told[:3] == [{}, {}, {}]
    assert {"entropy_loss", "value_loss"} <= set(told[3])
    assert told[3] == told[4] == told[5] != told[6]


def test_the_ticker_hears_recorded_and_new_trials(tmp_path: Path) -> None:
    finished(tmp_path, Answers(), 5)
    ticker = Best()
    finished(tmp_path, Answers(), 9, ticker=ticker)
    assert len(ticker.seen) == 9
    assert ticker.seen[-1] == 8.0


def test_another_seed_is_an_error_that_keeps_the_work(tmp_path: Path) -> None:
    finished(tmp_path, Answers(), 6)
    before = (tmp_path / "journal.jsonl").read_bytes()
    with pytest.raises(ResumeError, match=r"trial \d was recorded as") as caught:
        finished(tmp_path, Answers(), 6, seed=2, environment={"cpu": "other"})
    assert "cpu: None -> other" in str(caught.value)
    assert (tmp_path / "journal.jsonl").read_bytes() == before


def test_recorded_proposals_can_be_accepted_and_are_marked(tmp_path: Path) -> None:
    first = finished(tmp_path, Answers(), 6)
    search = driver(tmp_path, Answers(), TrialLimit(9), seed=2, accept_recorded=True)
    with search.journal:
        rows = ledger.trials(SPACE, search.run(), search.reward)
    assert ledger.render(rows, search.journal.recorded).startswith(first)
    assert len(rows) == 9
    assert not search.bit_exact


def test_failing_children_stop_the_search_clearly(tmp_path: Path) -> None:
    random.seed(3)
    before = random.getstate()
    search = driver(tmp_path, Answers("failed"), TrialLimit(50))
    with search.journal, pytest.raises(SearchStopped, match=r"5 of 5 children failed \(RuntimeError\)"):
        search.run()
    assert len(search.journal.recorded.trials) == 5
    assert random.getstate() == before


@pytest.mark.parametrize(("status", "trials"), [("ok", 13), ("diverged", 13), ("invalid", 10)])
def test_the_budget_is_never_overrun(status: str, trials: int, tmp_path: Path) -> None:
    """Children of 7 FLOPs count as 7, those that never trained as a full one of 10; 100 are left beside the reserve."""
    limit = FlopLimit(120, lambda _: 10, finalists=2, replicates=1, place=10)
    search = driver(tmp_path, Answers(status), limit)
    with search.journal:
        assert len(search.run()) == trials


def test_a_space_that_grows_is_searched_and_resumed(tmp_path: Path) -> None:
    grown = {"step": 1, "every": 4, "most": 3}
    space = LayeredCNN(
        LayeredSettings.model_validate({"layers": 1, "filters": (4, 8), "strides": (1,), "depth": grown})
    )
    whole = finished(tmp_path / "whole", Answers(), 14, space=space)
    with Journal(tmp_path / "whole" / "journal.jsonl", {}) as journal:
        lengths = [len(journal.recorded.trials[trial].proposal.actions) for trial in range(14)]
    assert lengths == [2] * 4 + [4] * 4 + [6] * 6
    with pytest.raises(KeyboardInterrupt):
        finished(tmp_path / "killed", Answers(left=6), 14, space=space)
    assert finished(tmp_path / "killed", Answers(), 14, space=space) == whole


def test_each_agent_gets_its_driver(tmp_path: Path) -> None:
    from rlsearch.agents import random as random_agent

    made = maskable_ppo.MaskablePPO(SPACE, SETTINGS, 0)
    with Journal(tmp_path / "journal.jsonl", {}) as journal:
        common: dict[str, Any] = {"space": SPACE, "evaluator": Answers(), "limit": TrialLimit(1), "journal": journal}
        common["reward"] = lambda outcome: outcome.metrics["value"]
        assert isinstance(driver_of(made, batch=1, **common), RunEnv)
        native = random_agent.Random(SPACE, random_agent.Settings(), 0)
        assert isinstance(driver_of(native, batch=4, **common), AskTell)
        with pytest.raises(SettingsError, match="cannot propose 4 candidates at a time"):
            driver_of(made, batch=4, **common)


def test_it_searches_from_plain_python_too(tmp_path: Path) -> None:
    def score(spec: Any) -> float:
        return float(sum(layer["filters"] for layer in spec["network"]["layers"]))

    def search(trials: int, folder: str) -> list[Any]:
        found = rlsearch.search(SPACE, "maskable-ppo", score, trials=trials, folder=tmp_path / folder, episodes=3)
        return [trial.actions for trial in found.trials]

    search(8, "x")
    assert search(12, "x") == search(12, "y")


def test_it_takes_only_choices() -> None:
    assert maskable_ppo.AGENT.supports(SPACE)
    assert not maskable_ppo.AGENT.supports(InitScale())


@pytest.mark.parametrize("changes", [{"episodes": 4, "batch_size": 5}, {"episodes": 8, "batch_size": 31}])
def test_a_minibatch_of_one_step_is_refused(changes: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="leaves one of a single step"):
        rlsearch.search(SPACE, "maskable-ppo", lambda spec: 0.0, trials=4, **changes)
