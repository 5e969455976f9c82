"""What every agent has to do, on every space that it says it supports."""

from __future__ import annotations

import copy
import functools
import statistics
from typing import Any

import numpy as np
import pytest
import torch

from rlsearch.agents._making import make_agent
from rlsearch.agents.base import Agent
from rlsearch.config import plugins
from rlsearch.config.search_files import LEARNT_FILES
from rlsearch.controls.simulate import simulate, simulate_choices
from rlsearch.plain import plain
from rlsearch.search import learnt
from rlsearch.spaces.base import Continuous, Space, allowed, decisions
from rlsearch.testing import cases
from rlsearch.testing.spaces import space_of

SPACES: dict[str, Space] = {name: cases.space(name) for name in plugins.names("spaces")}
PAIRS = [
    (agent, space)
    for agent in plugins.names("agents")
    for space, built in SPACES.items()
    if plugins.load("agents", agent).AGENT.driver == "ask-tell"  # the others: test_run_env_agents.py
    and plugins.load("agents", agent).AGENT.supports(built)
]
LEARNERS = [pair for pair in PAIRS if plugins.load("agents", pair[0]).AGENT.learns and cases.is_tried(*pair)]
TELLING = [pair for pair in PAIRS if plugins.load("agents", pair[0]).AGENT.tells_learnt()]
GROWING = space_of("layered-cnn-growing")
GROWERS = sorted({agent for agent, _ in PAIRS if plugins.load("agents", agent).AGENT.supports(GROWING)})
FEW = 50
"""Candidates of a space in which an agent that learns may well draw what its twin does, for a while."""

TRIALS, SEEDS = 400, 10
SHORTER = {
    "tpe": 80,
    **dict.fromkeys(("lstm-actor-critic", "lstm-ppo", "lstm-reinforce", "mlp-reinforce", "reinforce"), 200),
}
"""Trials of agents that need fewer, where each of theirs takes milliseconds."""


def make(agent: str, space: str, seed: int, **settings: Any) -> Agent:
    built: Agent = plugins.load("agents", agent).AGENT(SPACES[space], settings_of(agent, **settings), seed)
    return built


def settings_of(agent: str, **settings: Any) -> Any:
    return plugins.load("agents", agent).SETTINGS(**{**cases.of_plugin("agents", agent), **settings})


def walk(agent: Agent, space: str, steps: int, batch: int = 1) -> list[Any]:
    """Ask and tell with the planted reward; return all proposals' actions, infos and rewards."""
    rows = []
    for _ in range(steps):
        proposals = agent.ask(batch)
        rewards = [SPACES[space].planted(proposal.actions) for proposal in proposals]
        diagnostics = agent.tell(proposals, rewards)
        assert all(np.isfinite(list(diagnostics.values())))
        rows += [(p.actions, p.replicate, dict(p.info), reward) for p, reward in zip(proposals, rewards, strict=True)]
    return rows


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def test_there_is_something_to_test() -> None:
    assert LEARNERS and len(PAIRS) >= 3


@pytest.mark.parametrize(("agent", "space"), PAIRS)
@pytest.mark.parametrize("batch", [1, 3])
def test_same_seed_same_proposals(agent: str, space: str, batch: int) -> None:
    first = walk(make(agent, space, 1), space, 20, batch)
    assert walk(make(agent, space, 1), space, 20, batch) == first
    if plugins.load("agents", agent).AGENT.learns:  # a grid is the same whatever its seed
        assert walk(make(agent, space, 2), space, 20, batch) != first


@pytest.mark.parametrize(("agent", "space"), PAIRS)
def test_the_global_generators_are_left_alone(agent: str, space: str) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = walk(make(agent, space, 1), space, 5)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(6)
    assert walk(make(agent, space, 1), space, 5) == first


@pytest.mark.parametrize(("agent", "space"), PAIRS)
def test_state_round_trip(agent: str, space: str) -> None:
    original = make(agent, space, 1)
    walk(original, space, 10)
    state = copy.deepcopy(original.state_dict())
    expected = walk(original, space, 10)
    other = make(agent, space, 99)
    other.load_state_dict(state)
    assert walk(other, space, 10) == expected


@pytest.mark.parametrize(("agent", "space"), TELLING)
def test_what_is_learnt_has_its_files_and_is_part_of_the_state(agent: str, space: str) -> None:
    original, other = make(agent, space, 1), make(agent, space, 99)
    walk(original, space, 10, 2)
    other.load_state_dict(copy.deepcopy(original.state_dict()))
    names = LEARNT_FILES if original.tabular else LEARNT_FILES[:1]
    first, again = (learnt.files(plain(one.learnt(), "learnt()"), names, agent) for one in (original, other))
    assert first == again and set(first) == set(names)


def grown(agent: Agent, start: int, end: int) -> list[Any]:
    """Ask and tell as a search does that grows; return actions and infos, each a candidate of its stage."""
    rows = []
    for trial in range(start, end):
        stage = GROWING.at(trial)
        agent.enter(stage)
        proposals = agent.ask(1)
        assert all(decisions(stage, proposal.actions) for proposal in proposals)
        agent.tell(proposals, [stage.planted(proposal.actions) for proposal in proposals])
        rows += [(proposal.actions, dict(proposal.info)) for proposal in proposals]
    return rows


@pytest.mark.parametrize("agent", GROWERS)
def test_a_space_that_grows_is_searched_at_each_stage_and_continued(agent: str) -> None:
    kind = plugins.load("agents", agent).AGENT
    original, other = (kind(GROWING, settings_of(agent), seed) for seed in (1, 99))
    first = grown(original, 0, 12)
    assert len({len(actions) for actions, _ in first}) == 2
    state = copy.deepcopy(original.state_dict())
    expected = grown(original, 12, 17)
    other.enter(GROWING.at(11))
    other.load_state_dict(state)
    assert grown(other, 12, 17) == expected


@pytest.mark.parametrize(("agent", "space"), PAIRS)
def test_proposals_are_allowed_and_canonical(agent: str, space: str) -> None:
    searched = SPACES[space]
    for actions, replicate, info, _ in walk(make(agent, space, 1), space, 50, 2):
        steps = decisions(searched, actions)
        assert all(allowed(decision, action) for decision, action in zip(steps, actions, strict=True))
        assert replicate >= 0 and all(np.isfinite(list(info.values())))
        assert searched.key(searched.decode(actions)) == searched.key(searched.decode(tuple(actions)))


@pytest.mark.parametrize(("agent", "space"), PAIRS)
def test_asking_for_fewer_gives_the_beginning(agent: str, space: str) -> None:
    """Resume with a longer search asks for full batches where the shorter one ended with a part of one."""
    few, many = make(agent, space, 1).ask(2), make(agent, space, 1).ask(8)
    assert [p.actions for p in few] == [p.actions for p in many[:2]]


@pytest.mark.parametrize(("agent", "space"), LEARNERS)
def test_a_twin_asks_as_its_agent_does_and_never_learns(agent: str, space: str) -> None:
    """Its first batch is the agent's, and so is every other, were it not for the rewards."""
    batch = settings_of(agent).batch
    own = make(agent, space, 3).ask(batch)
    walked = []
    for scale in (0.0, 1.0, -5.0):
        twin = make_agent(SPACES[space], settings_of(agent, learning=False), 3)
        assert isinstance(twin, Agent)
        proposed = []
        for _ in range(40 // batch + 2):
            proposals = twin.ask(batch)
            twin.tell(proposals, [scale * SPACES[space].planted(proposal.actions) for proposal in proposals])
            proposed += proposals
        walked.append([proposal.actions for proposal in proposed])
        assert proposed[:batch] == own
    assert walked[0] == walked[1] == walked[2] and len(set(walked[0])) > 1


@pytest.mark.parametrize(("agent", "space"), LEARNERS)
def test_many_simulated_twins_never_learn_either(agent: str, space: str) -> None:
    module, proposed = plugins.load("agents", agent), []
    run = simulate if isinstance(SPACES[space].next(()), Continuous) else simulate_choices
    batch = settings_of(agent).batch
    for learning, scale in ((True, 1.0), (False, 1.0), (False, -5.0)):
        rng = np.random.default_rng(0)

        def reward(actions: Any, _: int, rng: Any = rng, scale: float = scale) -> Any:
            return scale * rng.normal(size=len(actions))

        settings = settings_of(agent, learning=learning)
        actions, _ = run(module.AGENT, SPACES[space], settings, reward, episodes=batch + 40, runs=2, seed=1)
        proposed.append(actions)
    assert np.array_equal(proposed[0][:, :batch], proposed[1][:, :batch])
    assert np.array_equal(proposed[1], proposed[2])
    # Among few candidates a learner may go on drawing what its twin draws.
    if (SPACES[space].nominal_size or FEW) >= FEW:
        assert not np.array_equal(proposed[0], proposed[1])


@functools.cache
def late_mean(agent: str, space: str, seed: int, trials: int) -> float:
    """Return the mean reward of the last quarter of a search."""
    batch = settings_of(agent).batch
    rewards = [row[-1] for row in walk(make(agent, space, seed), space, trials // batch, batch)]
    return statistics.fmean(rewards[-trials // 4 :])


@pytest.mark.parametrize(("agent", "space"), LEARNERS)
def test_learners_beat_random_on_a_planted_reward(agent: str, space: str) -> None:
    """Mean reward of the last quarter above random's in 9 of 10 seeds; the planted reward has mean 0."""
    trials, wins = SHORTER.get(agent, TRIALS), 0
    for seed in range(SEEDS):
        wins += late_mean(agent, space, seed, trials) > late_mean("random", space, seed, trials)
        if wins == SEEDS - 1:
            return
    pytest.fail(f"{wins} of {SEEDS} searches are better than random's")


@pytest.mark.parametrize("space", SPACES)
def test_the_planted_reward_has_mean_zero(space: str) -> None:
    searched, rng = SPACES[space], np.random.default_rng(0)
    rewards = [searched.planted(searched.sample(rng)) for _ in range(4000)]
    # Five standard errors: a fault of chance once in two million spaces.
    assert abs(statistics.fmean(rewards)) < 5 * statistics.stdev(rewards) / 4000**0.5
