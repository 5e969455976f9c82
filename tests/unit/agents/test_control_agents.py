"""The agents that searches are measured against: each on cases small enough to check by hand."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from made_up import SMALL, Branching, reload
from rlsearch import seeds
from rlsearch.agents import grid, largest, random, rule_of_thumb
from rlsearch.agents.base import Proposal
from rlsearch.agents.random import Random
from rlsearch.spaces.base import Actions
from rlsearch.spaces.init_scale import InitScale
from rlsearch.spaces.layered_cnn import LayeredCNN


def test_random_with_replacement_draws_as_it_always_did() -> None:
    space, rng = LayeredCNN(), seeds.generator("agent", "random", 3)
    drawn = Random(space, random.Settings(), 3).ask(50)
    assert drawn == [Proposal(space.sample(rng)) for _ in range(50)]
    # Written down when there was no other kind.
    asked = Random(InitScale(), random.Settings(), 3).ask(3)
    assert [proposal.actions for proposal in asked] == [(0.44,), (0.34,), (1.48,)]


@pytest.mark.parametrize("batch", [1, 5])
def test_random_without_replacement_proposes_every_candidate_once(batch: int) -> None:
    agent = Random(SMALL, random.Settings(replacement=False), 0)
    asked: list[Actions] = []
    while proposals := agent.ask(batch):
        asked += [proposal.actions for proposal in proposals]
    assert sorted(asked) == list(SMALL.enumerate()) and asked != sorted(asked)
    assert agent.ask(batch) == []


def test_random_without_replacement_goes_by_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """(1, 0, 2) and (1, 2, 0) are one candidate, and a space that does not know its size is left in the end."""
    monkeypatch.setattr(random, "MOST_DRAWS", 20_000)
    agent = Random(Branching(), random.Settings(replacement=False), 0)
    asked = [proposal.actions for proposal in agent.ask(1000)]
    assert sorted(tuple(sorted(a[1:])) for a in asked if a[0]) == [(0, 1), (0, 2), (1, 2)]
    shallow = [a[1] for a in asked if not a[0]]
    assert len(shallow) == len(set(shallow)) == 201


def test_random_without_replacement_remembers_across_a_snapshot(tmp_path: Path) -> None:
    first, second = (Random(SMALL, random.Settings(replacement=False), seed) for seed in (0, 9))
    begun = first.ask(30)
    reload(first, second, tmp_path)
    rest = second.ask(10)
    assert rest == first.ask(10) and len(rest) == 6
    assert {p.actions for p in begun} | {p.actions for p in rest} == set(SMALL.enumerate())


def test_simulated_random_searches_are_uniform_and_independent() -> None:
    seen: list[Any] = []

    def reward(actions: Any) -> Any:
        seen.append(actions.copy())
        return actions.sum(axis=1).astype(float)

    actions, rewards = Random.simulate_choices(SMALL, random.Settings(), reward, episodes=36, runs=100, seed=1)
    assert actions.shape == (100, 36, 4) and actions.dtype == np.int64
    assert np.array_equal(np.stack(seen, axis=1), actions) and np.array_equal(rewards, actions.sum(axis=2))
    counts = np.bincount([SMALL.rank(tuple(row)) for row in actions.reshape(-1, 4)], minlength=36)
    # 3,600 draws over 36 candidates: chi-square with 35 degrees of freedom, 75 is beyond p = 0.0001.
    assert len(counts) == 36 and ((counts - 100) ** 2 / 100).sum() < 75
    assert len({run.tobytes() for run in actions}) == 100


def test_simulated_random_searches_without_replacement_repeat_nothing() -> None:
    settings = random.Settings(replacement=False)

    def simulate(episodes: int) -> Any:
        return Random.simulate_choices(SMALL, settings, lambda a: a[:, 0] * 1.0, episodes=episodes, runs=5, seed=1)[0]

    for run in simulate(36):
        assert sorted(map(tuple, run.tolist())) == list(SMALL.enumerate())
    with pytest.raises(ValueError, match="the space has 36 candidates: 37 different ones cannot be drawn"):
        simulate(37)


def test_largest_asks_for_fresh_seeds_of_one_candidate() -> None:
    agent = largest.Largest(SMALL, largest.Settings(), 7)
    asked = agent.ask(2) + agent.ask(3)
    assert {proposal.actions for proposal in asked} == {(1, 2, 1, 2)}
    assert [proposal.replicate for proposal in asked] == [0, 1, 2, 3, 4]
    assert not largest.Largest.supports(InitScale())


def test_rule_of_thumb_takes_the_large_kernels_and_any_filters() -> None:
    agent = rule_of_thumb.RuleOfThumb(SMALL, rule_of_thumb.Settings(), 0)
    asked = {proposal.actions for proposal in agent.ask(200)}
    assert asked == {(1, a, 1, b) for a in range(3) for b in range(3)}
    assert not rule_of_thumb.RuleOfThumb.supports(InitScale())


def test_a_grid_of_more_points_than_candidates_gives_each_once_a_pass() -> None:
    agent = grid.Grid(SMALL, grid.Settings(points=50), 0)
    asked = agent.ask(72)
    assert [p.actions for p in asked[:36]] == [p.actions for p in asked[36:]] == list(SMALL.enumerate())
    assert [p.replicate for p in asked] == [0] * 36 + [1] * 36


def test_a_grid_on_choices_is_evenly_spaced() -> None:
    ranks = [LayeredCNN().rank(p.actions) for p in grid.Grid(LayeredCNN(), grid.Settings(points=8), 0).ask(8)]
    assert ranks == [0, 185, 370, 555, 740, 925, 1110, 1295]
    assert all(b - a == 185 for a, b in pairwise(ranks))
