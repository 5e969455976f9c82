"""What every agent that drives an environment has to do, on every space that it says it supports."""

from __future__ import annotations

import functools
import random
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rlsearch import seeds
from rlsearch.agents._choices import continuous
from rlsearch.agents._env_agent import EnvAgent
from rlsearch.agents._side_by_side import side_by_side
from rlsearch.config import plugins
from rlsearch.search import ledger
from rlsearch.search.budget import TrialLimit
from rlsearch.search.evaluators import Evaluated, Request
from rlsearch.search.journal import Journal
from rlsearch.search.run_env import RunEnv
from rlsearch.spaces.base import Space, allowed, decisions
from rlsearch.testing import cases
from rlsearch.training.outcome import Outcome

SMALL: Mapping[str, Mapping[str, Any]] = {"layered-cnn": {"layers": 2, "strides": (2, 1)}}
"""Smaller than their defaults: a library of this kind takes milliseconds a decision."""

SPACES: dict[str, Space] = {name: cases.space(name, **SMALL.get(name, {})) for name in plugins.names("spaces")}
PAIRS = [
    (agent, space)
    for agent in plugins.names("agents")
    for space, built in SPACES.items()
    if plugins.load("agents", agent).AGENT.driver == "env"
    and plugins.load("agents", agent).AGENT.supports(built)
    and not getattr(built, "closed_loop", False)  # closed loops have a driver of their own
]
UPDATES = [0, 1, 7, 8, 9, 19]
"""Kills before, at and after the update that follows the eighth episode of MaskablePPO."""
KILLS = [(*pair, answers) for pair in PAIRS for answers in (UPDATES if pair[0] == "maskable-ppo" else [1, 9])]
LEARN_EPISODES, SEEDS = 120, 10


class Killed(BaseException):
    """Stands for a signal: nothing may catch it."""


class Planted:
    """Answers with a reward that follows from the candidate, so many times; draws from all global generators."""

    def __init__(self, space: Space, answers: int = 1_000_000) -> None:
        self.space, self.left = space, answers

    def run(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Evaluated]]:
        for request in requests:
            if self.left == 0:
                raise Killed
            self.left -= 1
            # As a careless function of a user does: the algorithm's own draws must not follow from it.
            random.seed(0)
            np.random.seed(0)
            torch.manual_seed(0)
            value = int(seeds.integer("test", request.key) % 1000) / 1000
            yield request, Evaluated(Outcome("ok", {"value": value}, flops=10), 0.0, cached=False)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def make(agent: str, space: str, seed: int) -> EnvAgent:
    module = plugins.load("agents", agent)
    built: EnvAgent = module.AGENT(SPACES[space], settings(agent, space), seed)
    return built


def settings(agent: str, space: str) -> Any:
    learns_with = cases.LEARNS_RANGES if continuous(SPACES[space]) else cases.LEARNS_CHOICES
    return plugins.load("agents", agent).SETTINGS(**learns_with.get(agent, cases.of_plugin("agents", agent)))


def run(folder: Path, agent: str, space: str, trials: int, seed: int = 1, answers: int = 1_000_000) -> str:
    """Run one search, or continue it, and return its ledger."""
    folder.mkdir(exist_ok=True)
    with Journal(folder / "journal.jsonl", {}) as journal:
        driver = RunEnv(
            space=SPACES[space],
            agent=make(agent, space, seed),
            evaluator=Planted(SPACES[space], answers),
            reward=lambda outcome: outcome.metrics["value"],
            limit=TrialLimit(trials),
            journal=journal,
        )
        rows = ledger.trials(SPACES[space], driver.run(), driver.reward)
        return ledger.render(rows, journal.recorded)


@functools.cache
def whole(agent: str, space: str) -> str:
    """The ledger of an undisturbed search of 20 trials."""
    with tempfile.TemporaryDirectory() as folder:
        return run(Path(folder), agent, space, 20)


def global_states() -> tuple[Any, ...]:
    numpy_state: Any = np.random.get_state()
    return random.getstate()[1], numpy_state[1].tolist(), torch.get_rng_state().tolist()


def planted(space: Space) -> Any:
    return lambda actions: np.array([space.planted(tuple(row)) for row in actions.tolist()])


def test_there_is_something_to_test() -> None:
    assert PAIRS


@pytest.mark.parametrize(("agent", "space"), PAIRS)
def test_same_seed_same_ledger(agent: str, space: str, tmp_path: Path) -> None:
    first = whole(agent, space)
    assert first.count("\n") == 20
    assert run(tmp_path / "b", agent, space, 20) == first
    assert run(tmp_path / "c", agent, space, 20, seed=2) != first


@pytest.mark.parametrize(("agent", "space", "answers"), KILLS)
def test_killed_and_resumed_the_ledger_is_the_same(agent: str, space: str, answers: int, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        run(tmp_path / "killed", agent, space, 20, answers=answers)
    assert run(tmp_path / "killed", agent, space, 20) == whole(agent, space)


@pytest.mark.parametrize(("agent", "space"), PAIRS)
def test_killed_again_and_again(agent: str, space: str, tmp_path: Path) -> None:
    for _ in range(6):
        with pytest.raises(Killed):
            run(tmp_path / "killed", agent, space, 20, answers=3)
    assert run(tmp_path / "killed", agent, space, 20) == whole(agent, space)


@pytest.mark.parametrize(("agent", "space"), PAIRS)
@pytest.mark.parametrize("short", [20, 24])
def test_a_search_is_extended(agent: str, space: str, short: int, tmp_path: Path) -> None:
    run(tmp_path / "extended", agent, space, short)
    assert run(tmp_path / "extended", agent, space, 40) == run(tmp_path / "new", agent, space, 40)


@pytest.mark.parametrize(("agent", "space"), PAIRS)
def test_the_global_generators_are_left_alone(agent: str, space: str, tmp_path: Path) -> None:
    """The evaluator here seeds them at every trial: outside the algorithm's own scope, where that disturbs nothing."""
    torch.set_num_threads(2)
    run(tmp_path / "a", agent, space, 10, answers=10)
    after = global_states()
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    assert after == global_states()
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize(("agent", "space"), PAIRS)
def test_the_global_generators_change_nothing(agent: str, space: str, tmp_path: Path) -> None:
    ledgers = []
    for seed in (5, 6):
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        ledgers.append(run(tmp_path / str(seed), agent, space, 10))
    assert ledgers[0] == ledgers[1]


@pytest.mark.parametrize(("agent", "space"), PAIRS)
def test_searches_in_memory_are_those_of_the_driver(agent: str, space: str, tmp_path: Path) -> None:
    searched, runs = SPACES[space], [make(agent, space, seed) for seed in (1, 2, 3)]

    def reward(actions: Any) -> Any:
        keys = [searched.key(searched.decode(tuple(row))) for row in actions.tolist()]
        return np.array([int(seeds.integer("test", key) % 1000) / 1000 for key in keys])

    actions, rewards = side_by_side(runs, reward, 20)
    assert actions.dtype == (np.float64 if continuous(searched) else np.int64)
    for index, seed in enumerate((1, 2, 3)):
        run(tmp_path / str(seed), agent, space, 20, seed)
        with Journal(tmp_path / str(seed) / "journal.jsonl", {}) as journal:
            entries = [journal.recorded.trials[trial] for trial in range(20)]
        assert [list(entry.proposal.actions) for entry in entries] == actions[index].tolist()
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
    for row in actions[:, ::20].reshape(-1, actions.shape[2]).tolist():
        steps = decisions(searched, row)
        assert all(allowed(decision, action) for decision, action in zip(steps, row, strict=True))
    wins = 0
    for run_index in range(SEEDS):
        rng = np.random.default_rng(run_index)
        chance = statistics.fmean(searched.planted(searched.sample(rng)) for _ in range(LEARN_EPISODES // 4))
        wins += rewards[run_index, -LEARN_EPISODES // 4 :].mean() > chance
    assert not module.AGENT.learns or wins >= 9
