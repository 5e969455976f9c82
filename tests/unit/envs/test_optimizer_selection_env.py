"""The environment of optimizer selection: steps, rewards and ends of a run that follows a script."""

from __future__ import annotations

import math
from typing import Any

import gymnasium
import pytest
from gymnasium.error import ResetNeeded

import rlsearch  # noqa: F401  # registers the ids
from rlsearch.envs.closed_loop import WEIGHTS, Answer
from rlsearch.envs.optimizer_selection import OptimizerSelectionEnv
from rlsearch.errors import SettingsError
from rlsearch.training.observation import Weights


class Script:
    """A child that answers as it is told."""

    def __init__(self, *answers: Answer) -> None:
        self.answers, self.labels = list(answers), list[str]()

    def step(self, label: str) -> Answer:
        self.labels.append(label)
        return self.answers.pop(0)


def play(env: OptimizerSelectionEnv, *actions: int) -> list[tuple[float, bool, bool, dict[str, Any]]]:
    found = []
    for action in actions:
        _, reward, terminated, truncated, info = env.step(action)
        found.append((reward, terminated, truncated, info))
    return found


GOOD = [Answer(0.4, 1.5), Answer(0.6, 1.0, 2.0), Answer(0.6, 0.9), Answer(0.8, 0.5)]


def test_a_run_is_paid_step_by_step_and_at_its_end() -> None:
    child = Script(*GOOD)
    env = OptimizerSelectionEnv(start=lambda number, seed: child)
    env.reset(seed=1)
    steps = play(env, 0, 2, 1, 0)
    assert child.labels == ["sgd", "sam", "adam", "sgd"]
    assert [step[0] for step in steps] == pytest.approx(
        [
            0.3 + 0.1 * (math.log(10) - 1.5) - 0.01,
            0.2 + 0.1 * 0.5 - 0.02,
            0.0 + 0.1 * 0.1 - 0.01,
            0.2 + 0.1 * 0.4 - 0.01 + 0.8,
        ]
    )
    assert [step[1:3] for step in steps] == [(False, False)] * 3 + [(True, False)]
    last = steps[-1][3]
    assert (last["actions"], last["status"]) == ((0, 2, 1, 0), "ok")
    assert last["return"] == pytest.approx(sum(step[0] for step in steps))
    with pytest.raises(ResetNeeded):
        env.step(0)


def test_a_run_out_of_patience_is_truncated_unless_it_is_over_anyway() -> None:
    early = Answer(0.4, 1.5, early=True)
    env = OptimizerSelectionEnv(start=lambda number, seed: Script(GOOD[0], early))
    env.reset(seed=1)
    reward, terminated, truncated, info = play(env, 0, 1)[-1]
    assert (terminated, truncated, info["actions"], info["status"]) == (False, True, (0, 1), "ok")
    assert reward == pytest.approx(-0.01 + 0.4)
    assert info["spec"]["training"]["schedule"] == ["sgd", "adam"]
    env.start = lambda number, seed: Script(*GOOD[:3], early)
    env.reset()
    assert play(env, 0, 1, 1, 1)[-1][1:3] == (True, False)


def test_a_divergence_ends_the_run_with_the_failure_reward() -> None:
    bad = Answer(0.1, math.nan, diverged=True)
    env = OptimizerSelectionEnv(start=lambda number, seed: Script(GOOD[0], bad), failure_reward=-3.0)
    env.reset(seed=1)
    reward, terminated, truncated, info = play(env, 0, 1)[-1]
    assert (reward, terminated, truncated, info["status"]) == (-3.0, True, False, "diverged")


def test_children_are_made_at_the_first_step_and_numbered_by_what_was_played() -> None:
    made: list[int] = []

    def start(number: int, seed: int) -> Script:
        made.append(number)
        return Script(*GOOD)

    env = OptimizerSelectionEnv(start=start)
    for _ in range(3):
        env.reset(seed=None)
    assert made == []
    for _ in range(2):
        play(env, 0, 0, 0, 0)
        env.reset()
        env.reset()
    env.step(0)
    env.reset()  # a run that was begun counts, finished or not
    env.step(0)
    assert made == [0, 1, 2, 3]
    env.reset(seed=5)
    env.step(0)
    assert made[-1] == 0


def test_actions_are_those_of_the_space_when_fewer_are_offered() -> None:
    env = OptimizerSelectionEnv(start=lambda number, seed: Script(*GOOD), optimizers=("sam", "sgd"))
    assert env.action_space == gymnasium.spaces.Discrete(2)
    env.reset(seed=1)
    assert play(env, 0, 1, 1, 0)[-1][3]["actions"] == (2, 0, 0, 2)
    with pytest.raises(ValueError, match="no optimizer 'lion'"):
        OptimizerSelectionEnv(optimizers=("lion", "sgd"))


def test_it_is_made_by_name_with_settings() -> None:
    env = gymnasium.make("rlsearch/OptimizerSelection-v0", steps=2, weights={"cost": 0.5}, optimizers=("sgd", "adam"))
    inside = env.unwrapped
    assert isinstance(inside, OptimizerSelectionEnv)
    assert (inside.space.steps, inside.labels) == (2, ("sgd", "adam"))
    assert inside.weights == Weights(WEIGHTS.gain, WEIGHTS.loss, 0.5, WEIGHTS.final)
    for wrong in ({"step": 2}, {"weights": {"price": 1.0}}, {"optimizers": ("lion",)}):
        with pytest.raises(SettingsError):
            gymnasium.make("rlsearch/OptimizerSelection-v0", **wrong)
    # What TorchRL's GymEnv tries first, and leaves out when it is told so in Python's own words.
    with pytest.raises(TypeError, match="unexpected keyword argument 'frameskip'"):
        gymnasium.make("rlsearch/OptimizerSelection-v0", frameskip=1)
