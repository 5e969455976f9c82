"""Regularized evolution: who dies, who is a parent, and what a mutation changes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from made_up import SMALL, Branching
from rlsearch import seeds
from rlsearch.agents import regularized_evolution
from rlsearch.agents.base import Proposal
from rlsearch.agents.regularized_evolution import RegularizedEvolution, mutate
from rlsearch.spaces.base import Actions, Space, decisions
from rlsearch.spaces.init_scale import InitScale
from rlsearch.spaces.layered_cnn import LayeredCNN, LayeredSettings


def test_mutation_changes_exactly_one_decision_and_reaches_every_neighbour() -> None:
    rng, parent = np.random.default_rng(0), (0, 1, 1, 2)
    children = {mutate(SMALL, parent, rng) for _ in range(500)}
    assert all(sum(a != b for a, b in zip(parent, child, strict=True)) == 1 for child in children)
    assert len(children) == 1 + 2 + 1 + 2  # kernels of two options, filters of three


def test_mutation_keeps_what_is_still_allowed_and_draws_the_rest_again() -> None:
    space, rng = Branching(), np.random.default_rng(0)
    children = {mutate(space, (1, 0, 2), rng) for _ in range(2000)}
    assert all(decisions(space, child) for child in children)
    deep = {child for child in children if child[0] == 1}
    # b changed; a changed with b kept; a changed to 2, where b = 2 is forbidden and drawn among the others.
    assert deep == {(1, 0, 1), (1, 1, 2), (1, 2, 0), (1, 2, 1)}
    shallow = [child[1] for child in children if child[0] == 0]
    assert shallow and all(isinstance(value, float) for value in shallow)


def test_mutation_of_a_continuous_decision_is_a_new_uniform_value() -> None:
    space, rng = Branching(), np.random.default_rng(0)
    children = [mutate(space, (0, 0.5), rng) for _ in range(2000)]
    values = [child[1] for child in children if child[0] == 0]
    assert len(values) == pytest.approx(1000, abs=120)
    assert np.mean(values) == pytest.approx(0, abs=0.1) and np.std(values) == pytest.approx(1 / math.sqrt(3), abs=0.05)


def test_a_parent_from_a_shallower_stage_is_completed() -> None:
    deeper = LayeredCNN(LayeredSettings(layers=3, strides=(1,)))
    child = mutate(deeper, (1, 2, 1, 2), np.random.default_rng(0))
    assert len(decisions(deeper, child)) == 6
    assert sum(a != b for a, b in zip((1, 2, 1, 2), child[:4], strict=True)) <= 1


def evolution(population: int = 4, sample: int = 2, seed: int = 0, space: Space = SMALL) -> RegularizedEvolution:
    settings = regularized_evolution.Settings(population=population, sample=sample)
    return RegularizedEvolution(space, settings, seed)


def test_evolution_begins_at_random_and_lets_the_oldest_die() -> None:
    agent, rng = evolution(), seeds.generator("agent", "regularized-evolution", 0)
    asked: list[Actions] = []
    for step in range(7):
        [proposal] = agent.ask(1)
        if step < 4:
            assert proposal.actions == SMALL.sample(rng)
        asked.append(proposal.actions)
        # The best ones come first: what is left in the end is the youngest, not the best.
        agent.tell([proposal], [-float(step)])
        assert [actions for actions, _ in agent.alive] == asked[-4:]
    assert [reward for _, reward in agent.alive] == [-3.0, -4.0, -5.0, -6.0]


def test_evolution_mutates_the_winner_of_a_tournament() -> None:
    agent = evolution(population=4, sample=2)
    # No two of them are one mutation apart from the same child.
    alive = [(0, 0, 0, 0), (1, 1, 1, 1), (0, 2, 1, 0), (1, 0, 0, 2)]
    agent.tell([Proposal(actions) for actions in alive], [0.0, 3.0, 1.0, 2.0])
    replay = np.random.Generator(np.random.PCG64())
    winners = set()
    for _ in range(60):
        replay.bit_generator.state = agent.rng.bit_generator.state
        drawn = replay.integers(4, size=2).tolist()
        winner = max(drawn, key=[0, 3, 1, 2].__getitem__)
        [proposal] = agent.ask(1)
        assert sum(a != b for a, b in zip(alive[winner], proposal.actions, strict=True)) == 1
        winners.add(winner)
    assert winners == {0, 1, 2, 3}  # the worst wins where it is drawn twice


def test_a_batch_of_evolution_sees_the_population_as_it_was() -> None:
    agent = evolution(population=4)
    proposals = agent.ask(10)
    assert len(proposals) == 10 and not agent.alive
    agent.tell(proposals, list(range(10)))
    assert [reward for _, reward in agent.alive] == [6, 7, 8, 9]


def test_evolution_needs_more_than_one_decision() -> None:
    assert RegularizedEvolution.supports(LayeredCNN()) and RegularizedEvolution.supports(Branching())
    assert not RegularizedEvolution.supports(InitScale())
    with pytest.raises(ValidationError, match="sample 5 must be at most population 4"):
        regularized_evolution.Settings(population=4)
