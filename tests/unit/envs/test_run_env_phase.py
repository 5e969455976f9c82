"""Agents that drive an environment: masks, errors of the reward, generators, the search phase with real children."""

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
from rlsearch.errors import RlsearchError
from rlsearch.phases import search
from rlsearch.search.evaluators import ChildEvaluator, Evaluated, Request
from rlsearch.spaces.layered_cnn import LayeredCNN, LayeredSettings
from rlsearch.training.generators import Generators

SPACE = LayeredCNN(LayeredSettings(layers=2, filters=(4, 8), strides=(1,)))
SETTINGS = maskable_ppo.Settings(episodes=3, n_epochs=2, hidden=(8,))


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
