"""On a problem of schedules whose optimum is known, the agents that learn a policy find it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rlsearch.agents._env_agent import EnvAgent
from rlsearch.agents._sb3 import learn
from rlsearch.config import plugins
from rlsearch.envs.optimizer_selection import OptimizerSelectionEnv
from rlsearch.policies.frozen import FrozenPolicy
from rlsearch.spaces.base import planted_option
from rlsearch.training.generators import Generators

SEEDS = 10
EPISODES = 100
"""Of four steps, with the source's settings."""


def played(choose: Callable[[Any], int]) -> float:
    """Return the return of one run on the planted problem."""
    env = OptimizerSelectionEnv()
    observation, _ = env.reset(seed=0)
    total, over = 0.0, False
    while not over:
        observation, reward, terminated, truncated, _ = env.step(choose(observation))
        total, over = total + reward, terminated or truncated
    return total


def learned(agent: str, seed: int) -> FrozenPolicy:
    """Return the greedy policy after all episodes."""
    env, module = OptimizerSelectionEnv(), plugins.load("agents", agent)
    made: EnvAgent = module.AGENT(env.space, module.SETTINGS(), seed)
    ended: list[Any] = []
    with Generators(made.seed):
        algorithm = made.build(env, made.seed)
        learn(algorithm, lambda: len(ended) < EPISODES, ended.append)
        return made.freeze(algorithm)


def best() -> float:
    """Return the return of the planted choices."""
    steps = iter([planted_option(step, decision) for step, decision in enumerate(OptimizerSelectionEnv().space.plan)])
    return played(lambda _: next(steps))


def test_the_planted_choices_are_the_best() -> None:
    space = OptimizerSelectionEnv().space
    returns = {}
    for actions in space.enumerate():
        left = iter([int(action) for action in actions])
        returns[actions] = played(lambda _, left=left: next(left))  # type: ignore[misc]
    assert sorted(returns.values())[-1] == best() > sorted(returns.values())[-2] / 0.95
    assert sum(value == best() for value in returns.values()) == 1


@pytest.mark.parametrize("agent", ["dqn", "ppo"])
def test_it_is_learned_in_at_least_eight_of_ten_seeds(agent: str) -> None:
    """At least 95 % of the best return, which only the best schedule has."""
    shares = [played(learned(agent, seed).choose) / best() for seed in range(SEEDS)]
    assert sum(share >= 0.95 for share in shares) >= 8, shares
