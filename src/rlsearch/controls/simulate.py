"""Simulated searches on a known reward, many side by side, in memory: what chance and what a real optimum look like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlsearch.agents._making import make_agent_of, trains_together
from rlsearch.agents.base import Agent, Proposal
from rlsearch.config.base import AgentSettings
from rlsearch.config.models import SearchSettings
from rlsearch.search.best import distinct, finalist_places
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

    def of_first(actions: NDArray[Any], replicate: int) -> Floats:
        return reward(actions[:, 0], replicate)

    actions, rewards = _asked(_agents(agent, space, settings, seed, runs), settings.batch, of_first, episodes)
    return actions[:, :, 0], rewards


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
    return _asked(_agents(agent, space, settings, seed, runs), settings.batch, reward, episodes)


def _agents(kind: type[Agent], space: Space, settings: AgentSettings, seed: int, runs: int) -> list[Agent]:
    # Runs of different `seed`s share no agent's seed, as long as there are fewer than a million runs.
    agents = [make_agent_of(kind, space, settings, 1_000_003 * (seed + 1) + run) for run in range(runs)]
    return [agent for agent in agents if isinstance(agent, Agent)]  # the others run side by side


def _asked(
    agents: Sequence[Agent], batch: int, reward: Callable[[NDArray[Any], int], Floats], episodes: int
) -> tuple[NDArray[Any], Floats]:
    """Ask and tell agents side by side; return actions (runs, episodes, longest) and rewards (runs, episodes)."""
    columns: list[NDArray[Any]] = []
    earned: list[Floats] = []
    while len(columns) < episodes:
        batches = [searcher.ask(min(batch, episodes - len(columns))) for searcher in agents]
        # Agents may run out of proposals at different moments; rows must stay of equal length.
        count = min(len(proposals) for proposals in batches)
        if count == 0:
            break
        for offset in range(count):
            column = [proposals[offset] for proposals in batches]
            columns.append(padded(column))
            # All runs of a column ask for the same replicate, so the first one's speaks for them.
            earned.append(reward(columns[-1], column[0].replicate))
        for searcher, proposals, rewards in zip(agents, batches, np.stack(earned[-count:], 1), strict=True):
            searcher.tell(proposals[:count], rewards.tolist())
    width = max(column.shape[1] for column in columns)
    wide = [np.pad(column, ((0, 0), (0, width - column.shape[1])), constant_values=PADDING) for column in columns]
    return np.stack(wide, 1), np.stack(earned, 1)


def answer(
    keys: NDArray[Any],
    actions: Any,
    rewards: Floats,
    reward: Any,
    rule: SearchSettings,
    *,
    earliest: bool = False,
) -> int:
    """Return the trial that a simulated search answers, by the rule of all searches: repeated candidates are averaged.

    Args:
        keys, actions, rewards: (trials, ...), with equal keys for equal candidates.
        reward: on which it searched; finalists are asked again for fresh noise.
        earliest: the finalists are the first candidates, not the best.
    """
    first, means, _ = distinct(keys, rewards)
    finalists = first[finalist_places(means, first, rule.finalists, earliest=earliest)]
    # Replicate 1: fresh noise; that of replicate 0 is the noise which the search met.
    again = [reward(np.repeat(actions[[trial]], rule.replicates, axis=0), 1).mean() for trial in finalists]
    return int(finalists[np.argmax(again)])


def padded(proposals: Sequence[Proposal]) -> NDArray[Any]:
    """Return the actions of proposals as one array (proposals, longest)."""
    longest = max(len(proposal.actions) for proposal in proposals)
    rows = [[*proposal.actions, *[PADDING] * (longest - len(proposal.actions))] for proposal in proposals]
    return np.array(rows)


def side_by_side(agent: type[Agent], space: Space, settings: AgentSettings, episodes: int = 0) -> bool:
    """Tell whether an agent can run many searches of this length at once.

    It needs a `fixed` space, unless its environment asks the questions, and enough candidates where none may be
    proposed twice.
    """
    if not trains_together(agent, settings, "simulate_choices"):
        return False
    most = space.most_networks
    enough = most is None or most >= episodes or getattr(settings, "replacement", True)
    return (space.fixed or agent.driver == "env") and enough
