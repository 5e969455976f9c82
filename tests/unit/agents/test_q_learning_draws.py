"""Which candidates Q-learning proposes: epsilon by distinct candidates, nothing twice, and what is left in the end."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare

import toy_choices
from q_searches import EXPLORE, Binned, Pairs, agent, run, teach, values
from rlsearch.agents import _q_unseen, q_learning
from rlsearch.agents._making import make_agent
from rlsearch.agents._q_unseen import weighted
from rlsearch.agents.base import Agent, Proposal
from rlsearch.agents.q_learning import QLearning, Settings
from rlsearch.spaces.base import Actions, Space
from rlsearch.spaces.layered_cnn import LayeredCNN, LayeredSettings

GREEDY: dict[str, Any] = {"schedule": [[1.0, 2], [0.0, 100]], "update": "max"}


@pytest.mark.parametrize("space", toy_choices.TOYS.values(), ids=toy_choices.TOYS)
@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize(
    "schedule", [[[1.0, 1000]], [[1.0, 3], [0.1, 3]], [[0.0, 1]]], ids=["explore", "usual", "greedy"]
)
def test_a_search_proposes_every_candidate_once_and_ends(
    space: Space, batch: int, schedule: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(q_learning, "MOST_VAIN", 30)
    monkeypatch.setattr(_q_unseen, "REJECTED", 50)
    told = run(agent(space, schedule=schedule), 10_000, batch=batch)
    assert sorted(proposal.actions for proposal in told) == sorted(space.enumerate())


def test_epsilon_is_counted_in_distinct_candidates() -> None:
    schedule = [[1.0, 4], [0.5, 3], [0.25, 2]]
    told = run(agent(LayeredCNN(), schedule=schedule), 15, batch=5)
    assert [proposal.info["epsilon"] for proposal in told] == [1.0] * 4 + [0.5] * 3 + [0.25] * 8
    again = run(agent(Pairs(), schedule=schedule, again=True, update="max"), 60)
    distinct = [len({proposal.actions for proposal in again[:place]}) for place in range(60)]
    assert [p.info["epsilon"] for p in again] == [Settings(schedule=schedule).epsilon(count) for count in distinct]
    assert len(set(distinct)) < 10 and {p.info["vain"] for p in again} == {0}


def test_options_of_equal_value_are_drawn_alike_and_forbidden_ones_never() -> None:
    made = agent(toy_choices.Ragged(), schedule=[[0.0, 1]])
    first = Counter(made.tree.draw(0.0, made.rng)[0][0] for _ in range(3000))
    assert set(first) == {1, 2, 3} and chisquare(list(first.values())).pvalue > 1e-5
    teach(made, (2, 1, 0), 5.0)
    assert {made.tree.draw(0.0, made.rng)[0][0] for _ in range(100)} == {2}


def test_exploring_decision_by_decision_with_probability_epsilon() -> None:
    made = agent(Pairs(), update="max")
    teach(made, (1, 1, 1), 1.0)
    drawn = np.array([made.tree.draw(0.4, made.rng)[0] for _ in range(2000)])
    after = drawn[drawn[:, 0] == 1]
    assert drawn[:, 0].mean() == pytest.approx(0.8, abs=0.04) and after[:, 1].mean() == pytest.approx(0.8, abs=0.04)
    assert drawn[drawn[:, 0] == 0][:, 1].mean() == pytest.approx(0.5, abs=0.1)  # nothing is known there


def test_a_known_candidate_is_learnt_again_inside_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Greedy on a candidate that is known, with alpha so small that it stays so: 1,000 draws in vain."""
    monkeypatch.setattr(q_learning, "MOST_VAIN", 20)
    made = agent(Pairs(), alpha=0.01, q0=0.0, replay=0, schedule=[[0.0, 100]])
    teach(made, (1, 1, 1), 1.0)
    assert values(made, (1, 1, 1))[-1] == 0.01
    [proposal] = made.ask(1)
    assert proposal.info == {"epsilon": 0.0, "vain": 20, "uniform": 1} and proposal.actions != (1, 1, 1)
    assert values(made, (1, 1, 1))[-1] == pytest.approx(1 - 0.99**21)
    path = made.tree.follow((1, 1, 1))
    assert [step.node.row.visits[1] for step in path] == [21, 21, 21]
    # A candidate of the same batch has no reward to be learnt, and is not drawn either.
    three = made.ask(3)
    assert len({one.actions for one in (proposal, *three)}) == 4


def test_what_is_left_is_drawn_by_the_uniform_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    """By rejection and from the list alike: in proportion to what the policy gives to each candidate."""
    monkeypatch.setattr(q_learning, "MOST_VAIN", 1)
    space = toy_choices.Mixed()
    weights = dict(weighted(space))
    assert sum(weights.values()) == pytest.approx(1) and list(weights) == list(space.enumerate())
    known = list(weights)[::2]
    left = [actions for actions in weights if actions not in known]
    for rejected in (0, 1_000):
        monkeypatch.setattr(_q_unseen, "REJECTED", rejected)
        made = agent(space, schedule=[[0.0, 100]], update="max", q0=-1.0)
        for actions in known:
            teach(made, actions, toy_choices.worth(actions))
        drawn = Counter(made.unseen.draw(made.rng) for _ in range(3000))
        shares = np.array([weights[actions] for actions in left])
        expected = 3000 * shares / shares.sum()
        assert chisquare([drawn[actions] for actions in left], expected).pvalue > 1e-5 and set(drawn) == set(left)


def test_a_space_too_large_to_be_listed_is_searched_by_rejection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(q_learning, "MOST_VAIN", 30)
    monkeypatch.setattr(_q_unseen, "MOST_LISTED", 30)
    monkeypatch.setattr(_q_unseen, "REJECTED", 1)
    monkeypatch.setattr(_q_unseen, "MOST_REJECTED", 3_000)
    assert len(run(agent(toy_choices.layered(3), **GREEDY), 1_000)) == 64
    monkeypatch.setattr(toy_choices.Toy, "nominal_size", None)
    assert len(run(agent(toy_choices.Ragged(), **GREEDY), 1_000)) == len(list(toy_choices.Ragged().enumerate()))


def test_equal_networks_are_one_candidate() -> None:
    """A sequence that means a known network is no new one, and its own decisions learn that network's reward."""

    class Sums(Pairs):
        def canonical(self, actions: Actions) -> Actions:
            return tuple(sorted(actions))

        def decode(self, actions: Actions) -> dict[str, Any]:
            return {"ones": sum(actions)}

    made = agent(Sums(), alpha=1.0, q0=0.0, **EXPLORE)
    told = run(made, 100, lambda actions: float(sum(actions)))
    assert sorted(sum(proposal.actions) for proposal in told) == [0, 1, 2, 3]
    assert values(made, (1, 1, 1)) == [3.0, 3.0, 3.0]
    visited = sum(row.visits[option] > 0 for row in made.table.rows.values() for option in (0, 1))
    assert visited > 3 * 4


def test_a_space_that_grows_keeps_its_table_and_what_is_known() -> None:
    space = toy_choices.layered(3, grow=True)
    made, told = agent(space, schedule=[[1.0, 15], [0.2, 100]]), list[Proposal]()
    for trial in range(40):
        made.enter(space.at(trial))
        told += (proposals := made.ask(1))
        made.tell(proposals, [toy_choices.worth(proposal.actions) for proposal in proposals])
    assert [len(proposal.actions) for proposal in told] == [6] * 20 + [8] * 20
    assert len({proposal.actions for proposal in told}) == 40
    state, rest = copy.deepcopy(made.state_dict()), run(made, 20)
    other = agent(space, seed=9, schedule=[[1.0, 15], [0.2, 100]])
    other.enter(space.at(39))
    other.load_state_dict(state)
    assert [one.actions for one in run(other, 20)] == [one.actions for one in rest]


@pytest.mark.parametrize("settings", [{}, {"update": "double", "bootstrap": "visited"}, {"update": "max"}], ids=str)
def test_a_state_is_json_and_restores_all(settings: dict[str, Any]) -> None:
    import json

    options = {"schedule": [[1.0, 8], [0.2, 100]], "replay": 5, **settings}
    made = agent(Binned(), **options)
    run(made, 12, batch=3)
    made.ask(2)  # asked and not told
    state = json.loads(json.dumps(made.state_dict()))
    other = agent(Binned(), seed=7, **options)
    other.load_state_dict(state)
    assert json.loads(json.dumps(other.state_dict())) == state and other.learnt() == made.learnt()
    assert run(other, 9, batch=2) == run(made, 9, batch=2) and other.state_dict() == made.state_dict()


def test_a_twin_asks_by_the_same_rules_and_learns_nothing() -> None:
    space, settings = LayeredCNN(), Settings(schedule=[[1.0, 5], [0.1, 5]], learning=False)
    twin = make_agent(space, settings, 3)
    assert isinstance(twin, Agent) and isinstance(twin, QLearning)
    told = run(twin, 200)
    assert len({proposal.actions for proposal in told}) == 200  # without replacement, as its agent
    assert [one.info["epsilon"] for one in told[:12]] == [1.0] * 5 + [0.1] * 7
    assert {value for row in twin.table.rows.values() for value in row.values[0]} == {settings.q0}
    assert twin.learnt() is None and not twin.memory.told
    small = make_agent(Pairs(), settings, 0)
    assert isinstance(small, Agent) and len(run(small, 100)) == 8  # type: ignore[arg-type]
    assert told[0].actions == agent(space, 3, schedule=[[1.0, 5], [0.1, 5]]).ask(1)[0].actions


def test_asking_and_telling_take_the_same_work_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted: decisions drawn and candidates learnt; nothing is gone through that grows with the search."""
    made, counts = agent(LayeredCNN(), replay=3, again=True, schedule=[[1.0, 5], [0.2, 5]]), Counter[str]()
    draw, learn = made.tree.draw, made.update.learn
    monkeypatch.setattr(made.tree, "draw", lambda *given: counts.update(draws=1) or draw(*given))
    made.update.learn = lambda *given: counts.update(learnt=1) or learn(*given)  # type: ignore[func-returns-value]
    for trials in (10, 1_000):
        counts.clear()
        run(made, trials)
        assert counts == {"draws": trials, "learnt": 4 * trials}


def test_however_much_is_known_a_proposal_takes_a_bounded_number_of_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last candidate of a space: known ones are drawn in vain, then rejected, and in the end listed once."""
    monkeypatch.setattr(q_learning, "MOST_VAIN", 30)
    monkeypatch.setattr(_q_unseen, "REJECTED", 20)
    space = LayeredCNN(LayeredSettings(layers=2, kernels=(1, 3), filters=(2, 4), strides=(1,)))
    made, draws, listed = agent(space, replay=0, schedule=[[1.0, 5], [0.1, 5]]), list[int](), Counter[str]()
    draw, weighted = made.tree.draw, _q_unseen.weighted
    monkeypatch.setattr(made.tree, "draw", lambda *given: draws.append(1) or draw(*given))
    monkeypatch.setattr(_q_unseen, "weighted", lambda *given: listed.update(times=1) or weighted(*given))
    most = 0
    while told := run(made, 1):
        most, draws[:] = max(most, len(draws)), []
    assert not told and len(made.memory.told) == len(list(space.enumerate()))
    assert 30 < most <= 30 + 20 and listed["times"] == 1


@pytest.mark.parametrize(
    "learning",
    [
        {"alpha": 1.0, "gamma": 0.01, "q0": 0.9, "replay": 3},
        {"update": "max"},
        {"update": "double", "steps": None},
        {"state": "prefix", "order": "forward", "reward_at": "every", "bootstrap": "visited"},
    ],
)
def test_a_twin_proposes_the_same_however_it_would_learn(learning: dict[str, Any]) -> None:
    """So agents that differ in `learning_alone` share one."""
    assert set(learning) <= Settings.learning_alone
    schedule = {"schedule": [[1.0, 3], [0.2, 10]], "learning": False}
    drawn = [agent(Binned(), **schedule, **settings).ask(12) for settings in ({}, learning)]
    assert drawn[0] == drawn[1]
