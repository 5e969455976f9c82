"""Environments of spaces that grow follow the stage, as drivers do."""

from __future__ import annotations

from typing import Any

from rlsearch.envs import SpaceEnv
from rlsearch.envs.limits import Limits, limits
from rlsearch.spaces.base import Actions, Choice, Decision, Space, Spec
from rlsearch.spaces.layered_cnn import SETTINGS, LayeredCNN

GROWING = {"layers": 2, "strides": (1,), "depth": {"step": 1, "every": 5, "most": 4}}


def growing(**changes: Any) -> LayeredCNN:
    return LayeredCNN(SETTINGS(**{**GROWING, **changes}))


def finish(env: SpaceEnv) -> Spec | None:
    """Take option 0 until the episode ends."""
    env.reset()
    while True:
        observation, _, done, _, info = env.step(0)
        assert observation in env.observation_space
        if done:
            return info["spec"]


def test_the_environment_grows_with_finished_episodes() -> None:
    env = SpaceEnv(growing())
    assert env.limits == Limits(8, 3, False)
    env.reset(seed=0)
    env.reset()  # an episode that was not finished is no trial
    assert [len(finish(env)["network"]["layers"]) for _ in range(12)] == [2] * 5 + [3] * 5 + [4] * 2
    env.reset(seed=0)
    assert len(finish(env)["network"]["layers"]) == 2


def test_an_invalid_episode_is_a_trial() -> None:
    env = SpaceEnv(growing())
    for _ in range(5):
        env.reset()
        assert env.step(2)[2:3] == (True,)  # a kernel has two options
    assert len(finish(env)["network"]["layers"]) == 3


class Doubling(Space):
    """One more choice after every trial, up to three; does not state its extent."""

    def __init__(self, length: int = 1) -> None:
        self.length = length

    def at(self, trial: int) -> Space:
        return Doubling(min(1 + trial, 3))

    def next(self, prefix: Actions) -> Decision | None:
        return Choice("bit", (0, 1), (True, True)) if len(prefix) < self.length else None

    def decode(self, actions: Actions) -> Spec:
        return {"bits": list(actions)}

    def spread(self, count: int) -> list[Actions]:
        raise NotImplementedError

    def planted(self, actions: Actions) -> float:
        return float(sum(actions))


def test_a_space_of_unknown_extent_is_walked_at_its_last_stage() -> None:
    assert limits(Doubling()) == Limits(3, 2, False)
    assert [len(finish(SpaceEnv(Doubling()))["bits"])] == [1]
    env = SpaceEnv(Doubling())
    assert [finish(env)["bits"] for _ in range(4)] == [[0], [0, 0], [0, 0, 0], [0, 0, 0]]
    assert env.observation_space.shape == (3,)
