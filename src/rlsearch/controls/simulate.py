"""Simulated searches on a known reward, many side by side, in memory: what chance and what a real optimum look like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlsearch.agents._making import make_agent_of, trains_together
from rlsearch.agents.base import Agent, Proposal
from rlsearch.config.base import AgentSettings
from rlsearch.spaces.base import Space

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
RewardFunction = Callable[[Floats, int], Floats]
"""Maps the actions of all runs (runs,) and the replicate that they ask for to rewards (runs,)."""
ChoiceReward = Callable[[Integers, int], Floats]
"""The same for actions (runs, decisions) of a space of choices; those of a shorter candidate end in PADDING."""

PADDING = -1


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

    An agent that can train many runs at once does so (`simulate`, see `trains_together`); any other is asked and told
    run by run.
    """
    if trains_together(agent, settings, "simulate"):
        together: Any = agent
        actions, rewards = together.simulate(space, settings, reward, episodes=episodes, runs=runs, seed=seed)
        return np.asarray(actions), np.asarray(rewards)
    agents = _agents(agent, space, settings, seed, runs)
    actions, rewards = np.empty((runs, episodes)), np.empty((runs, episodes))
    for start in range(0, episodes, settings.batch):
        batches = [searcher.ask(min(settings.batch, episodes - start)) for searcher in agents]
        for offset, column in enumerate(zip(*batches, strict=True)):
            actions[:, start + offset] = [float(proposal.actions[0]) for proposal in column]
            # All runs of a column ask for the same replicate, so the first one's speaks for them.
            rewards[:, start + offset] = reward(actions[:, start + offset], column[0].replicate)
        earned_by_run = rewards[:, start : start + len(batches[0])]
        for searcher, proposals, earned in zip(agents, batches, earned_by_run, strict=True):
            searcher.tell(proposals, earned.tolist())
    return actions, rewards


def simulate_choices(
    agent: type[Agent],
    space: Space,
    settings: AgentSettings,
    reward: ChoiceReward,
    *,
    episodes: int,
    runs: int,
    seed: int = 0,
) -> tuple[Integers, Floats]:
    """Return actions (runs, episodes, decisions) and rewards (runs, episodes) of searches in a space of choices.

    A space that grows is searched at its first stage. Agents that run out of proposals end all searches there.
    """
    if side_by_side(agent, space, settings, episodes):
        together: Any = agent
        actions, rewards = together.simulate_choices(
            space, settings, lambda chosen: reward(chosen, 0), episodes=episodes, runs=runs, seed=seed
        )
        return np.asarray(actions), np.asarray(rewards)
    agents = _agents(agent, space, settings, seed, runs)
    columns: list[Integers] = []
    earned: list[Floats] = []
    while len(columns) < episodes:
        batches = [searcher.ask(min(settings.batch, episodes - len(columns))) for searcher in agents]
        # Agents may run out of proposals at different moments; rows must stay of equal length.
        count = min(len(proposals) for proposals in batches)
        if count == 0:
            break
        batch = [[proposals[offset] for proposals in batches] for offset in range(count)]
        columns += [padded(column) for column in batch]
        earned += [reward(padded(column), column[0].replicate) for column in batch]
        for searcher, proposals, rewards in zip(agents, batches, np.stack(earned[-count:], 1), strict=True):
            searcher.tell(proposals[:count], rewards.tolist())
    width = max(column.shape[1] for column in columns)
    wide = [np.pad(column, ((0, 0), (0, width - column.shape[1])), constant_values=PADDING) for column in columns]
    return np.stack(wide, 1), np.stack(earned, 1)


def _agents(kind: type[Agent], space: Space, settings: AgentSettings, seed: int, runs: int) -> list[Agent]:
    # Runs of different `seed`s share no agent's seed, as long as there are fewer than a million runs.
    agents = [make_agent_of(kind, space, settings, 1_000_003 * (seed + 1) + run) for run in range(runs)]
    return [agent for agent in agents if isinstance(agent, Agent)]  # the others run side by side


def padded(proposals: Sequence[Proposal]) -> Integers:
    """Return the actions of proposals as one array (proposals, longest)."""
    longest = max(len(proposal.actions) for proposal in proposals)
    rows = [[*proposal.actions, *[PADDING] * (longest - len(proposal.actions))] for proposal in proposals]
    return np.array(rows, dtype=np.int64)


def side_by_side(agent: type[Agent], space: Space, settings: AgentSettings, episodes: int = 0) -> bool:
    """Tell whether an agent can run many searches of this length at once.

    It needs a `fixed` space, with enough candidates where none may be proposed twice.
    """
    if not trains_together(agent, settings, "simulate_choices"):
        return False
    enough = space.different is None or space.different >= episodes or getattr(settings, "replacement", True)
    return space.fixed and enough
