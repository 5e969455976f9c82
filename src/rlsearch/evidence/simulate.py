"""Simulated searches on a known reward, many side by side, in memory: what chance and what a real optimum look like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlsearch.agents.base import Agent
from rlsearch.config.base import AgentSettings
from rlsearch.spaces.base import Space

Floats = NDArray[np.float64]
RewardFunction = Callable[[Floats, int], Floats]
"""Maps the actions of all runs (runs,) and the replicate that they ask for to rewards (runs,)."""


def simulate(
    agent: type[Agent],
    space: Space,
    settings: AgentSettings,
    reward: RewardFunction,
    *,
    episodes: int,
    runs: int,
    seed: int = 0,
) -> tuple[Floats, Floats]:
    """Return the first action and the reward of every proposal, each (runs, episodes).

    An agent that can train many runs at once does so (`simulate`); any other is asked and told run by run.
    """
    together: Any = getattr(agent, "simulate", None)
    if together is not None:
        actions, rewards = together(space, settings, reward, episodes=episodes, runs=runs, seed=seed)
        return np.asarray(actions), np.asarray(rewards)
    factory: Callable[..., Agent] = agent
    agents = [factory(space, settings, 1_000_003 * (seed + 1) + run) for run in range(runs)]
    actions, rewards = np.empty((runs, episodes)), np.empty((runs, episodes))
    for start in range(0, episodes, settings.batch):
        asked = [one.ask(min(settings.batch, episodes - start)) for one in agents]
        for offset, column in enumerate(zip(*asked, strict=True)):
            actions[:, start + offset] = [float(proposal.actions[0]) for proposal in column]
            rewards[:, start + offset] = reward(actions[:, start + offset], column[0].replicate)
        for one, proposals, told in zip(agents, asked, rewards[:, start : start + len(asked[0])], strict=True):
            one.tell(proposals, told.tolist())
    return actions, rewards


def signs(actions: Floats, rewards: Floats) -> dict[str, list[float]]:
    """Return three signs of learning of each run: how tight it ends, where it ends, how much its reward rose.

    The last quarter of the proposals is compared with the first; standard deviations have ddof 1.
    """
    quarter = max(2, actions.shape[1] // 4)
    last, first = slice(-quarter, None), slice(None, quarter)
    return {
        "last_sd": actions[:, last].std(axis=1, ddof=1).tolist(),
        "last_mean": actions[:, last].mean(axis=1).tolist(),
        "reward_gain": (rewards[:, last].mean(axis=1) - rewards[:, first].mean(axis=1)).tolist(),
    }
