"""Choices of different widths behind one action space, for algorithms that do not read masks."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Discrete

from rlsearch.agents._choices import even_actions
from rlsearch.envs.space_env import SpaceEnv


class EvenChoices(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Shows `actions` actions at every step: action a takes option floor(a x n / actions) of the n offered.

    `Discrete(n)` of the widest choice would offer options that narrower choices do not have, which only masks tell.

    Args:
        env: its infos hold `action_mask`, in which the options offered come first, and none of them is forbidden.
        actions: a common multiple of the numbers of options, so that every option has equally many actions.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], actions: int) -> None:
        super().__init__(env)
        self.action_space = Discrete(actions)
        self._actions, self._options = actions, 1

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an empty candidate."""
        observation, info = self.env.reset(seed=seed, options=options)
        self._options = int(np.sum(info["action_mask"]))
        return observation, info

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Take the option that the action means now."""
        # In whole numbers: floor(a n / actions), n being what was offered before this step.
        observation, reward, terminated, truncated, info = self.env.step(int(action) * self._options // self._actions)
        self._options = int(np.sum(info["action_mask"]))
        return observation, reward, terminated, truncated, info


def evened(env: gymnasium.Env[Any, Any]) -> gymnasium.Env[Any, Any]:
    """Return the environment of a space with actions that are allowed at every step, where there are such.

    Any other environment is returned as it is: one that is not made of a space, a continuous one, one with masks.
    """
    inside = env.unwrapped
    if not isinstance(inside, SpaceEnv) or not isinstance(env.action_space, Discrete):
        return env
    actions = even_actions(inside.space)
    return env if actions is None else EvenChoices(env, actions)
