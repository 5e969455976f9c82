"""A policy that overflows ends in one message with agent, trial and what to lower, at every door; it never goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

import made_up_table
import rlsearch
from rlsearch.config import plugins
from rlsearch.config.models import RewardSettings
from rlsearch.controls.policy_learning import Learned, drive
from rlsearch.envs.optimizer_selection import WEIGHTS, OptimizerSelectionEnv
from rlsearch.errors import PolicyError, RlsearchError
from rlsearch.measures import ACCURACY
from rlsearch.phases import controls
from rlsearch.policies.frozen import FrozenPolicy
from rlsearch.search.evaluators import FunctionEvaluator
from rlsearch.search.journal import Journal
from rlsearch.search.reward import Reward
from rlsearch.search.run_control import RunControl
from rlsearch.search.stopping import TrialLimit
from rlsearch.spaces.base import Space
from rlsearch.spaces.init_scale import InitScale
from rlsearch.spaces.layered_cnn import LayeredCNN, LayeredSettings
from rlsearch.spaces.optimizer_selection import OptimizerSelection
from rlsearch.spaces.optimizer_selection import Settings as Schedules
from step_world import World

NUMBER, CHOICES = InitScale(), LayeredCNN(LayeredSettings(layers=2, strides=(2, 1)))

DEEP = {"hidden": (64,) * 6}
CASES: list[tuple[str, Space, Mapping[str, Any], float]] = [
    ("sac", NUMBER, {"lr": 1.0}, 1.0),
    ("a2c", NUMBER, {"lr": 3.0}, 1.0),
    ("a2c", NUMBER, {"lr": 1e9}, 1.0),  # a standard deviation of 0
    ("ppo", NUMBER, {"lr": 30.0}, 1.0),
    ("ppo", NUMBER, {"value_lr": 1e9}, 1e30),
    ("reinforce", NUMBER, {"baseline": "none"}, 1e30),
    ("sb3", NUMBER, {"algorithm": "TD3", "options": {"learning_rate": 1e9, "learning_starts": 8}, "noise": 0.1}, 1.0),
    ("dqn", CHOICES, {"lr": 1e9}, 1.0),
    ("dqn", CHOICES, {}, 1e30),
    ("maskable-ppo", CHOICES, {"lr": 1e9}, 1e30),
    ("sb3", CHOICES, {"algorithm": "QRDQN", "options": {"learning_rate": 1e9, "learning_starts": 8}, **DEEP}, 1.0),
    ("lstm-reinforce", CHOICES, {}, 1e30),
    ("lstm-ppo", CHOICES, {}, 1e30),
    ("lstm-actor-critic", CHOICES, {"critic_lr": 1e9}, 1e30),
]


def names(case: tuple[str, Space, Mapping[str, Any], float]) -> str:
    return f"{case[0]} {dict(case[2])} {case[3]:g}"


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def noise(size: float) -> Any:
    """Rewards of any size that follow from the order of asking."""
    rng = np.random.default_rng(0)
    return lambda spec: size * float(rng.standard_normal())


@pytest.mark.parametrize("case", CASES, ids=names)
def test_a_search_ends_in_one_message(case: tuple[str, Space, Mapping[str, Any], float]) -> None:
    agent, space, settings, size = case
    with pytest.raises(PolicyError, match="the policy has overflowed") as caught:
        rlsearch.search(space, agent, noise(size), trials=300, **settings)
    assert f"agent '{agent}', trial " in caught.value.where
    lowered = {"sb3": "options.learning_rate (1e+09)"}.get(agent, "lr (")
    assert lowered in caught.value.remedy
    for name in {"lr", "value_lr", "critic_lr"} & {*settings}:
        assert f"{name} ({settings[name]:g})" in caught.value.remedy
    assert "reward.scale" in caught.value.remedy


@pytest.mark.parametrize("case", CASES, ids=names)
def test_simulated_searches_end_in_the_same_message(case: tuple[str, Space, Mapping[str, Any], float]) -> None:
    agent, space, given, size = case
    module, rng = plugins.load("agents", agent), np.random.default_rng(0)
    settings = module.SETTINGS(**given)

    def reward(actions: Any, *_: Any) -> Any:
        return size * rng.standard_normal(len(actions))

    simulate = module.AGENT.simulate if space is NUMBER else module.AGENT.simulate_choices
    with pytest.raises(PolicyError, match="the policy has overflowed") as caught:
        simulate(space, settings, reward, episodes=300, runs=2, seed=0)
    assert caught.value.where.startswith("trial ")


def test_what_a_child_raises_is_no_fault_of_the_policy() -> None:
    """A function may train with distributions of torch too: what it raises passes through."""

    def evaluate(spec: Any) -> float:
        torch.distributions.Normal(torch.tensor(float("nan")), 1.0)
        return 0.0

    for agent in ("ppo", "reinforce"):
        with pytest.raises(ValueError, match="Expected parameter loc"):
            rlsearch.search(NUMBER, agent, evaluate, trials=3)


def test_an_algorithm_is_left_as_it_was() -> None:
    from stable_baselines3 import PPO

    from rlsearch.agents._sb3 import learn
    from rlsearch.envs import SpaceEnv

    algorithm = PPO("MlpPolicy", SpaceEnv(NUMBER), n_steps=8, batch_size=8, seed=0, device="cpu")
    left = iter([True] * 20 + [False])
    learn(algorithm, lambda: next(left))
    assert "train" not in vars(algorithm)


@pytest.mark.parametrize("control", ["null", "repetitions"])
def test_controls_end_in_the_same_message(control: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_up_table.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    asked = {**made_up_table.STUDY["controls"], "agents": ["agent"] if control == "null" else ["random"]}
    agents = {"agent": {"type": "dqn", "lr": 1e9, "learning_starts": 2, "batch_size": 2}, "random": {"type": "random"}}
    params = made_up_table.study(agents=agents, controls=asked)
    with pytest.raises(PolicyError, match="the policy has overflowed") as caught:
        controls.run(params, "layers", "agent")
    assert caught.value.where.startswith("controls of study 'layers', agent 'agent', trial ")
    assert "lr (1e+09)" in caught.value.remedy


def test_gradients_end_in_the_same_message() -> None:
    module = plugins.load("agents", "lstm-reinforce")
    asked = {"updates": [0], "batches": 4, "clip": 1.0, "seed": 0}
    with pytest.raises(PolicyError, match="a gradient is not finite"):
        module.AGENT.gradient_samples(CHOICES, module.SETTINGS(), lambda rows: np.full(len(rows), 1e39), **asked)


def test_a_policy_over_optimizers_ends_in_the_same_message(tmp_path: Path) -> None:
    module, space = plugins.load("agents", "dqn"), OptimizerSelection(Schedules(steps=3))
    settings = module.SETTINGS(lr=1e9)
    with Journal(tmp_path / "journal.jsonl", {}) as journal:
        search = RunControl(
            space=space,
            agent=module.AGENT(space, settings, 0),
            evaluator=FunctionEvaluator(lambda spec: 0.0),
            reward=Reward(RewardSettings(), ACCURACY),
            measure=ACCURACY,
            limit=TrialLimit(60),
            journal=journal,
            start=World().start,
            weights=WEIGHTS,
            outputs=4,
            step_flops=10,
            label="dqn",
        )
        with pytest.raises(PolicyError, match="the policy has overflowed") as caught:
            search.run()
    assert caught.value.where.startswith("agent 'dqn', trial ")
    assert "lr (1e+09)" in caught.value.remedy


def test_a_policy_repeated_in_memory_ends_in_the_same_message() -> None:
    module, space = plugins.load("agents", "dqn"), OptimizerSelection(Schedules(steps=3))
    study = SimpleNamespace(agents={"dqn": module.SETTINGS(lr=1e9)})
    problem: Any = SimpleNamespace(space=space, settings=study.agents["dqn"], every=10)
    with pytest.raises(PolicyError, match="the policy has overflowed") as caught:
        drive(problem, 0, OptimizerSelectionEnv(space), lambda info: None, lambda: True, Learned())
    assert caught.value.where.startswith("trial ")


@pytest.mark.parametrize("size", [1e39, -1e300])
def test_a_reward_beyond_float32_is_refused(size: float) -> None:
    for agent in ("reinforce", "tpe", "random"):
        with pytest.raises(RlsearchError, match="the reward of trial 0 is"):
            rlsearch.search(NUMBER, agent, lambda spec: size, trials=3)


def test_a_frozen_policy_whose_outputs_overflow_chooses_nothing() -> None:
    weight, bias = np.full((2, 3), 1e38, np.float32), np.zeros(2, np.float32)
    policy = FrozenPolicy(((weight, bias),), "relu", "q-values")
    assert policy.choose(np.array([0.1, 0.1, 0.1])) == 0
    with pytest.raises(PolicyError, match="outputs of a frozen policy overflow"):
        policy.choose(np.array([9.0, 9.0, 9.0]))
