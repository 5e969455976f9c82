"""Null and planted controls in spaces of choices: frozen noise, signs, hits, and the whole phase on a made-up table."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
from scipy import stats

from rlsearch.agents.base import Agent, Proposal
from rlsearch.agents.random import Random
from rlsearch.agents.random import Settings as RandomSettings
from rlsearch.controls import candidates, made_up
from rlsearch.controls.candidates import Candidates, Frozen
from rlsearch.controls.noise import Noise
from rlsearch.controls.signs import choice_signs
from rlsearch.controls.simulate import padded, side_by_side, simulate_choices
from rlsearch.spaces.layered_cnn import LayeredCNN

SPACE = LayeredCNN()
NOISE = Noise(
    actions=[(0, 0, 0, 0, 0, 0, 0, 0), (1, 2, 1, 2, 1, 2, 1, 2)],
    specs=[{}, {}],
    labels=["small", "large"],
    rewards=[[1.0, 3.0, 2.0], [5.0, 9.0, 7.0]],
)


def test_frozen_noise_is_normal_and_stands_still() -> None:
    frozen = Frozen("test")
    numbers = np.arange(50_000, dtype=np.uint64)
    drawn = frozen(numbers, 0)
    assert stats.kstest(drawn, "norm").pvalue > 0.01
    assert (frozen(numbers, 0) == drawn).all()
    assert (Frozen("other")(numbers, 0) != drawn).all()
    # One candidate in all runs: the runs do not share its noise.
    same = frozen(np.full(50_000, 7, dtype=np.uint64), 0)
    assert stats.kstest(same, "norm").pvalue > 0.01
    assert abs(np.corrcoef(same, drawn)[0, 1]) < 0.02
    # Candidate i in run i + 1 is no relative of candidate i in run i, nor of candidate i + 1 in run i + 1.
    shifted = frozen(np.roll(numbers, 1), 0)[1:]
    assert abs(np.corrcoef(drawn[:-1], shifted)[0, 1]) < 0.02
    assert abs(np.corrcoef(drawn[1:], shifted)[0, 1]) < 0.02
    assert (frozen(numbers, 1) != frozen(numbers, 1)).all()


def test_equal_networks_have_equal_numbers() -> None:
    known = Candidates(SPACE)
    every = np.array(list(SPACE.enumerate()))
    numbers = known.numbers(every)
    assert len(np.unique(numbers)) == 1296
    wider = np.pad(every, ((0, 0), (0, 2)), constant_values=-1)
    assert (Candidates(SPACE).numbers(wider) == numbers).all()
    assert known.numbers(every.reshape(6, 216, 8)).shape == (6, 216)


def test_signs_by_hand() -> None:
    proposed = np.array([[1, 1, 1, 1, 1, 1, 5, 5, 5, 6, 5, 6], [1, 1, 1, 1, 1, 1, 5, 7, 5, 6, 5, 6]])
    rewards = np.tile(np.arange(12.0), (2, 1))
    found = choice_signs(proposed, rewards)
    assert found == {"distinct_share": [pytest.approx(2 / 3)] * 2, "reward_gain": [9.0, 9.0]}
    assert choice_signs(np.array([["a", "b", "c", "c", "a", "c", "c", "c"]]), rewards[:1, :8])["distinct_share"] == [
        0.5
    ]


def test_a_candidate_has_the_noise_of_the_nearest_measured_one() -> None:
    actions = np.array([[0, 0, 0, 0, 0, 0, 0, 1], [1, 2, 1, 2, 0, 0, 1, 2], [1, 2, 1, 2, 0, 0, 0, 0]])
    assert made_up.nearest(actions, NOISE).tolist() == [0, 1, 0]
    assert NOISE.sd.tolist() == [1.0, 2.0]


def test_a_hit_is_among_the_best_hundredth() -> None:
    values = candidates.planted_values(SPACE)
    least = made_up.hit_value(values)
    assert values.size == 1296
    # All eight decisions right, or seven of them: 1 + 4 x 1 + 4 x 2 = 13 candidates.
    assert int((values >= least - 1e-9).sum()) == 13
    assert made_up.hit_value(np.array([0.0, 0.5, 0.5, 1.0])) == 1.0
    assert made_up.hit_value(np.arange(1000.0)) == 990.0


def test_the_planted_optimum_of_a_space_that_cannot_be_enumerated(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = candidates.planted_values(SPACE)
    monkeypatch.setattr(candidates, "MOST_ENUMERATED", 10)
    monkeypatch.setattr(candidates, "SAMPLES", 2_000)
    drawn = candidates.planted_values(SPACE)
    assert (drawn.max(), len(drawn)) == (whole.max(), 2_001)
    assert np.mean(drawn) == pytest.approx(np.mean(whole), abs=0.02)


class Counting(Agent):
    """Proposes candidates of growing length, and has only five of them."""

    told: ClassVar[list[list[float]]] = []

    def __init__(self, space: Any, settings: Any, seed: int) -> None:
        self.at = 0

    def ask(self, count: int) -> list[Proposal]:
        found = [Proposal((1,) * (1 + position // 2)) for position in range(self.at, min(self.at + count, 5))]
        self.at += len(found)
        return found

    def tell(self, proposals: Any, rewards: Any) -> dict[str, float]:
        self.told.append(list(rewards))
        return {}

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: Any) -> None:
        pass


def test_asked_agents_end_together_and_short_candidates_are_padded() -> None:
    actions, rewards = simulate_choices(
        Counting, SPACE, RandomSettings(batch=2), lambda chosen, _: (chosen > 0).sum(1) * 1.0, episodes=9, runs=3
    )
    assert actions.shape == (3, 5, 3)
    assert actions[0, :, 1].tolist() == [-1, -1, 1, 1, 1]
    assert rewards[2].tolist() == [1, 1, 2, 2, 3]
    assert Counting.told[-1] == [3.0]
    assert padded([Proposal((1,)), Proposal((1, 2))]).tolist() == [[1, -1], [1, 2]]


def test_who_can_run_side_by_side() -> None:
    assert side_by_side(Random, SPACE, RandomSettings(), 5000)
    assert side_by_side(Random, SPACE, RandomSettings(replacement=False), 1296)
    assert not side_by_side(Random, SPACE, RandomSettings(replacement=False), 1297)
    assert not side_by_side(Counting, SPACE, RandomSettings(), 10)
