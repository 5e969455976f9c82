"""Searches by controllers: resumed to the byte, extended, and many side by side."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rlsearch.config import plugins
from rlsearch.search import ask_tell, ledger
from rlsearch.search.ask_tell import AskTell
from rlsearch.search.evaluators import Evaluated, FunctionEvaluator, Request
from rlsearch.search.journal import Journal
from rlsearch.search.stopping import TrialLimit
from rlsearch.spaces.base import Actions, Space
from toy_choices import MODULES, PUBLISHED, layered, settings, worth

RULES: dict[str, tuple[str, dict[str, Any]]] = {
    **{agent: (agent, {}) for agent in MODULES},
    "as-published": (
        "mlp-reinforce",
        {**PUBLISHED, "temperature": 2.0, "temperature_decay": 0.9, "temperature_by": "candidate"},
    ),
    "minibatches": ("lstm-ppo", {"minibatch": 3, "passes": 2, "baseline": "mean", "dead_zone": 0.02}),
}
"""Agents, and what else has a state of its own: a window of rewards, counters of runs that sit steps out."""


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


class Killed(BaseException):
    """Stands for a signal: nothing in the package may catch it."""


class DiesAfter:
    """Answers so many requests and then kills the search."""

    def __init__(self, answers: int) -> None:
        self.left = answers

    def run(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Evaluated]]:
        for answer in ANSWERS.run(requests):
            if self.left == 0:
                raise Killed
            self.left -= 1
            yield answer


def score(spec: Mapping[str, Any]) -> float:
    layers = spec["network"]["layers"]
    fed = sum(len(layer["inputs"]) for layer in layers)
    return sum(layer["kernel"][0] == 3 for layer in layers) / len(layers) + 0.1 * fed


ANSWERS = FunctionEvaluator(score)
TRIALS = 34
"""Eight batches of four and a part of one; the space has grown once."""


def searched(folder: Path, rule: str, evaluator: Any, trials: int = TRIALS) -> str:
    """Run one search, or what is left of it, and return its ledger."""
    agent, changes = RULES[rule]
    space, made = layered(skips=True, grow=True), settings(agent, batch=4, entropy=0.01, **changes)
    folder.mkdir(exist_ok=True)
    journal = Journal(folder / "journal.jsonl", {})
    try:
        search = AskTell(
            space=space,
            agent=plugins.load("agents", agent).AGENT(space, made, 3),
            evaluator=evaluator,
            reward=lambda outcome: outcome.metrics["value"],
            limit=TrialLimit(trials),
            journal=journal,
            batch=made.batch,
        )
        return ledger.render(ledger.trials(space, search.run(), search.reward), journal.recorded)
    finally:
        journal.close()


@pytest.mark.parametrize("snapshot_every", [1000, 8])
@pytest.mark.parametrize("rule", RULES)
def test_killed_searches_end_with_the_same_ledger(
    rule: str, snapshot_every: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = searched(tmp_path / "whole", rule, ANSWERS)
    monkeypatch.setattr(ask_tell, "SNAPSHOT_EVERY", snapshot_every)
    for answers in (4, 9, 11):
        with pytest.raises(Killed):
            searched(tmp_path / "killed", rule, DiesAfter(answers))
    assert (tmp_path / "killed" / "snapshot.pt").exists() == (snapshot_every == 8)
    assert searched(tmp_path / "killed", rule, ANSWERS) == whole
    longest = max(line.count("kernel") for line in whole.splitlines())
    assert longest > min(line.count("kernel") for line in whole.splitlines()), "the space has not grown"


@pytest.mark.parametrize("rule", RULES)
def test_a_search_is_extended(rule: str, tmp_path: Path) -> None:
    searched(tmp_path / "extended", rule, ANSWERS, 18)
    assert searched(tmp_path / "extended", rule, ANSWERS) == searched(tmp_path / "new", rule, ANSWERS)


@pytest.mark.parametrize("rule", RULES)
def test_a_state_survives_a_file_that_may_hold_no_code(rule: str) -> None:
    agent, changes = RULES[rule]
    space, chosen, kind = layered(skips=True), settings(agent, **changes), plugins.load("agents", agent).AGENT

    def learn(made: Any, steps: int) -> list[tuple[Actions, ...]]:
        found = []
        for _ in range(steps):
            proposals = made.ask(8)
            made.tell(proposals, [worth(p.actions) for p in proposals])
            found.append(tuple(p.actions for p in proposals))
        return found

    original = kind(space, chosen, 1)
    learn(original, 3)
    file = io.BytesIO()
    torch.save(original.state_dict(), file)
    expected = learn(original, 5)
    file.seek(0)
    other = kind(space, chosen, 2)
    other.load_state_dict(torch.load(file, weights_only=True))
    assert learn(other, 5) == expected


EPISODES = 240


def planted(space: Space, actions: np.ndarray) -> np.ndarray:
    return np.array([space.planted(tuple(row)) for row in actions.tolist()])


@pytest.mark.parametrize("agent", MODULES)
def test_asked_and_simulated_searches_both_learn_a_planted_reward(agent: str) -> None:
    """Chance earns 0, the optimum 1/2."""
    space, chosen = layered(), MODULES[agent].SETTINGS(hidden=16, embedding=8, lr=0.03)
    kind = MODULES[agent].AGENT
    actions, rewards = kind.simulate_choices(
        space, chosen, lambda a: planted(space, a), episodes=EPISODES, runs=1, seed=5
    )
    assert actions.shape == (1, EPISODES, 4) and rewards.shape == (1, EPISODES)
    assert actions.dtype == np.int64 and rewards.dtype == np.float64
    assert np.array_equal(rewards[0], planted(space, actions[0]))
    made, told = kind(space, chosen, 5), []
    for _ in range(EPISODES // chosen.batch):
        proposals = made.ask(chosen.batch)
        earned = [space.planted(p.actions) for p in proposals]
        made.tell(proposals, earned)
        told += earned
    for trace in (rewards[0], np.array(told)):
        assert trace[:16].mean() < 0.2 and trace[-40:].mean() > 0.3


@pytest.mark.parametrize("rule", RULES)
def test_simulated_searches_do_not_see_each_other(rule: str) -> None:
    """Other rewards of run 1 change what run 1 proposes, and nothing of run 0; parts of a batch are cut off."""
    agent, changes = RULES[rule]
    space, chosen, found = layered(), settings(agent, batch=4, lr=0.1, **changes), []
    for sign in (1.0, -1.0):

        def reward(actions: np.ndarray, sign: float = sign) -> np.ndarray:
            return planted(space, actions) * np.array([1.0, sign])

        simulate = plugins.load("agents", agent).AGENT.simulate_choices
        found.append(simulate(space, chosen, reward, episodes=30, runs=2, seed=0)[0])
    assert found[0].shape == (2, 30, 4)
    assert np.array_equal(found[0][0], found[1][0]) and not np.array_equal(found[0][1], found[1][1])
