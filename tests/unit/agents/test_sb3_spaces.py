"""Which spaces Stable-Baselines3's algorithms take, and how choices of unequal width are made evenly."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

import rlsearch
from control import Control
from rlsearch.agents import a2c, dqn, ppo, sac
from rlsearch.agents._choices import even_actions
from rlsearch.agents._even_env import EvenChoices, evened
from rlsearch.controls.simulate import simulate
from rlsearch.envs.space_env import SpaceEnv
from rlsearch.spaces.base import Choice, Continuous
from rlsearch.spaces.init_scale import InitScale
from rlsearch.spaces.layered_cnn import LayeredCNN, LayeredSettings
from toy_choices import LateSkip, Mixed, Ragged

SPACE = LayeredCNN(LayeredSettings(layers=1, strides=(1,)))
"""A choice of two kernels, then one of three numbers of filters."""


@pytest.mark.parametrize(
    ("space", "actions"),
    [
        (SPACE, 6),
        (LayeredCNN(LayeredSettings(layers=1, strides=(1,), filters=(4, 8, 12, 16, 20))), 10),
        (LayeredCNN(LayeredSettings(layers=2, strides=(1,), filters=(4, 8), skips=True)), 2),
        (LateSkip(), 2),
        (Ragged(), None),
        (Mixed(), None),
        (InitScale(), None),
    ],
)
def test_choices_without_masks_are_made_evenly(space: Any, actions: int | None) -> None:
    real = isinstance(space.next(()), Continuous)
    assert even_actions(space) == actions
    assert dqn.AGENT.supports(space) == (actions is not None)
    assert ppo.AGENT.supports(space) == a2c.AGENT.supports(space) == (real or actions is not None)
    assert sac.AGENT.supports(space) == real


class Wide(LateSkip):
    """Eleven options, then thirteen: 143 actions would be needed."""

    def next(self, prefix: Any) -> Any:
        options = (11, 13)[len(prefix) : len(prefix) + 1]
        return Choice(f"{len(prefix)}", tuple(range(options[0])), (True,) * options[0]) if options else None


class Endless(LateSkip):
    """Two options, sixteen times, and not known to be alike."""

    def next(self, prefix: Any) -> Any:
        return Choice(f"{len(prefix)}", (0, 1), (True, True)) if len(prefix) < 16 else None


@pytest.mark.parametrize("space", [Wide(), Endless()])
def test_spaces_that_are_too_wide_or_too_large_are_left_to_others(space: Any) -> None:
    assert even_actions(space) is None


@pytest.mark.parametrize(
    ("kernels", "filters"), [((1, 3), (4, 8, 12)), ((1, 3, 5, 7, 9, 11), (4, 8, 12)), ((1,), (4,))]
)
def test_every_option_has_equally_many_actions(kernels: tuple[int, ...], filters: tuple[int, ...]) -> None:
    """Also where the widest choice has as many options as there are actions."""
    env = evened(SpaceEnv(LayeredCNN(LayeredSettings(layers=1, strides=(1,), kernels=kernels, filters=filters))))
    actions = max(len(kernels), 6) if len(filters) > 1 else 1
    assert isinstance(env, EvenChoices) and env.action_space.n == actions
    taken: Counter[Any] = Counter()
    for first in range(actions):
        for second in range(actions):
            env.reset()
            env.step(first)
            _, _, ended, _, info = env.step(np.int64(second))
            assert ended and info["spec"] is not None
            taken[info["actions"]] += 1
    times = actions**2 // (len(kernels) * len(filters))
    assert taken == {(one, other): times for one in range(len(kernels)) for other in range(len(filters))}


@pytest.mark.parametrize("env", [Control(), Control(0), SpaceEnv(InitScale()), SpaceEnv(Ragged())])
def test_other_environments_are_left_as_they_are(env: Any) -> None:
    assert evened(env) is env


def test_growing_spaces_are_searched() -> None:
    grown = {"step": 1, "every": 4, "most": 3}
    space = LayeredCNN(LayeredSettings.model_validate({"layers": 1, "strides": (1,), "depth": grown}))
    found = rlsearch.search(space, "a2c", lambda spec: 0.0, trials=10)
    assert [len(trial.actions) for trial in found.trials] == [2] * 4 + [4] * 4 + [6] * 2


def test_controls_of_a_continuous_space_run_side_by_side() -> None:
    asked: list[Any] = []

    def reward(actions: Any, replicate: int) -> Any:
        asked.append((actions.copy(), replicate))
        return -((actions - 1.0) ** 2)

    agent: Any = sac.SAC
    actions, rewards = simulate(agent, InitScale(), sac.Settings(learning_starts=3), reward, episodes=6, runs=3)
    assert actions.shape == rewards.shape == (3, 6) and actions.dtype == np.float64
    assert np.array_equal(np.stack([one for one, _ in asked], 1), actions)
    assert {replicate for _, replicate in asked} == {0}
    assert len(np.unique(actions)) > 10 and actions.min() >= 0.3 and actions.max() <= 1.7
