"""Every agent that drives an environment: its searches in memory, its twin, and what it learns."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rlsearch import seeds
from rlsearch.agents._choices import continuous
from rlsearch.agents._side_by_side import side_by_side
from rlsearch.config import plugins
from rlsearch.search.journal import Journal
from rlsearch.spaces._rows import PADDING
from rlsearch.spaces.base import Actions, Space, allowed, decisions
from rlsearch.testing.env_agents import PAIRS, SPACES, make, run, settings

LEARN_EPISODES, SEEDS = 100, 10


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def planted(space: Space) -> Any:
    return lambda actions: np.array([space.planted(row) for row in unpadded(actions, space)])


def unpadded(actions: Any, space: Space) -> list[Actions]:
    """Return candidates without what makes the shorter ones as long as the longest."""
    rows = actions.reshape(-1, actions.shape[-1]).tolist()
    return [tuple(row if continuous(space) or PADDING not in row else row[: row.index(PADDING)]) for row in rows]


@pytest.mark.parametrize(("agent", "space"), PAIRS)
def test_searches_in_memory_are_those_of_the_driver(agent: str, space: str, tmp_path: Path) -> None:
    searched, runs = SPACES[space], [make(agent, space, seed) for seed in (1, 2, 3)]

    def reward(actions: Any) -> Any:
        keys = [searched.key(searched.decode(row)) for row in unpadded(actions, searched)]
        return np.array([int(seeds.integer("test", key) % 1000) / 1000 for key in keys])

    actions, rewards = side_by_side(runs, reward, 20)
    assert actions.dtype == (np.float64 if continuous(searched) else np.int64)
    for index, seed in enumerate((1, 2, 3)):
        run(tmp_path / str(seed), agent, space, 20, seed)
        with Journal(tmp_path / str(seed) / "journal.jsonl", {}) as journal:
            entries = [journal.recorded.trials[trial] for trial in range(20)]
        assert [tuple(entry.proposal.actions) for entry in entries] == unpadded(actions[index], searched)
        assert [entry.outcome.metrics["value"] for entry in entries] == rewards[index].tolist()


@pytest.mark.parametrize(("agent", "space"), PAIRS)
def test_a_twin_acts_as_its_agent_does_until_that_one_is_first_updated(agent: str, space: str) -> None:
    """Whatever it is told; and what it is at the end, it was at the start."""
    chosen = settings(agent, space)
    (agents, updated), (twin, never), (told_otherwise, _) = (
        acted(agent, space, chosen.model_copy(update={"learning": learning}), scale)
        for learning, scale in ((True, 1.0), (False, 1.0), (False, -5.0))
    )
    assert updated and not never
    assert twin[: updated[0]] == agents[: updated[0]] and twin != agents
    assert twin == told_otherwise


def acted(agent: str, space: str, chosen: Any, scale: float) -> tuple[list[Any], list[int]]:
    """Return 60 candidates under rewards of this scale, and after how many of them the algorithm was updated."""
    subject = plugins.load("agents", agent).AGENT(SPACES[space], chosen, 1)
    candidates: list[Any] = []
    updates: list[int] = []
    build = subject.build

    def built(env: Any, seed: int) -> Any:
        algorithm = build(env, seed)
        train = algorithm.train

        def counted(*positional: Any, **keywords: Any) -> None:
            updates.append(len(candidates))
            train(*positional, **keywords)

        algorithm.train = counted
        return algorithm

    def reward(actions: Any) -> Any:
        candidates.append(tuple(actions[0].tolist()))
        return scale * planted(SPACES[space])(actions)

    subject.build = built
    side_by_side([subject], reward, 60)
    return candidates, updates


@pytest.mark.parametrize(("agent", "space"), PAIRS)
def test_proposals_are_allowed_and_learners_beat_random(agent: str, space: str) -> None:
    """Mean planted reward of the last quarter, in 9 of 10 searches above random's; uniform sampling has mean 0."""
    searched, module = SPACES[space], plugins.load("agents", agent)
    actions, rewards = module.AGENT.simulate_choices(
        searched, settings(agent, space), planted(searched), episodes=LEARN_EPISODES, runs=SEEDS, seed=0
    )
    assert actions.shape[:2] == rewards.shape == (SEEDS, LEARN_EPISODES)
    for row in unpadded(actions[:, ::20], searched):
        steps = decisions(searched, row)
        assert all(allowed(decision, action) for decision, action in zip(steps, row, strict=True))
    wins = 0
    for run_index in range(SEEDS):
        rng = np.random.default_rng(run_index)
        chance = statistics.fmean(searched.planted(searched.sample(rng)) for _ in range(LEARN_EPISODES // 4))
        wins += rewards[run_index, -LEARN_EPISODES // 4 :].mean() > chance
    assert not module.AGENT.learns or wins >= 9
