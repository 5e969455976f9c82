"""The driver of agents that drive an environment: its errors, its limits, spaces that grow, and the search phase."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import rlsearch
import tiny
from rlsearch.agents import maskable_ppo
from rlsearch.agents._side_by_side import side_by_side
from rlsearch.config.artefacts import search_folder
from rlsearch.errors import ResumeError, RlsearchError, SearchStopped, SettingsError
from rlsearch.phases import search
from rlsearch.search import ledger
from rlsearch.search.ask_tell import AskTell
from rlsearch.search.budget import FlopLimit, TrialLimit
from rlsearch.search.evaluators import ChildEvaluator, Evaluated, Request
from rlsearch.search.journal import Journal
from rlsearch.search.run_env import RunEnv, driver_of
from rlsearch.spaces.init_scale import InitScale
from rlsearch.spaces.layered_cnn import LayeredCNN, LayeredSettings
from rlsearch.training.generators import Generators
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
    search = driver(tmp_path, Answers(status), FlopLimit(total=120, reserve=20, unit=10))
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


class Forbidding(LayeredCNN):
    """Offers two options of which only the first is allowed."""

    def next(self, prefix: Any) -> Any:
        decision = super().next(prefix)
        return None if decision is None else type(decision)(decision.name, decision.options, (True, False))


def test_forbidden_actions_are_never_proposed(tmp_path: Path) -> None:
    found = rlsearch.search(Forbidding(SPACE.settings), "maskable-ppo", lambda spec: 0.0, trials=8)
    assert {trial.actions for trial in found.trials} == {(0, 0, 0, 0)}


def test_an_algorithm_that_ignores_the_masks_is_an_error() -> None:
    import stable_baselines3

    class Plain(maskable_ppo.MaskablePPO):
        def build(self, env: Any, seed: int) -> Any:
            return stable_baselines3.PPO("MlpPolicy", env, n_steps=8, batch_size=8, seed=seed, device="cpu")

    agent = Plain(Forbidding(SPACE.settings), SETTINGS, 0)
    with pytest.raises(RlsearchError, match="the algorithm took a forbidden action"):
        side_by_side([agent, agent], lambda actions: np.zeros(len(actions)), 50)


def test_an_error_of_the_reward_ends_all_searches() -> None:
    import threading

    agents = [maskable_ppo.MaskablePPO(SPACE, SETTINGS, seed) for seed in range(3)]
    before, calls = threading.active_count(), []

    def reward(actions: Any) -> Any:
        calls.append(len(actions))
        if len(calls) == 5:
            raise ZeroDivisionError
        return np.zeros(len(actions))

    with pytest.raises(ZeroDivisionError):
        side_by_side(agents, reward, 20)
    assert calls == [3] * 5
    assert threading.active_count() == before


def test_generators_are_lent_and_given_back() -> None:
    def draw() -> tuple[float, float, float]:
        return random.random(), float(np.random.random()), float(torch.rand(()))

    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    outside = [draw(), draw()]
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    mine, alone = Generators(7), Generators(7)
    with alone:
        inside = [draw(), draw(), draw()]
    with mine:
        assert draw() == inside[0]
        with mine.outside():
            assert draw() == outside[0]
        assert draw() == inside[1]
    assert draw() == outside[1]
    with mine:
        assert draw() == inside[2]


LAYERED: dict[str, Any] = {
    "space": {"type": "layered-cnn", "layers": 2, "filters": [4, 8], "strides": [2, 1]},
    "proxy": {**tiny.TASK, "network": "layered-cnn"},
    "target": {**tiny.TASK, "network": "layered-cnn", "epochs": 2},
    "baselines": ["hand-made"],
}
RESUMED: dict[str, tuple[dict[str, Any], dict[str, Any], int]] = {
    "maskable-ppo": ({"episodes": 3, "n_epochs": 2, "hidden": [8]}, LAYERED, 40),
    "dqn": ({"learning_starts": 4, "batch_size": 4, "epsilon_decay": 0.9, "hidden": [8]}, LAYERED, 40),
    "ppo": ({"hidden": [8]}, LAYERED, 40),
    "a2c": ({"hidden": [8]}, {}, 12),
    "sac": ({"learning_starts": 2, "hidden": [8]}, {}, 12),
}
"""Settings under which each agent updates before and after it is killed, its space and its budget."""


def study(root: Path, agent: str) -> Any:
    settings, changes, budget = RESUMED[agent]
    search = {"seeds": 1, "budget": budget, "finalists": 2, "replicates": 2, "score_replicates": 2}
    return tiny.study(root, **changes, agents={"mine": {"type": agent, **settings}}, search=search)


@pytest.mark.parametrize("agent", RESUMED)
def test_the_phase_is_resumed_with_real_children(agent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    search.run(study(whole, agent), "tiny", "mine", 0, whole)
    train, left = ChildEvaluator.run, [5]

    def dies(self: ChildEvaluator, requests: Sequence[Request]) -> Iterator[tuple[Request, Evaluated]]:
        for answer in train(self, requests):
            if left[0] == 0:
                raise KeyboardInterrupt
            left[0] -= 1
            yield answer

    monkeypatch.setattr(ChildEvaluator, "run", dies)
    with pytest.raises(KeyboardInterrupt):
        search.run(study(killed, agent), "tiny", "mine", 0, killed)
    monkeypatch.setattr(ChildEvaluator, "run", train)
    search.run(study(killed, agent), "tiny", "mine", 0, killed)
    folder = search_folder("tiny", "mine", 0)
    for name in ("trials.jsonl", "finalists.csv"):
        assert (killed / folder / name).read_bytes() == (whole / folder / name).read_bytes()
    assert (whole / folder / "trials.jsonl").read_text(encoding="utf-8").count("\n") >= 8
