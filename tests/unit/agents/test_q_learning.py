"""What Q-learning learns: by hand, against plain dictionaries, and against value iteration."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

import toy_choices
from q_searches import Binned, Pairs, Plain, agent, teach, values
from rlsearch.agents._choices import even_actions
from rlsearch.agents.q_learning import QLearning, Settings
from rlsearch.spaces.base import Action, Actions, Choice, Decision, Space, allowed, following
from rlsearch.spaces.init_scale import InitScale

TAUGHT: dict[str, Any] = {"alpha": 0.1, "q0": 0.5, "replay": 0}
ROWS: dict[str, tuple[dict[str, Any], list[float], list[float]]] = {
    # After (1, 1, 1) with 0.9; then of (1, 1, 0) after it was told with 0.2.
    "q-learning": ({}, [0.5004, 0.504, 0.54], [0.50112, 0.5076, 0.47]),
    "forward": ({"order": "forward"}, [0.5, 0.5, 0.54], [0.5, 0.504, 0.47]),
    "the flaws": (
        {"order": "forward", "reward_at": "every", "gamma": 0.01},
        [0.5405, 0.5405, 0.54],
        [0.5069905, 0.50699, 0.47],
    ),
    "sarsa": ({"update": "sarsa"}, [0.5004, 0.504, 0.54], [0.50042, 0.5006, 0.47]),
    "max": ({"update": "max"}, [0.9, 0.9, 0.9], [0.9, 0.9, 0.2]),
    "two steps": ({"steps": 2}, [0.504, 0.54, 0.54], [0.5076, 0.506, 0.47]),
    "monte carlo": ({"steps": None}, [0.54, 0.54, 0.54], [0.506, 0.506, 0.47]),
    "monte carlo, discounted": ({"steps": None, "gamma": 0.5}, [0.4725, 0.495, 0.54], [0.43025, 0.4555, 0.47]),
    # By the coins of seed 0, from the last decision on: second, first, first table; then first, first, second.
    "double": ({"update": "double"}, [0.5, 0.5, 0.52], [0.5, 0.502, 0.485]),
}


@pytest.mark.parametrize("name", ROWS)
def test_two_candidates_by_hand(name: str) -> None:
    settings, first, second = ROWS[name]
    made = agent(Pairs(), **{**TAUGHT, **settings})
    teach(made, (1, 1, 1), 0.9)
    assert values(made, (1, 1, 1)) == pytest.approx(first, abs=1e-12)
    teach(made, (1, 1, 0), 0.2)
    assert values(made, (1, 1, 0)) == pytest.approx(second, abs=1e-12)


VARIANTS = [
    dict(zip(("update", "order", "reward_at", "steps", "bootstrap", "state"), variant, strict=True))
    for variant in itertools.product(
        ("q-learning", "sarsa", "double"),
        ("reverse", "forward"),
        ("end", "every"),
        (1, 2, None),
        ("allowed", "visited"),
        ("space", "prefix", "place"),
    )
]


@pytest.mark.parametrize(
    "space", [Binned(), toy_choices.Ragged(), toy_choices.Mixed()], ids=lambda one: type(one).__name__
)
def test_every_variant_is_what_plain_dictionaries_learn(space: Space) -> None:
    candidates = list(space.enumerate())
    for number, variant in enumerate(VARIANTS):
        settings = Settings(alpha=0.3, gamma=0.7, q0=0.4, replay=0, **variant)
        made, plain = QLearning(space, settings, number), Plain(space, settings, number)
        for place in np.random.default_rng(number).integers(len(candidates), size=25).tolist():
            actions, reward = candidates[place], toy_choices.worth((place, number))
            teach(made, actions, reward)
            plain.learn(actions, reward)
        for actions in candidates:
            assert values(made, actions) == pytest.approx(plain.worth(actions), abs=1e-12), variant


@pytest.mark.parametrize("space", toy_choices.TOYS.values(), ids=toy_choices.TOYS)
@pytest.mark.parametrize("order", range(3))
def test_one_pass_in_any_order_is_value_iteration(space: Space, order: int) -> None:
    """States that are prefixes, alpha 1, q0 0: each value is then exactly the best reward that lies behind it."""
    made = agent(space, state="prefix", alpha=1.0, q0=0.0, replay=2)
    candidates = list(space.enumerate())
    for place in np.random.default_rng(order).permutation(len(candidates)):
        teach(made, candidates[place], toy_choices.worth(candidates[place]))
    expected: dict[tuple[Actions, Action], float] = {}
    assert best(space, (), expected) == max(map(toy_choices.worth, candidates))
    learnt = {
        (state, option): row.worth(option)
        for state, row in made.table.rows.items()
        for option, visits in enumerate(row.visits)
        if visits
    }
    assert learnt == expected
    assert made.learnt()["greedy"]["actions"] == list(max(candidates, key=toy_choices.worth))


def best(space: Space, prefix: Actions, table: dict[tuple[Actions, Action], float]) -> float:
    """Return the best reward behind a prefix, and note that of each option: value iteration, from the end."""
    decision = following(space, prefix)
    if not isinstance(decision, Choice):
        return toy_choices.worth(prefix)
    for option in np.flatnonzero(decision.mask).tolist():
        table[prefix, option] = best(space, (*prefix, option), table)
    return max(value for (state, _), value in table.items() if state == prefix)


def test_the_maximum_runs_over_what_the_prefix_allows_not_over_its_state() -> None:
    """After 1 and after 3 the state is the same, and 3 is allowed after 1 alone."""
    made = agent(Binned(), alpha=1.0, q0=0.0, replay=0)
    teach(made, (1, 3, 0), 0.9)
    teach(made, (3, 0), 0.2)
    assert values(made, (1, 3, 0)) == [0.9, 0.9, 0.9] and values(made, (3, 0)) == [0.2, 0.2]


def test_past_candidates_are_replayed_after_each_new_one() -> None:
    made = agent(Pairs(), alpha=0.5, q0=0.0, replay=7)
    teach(made, (0, 0, 0), 1.0)
    assert values(made, (0, 0, 0))[-1] == 1 - 0.5**8  # itself, then seven times from a memory of one
    teach(made, (1, 1, 1), 0.5)
    picks = np.random.default_rng(0)
    picks.bit_generator.state = made.state_dict()["replay"]
    before = values(made, (0, 0, 0))[-1], values(made, (1, 1, 1))[-1]
    teach(made, (0, 1, 0), 0.0)
    drawn = picks.integers(3, size=7).tolist()
    assert values(made, (0, 0, 0))[-1] == pytest.approx(1 - (1 - before[0]) * 0.5 ** drawn.count(0))
    assert values(made, (1, 1, 1))[-1] == pytest.approx(0.5 - (0.5 - before[1]) * 0.5 ** drawn.count(1))


def test_a_candidate_that_is_told_again_stands_in_the_memory_once() -> None:
    made = agent(Pairs(), replay=0)
    for reward in (0.1, 0.2, 0.3):
        teach(made, (0, 0, 0), reward)
    teach(made, (0, 1, 0), 0.4)
    assert [reward for _, reward in made.memory.told] == [0.3, 0.4]


def test_the_settings_are_those_of_the_paper_with_a_schedule_for_short_searches() -> None:
    settings = Settings()
    assert (settings.alpha, settings.gamma, settings.q0, settings.replay) == (0.01, 1.0, 0.5, 100)
    assert settings.planned == 85 and settings.epsilon(84) == settings.epsilon(10**6) == 0.1


@pytest.mark.parametrize(
    ("schedule", "problem"),
    [
        ([[0.5, 10], [0.9, 10]], "epsilon rises from 0.5 to 0.9: it may only fall"),
        ([[1.0, 10], [0.5, 0]], "the row of epsilon 0.5 counts 0 models"),
        ([[1.5, 10]], "less than or equal to 1"),
        ([], "at least 1"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(schedule: Any, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Settings(schedule=schedule)


def test_spaces_with_a_continuous_decision_are_not_supported() -> None:
    from made_up import Branching

    assert all(QLearning.supports(space) for space in (*toy_choices.TOYS.values(), Binned()))
    assert not QLearning.supports(InitScale()) and not QLearning.supports(Branching())


class Strict(Binned):
    """It has no answer behind a forbidden option, such as a pool that is larger than its map."""

    def next(self, prefix: Actions) -> Decision | None:
        if prefix and not allowed(Binned.next(self, prefix[:-1]), prefix[-1]):  # type: ignore[arg-type]
            raise ValueError("forbidden")
        return super().next(prefix)


def test_a_space_is_asked_nothing_behind_a_forbidden_option() -> None:
    assert QLearning.supports(Strict()) and even_actions(Strict()) is None
