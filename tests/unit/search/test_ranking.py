"""The most that finalists can cost, against every way in which the proposals that are out can end."""

from __future__ import annotations

import itertools
from statistics import fmean
from typing import Any

import numpy as np
import pytest

from rlsearch.search.best import finalist_places
from rlsearch.search.ranking import Ranking, alike

PRICES = dict(zip("abcdefgh", (3, 50, 1, 8, 20, 2, 13, 5), strict=True))
LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)


def finalists(trials: list[tuple[str, float, bool]], places: int, *, earliest: bool = False) -> list[str]:
    """The rule of the searches (`search.finalists.candidates`), from scratch."""
    keys = list(dict.fromkeys(key for key, _, _ in trials))
    means = [fmean(reward for other, reward, _ in trials if other == key) for key in keys]
    able = [any(ok for other, _, ok in trials if other == key) for key in keys]
    best = finalist_places(np.array(means), np.arange(len(keys)), places, np.array(able, bool), earliest=earliest)
    return [keys[place] for place in best]


def history(rng: np.random.Generator, count: int) -> list[tuple[str, float, bool]]:
    """Trials in which candidates come back, tie and fail."""
    return [(str(rng.choice(list(PRICES))), float(rng.choice(LEVELS)), bool(rng.random() < 0.8)) for _ in range(count)]


def ranking_of(trials: list[tuple[str, float, bool]], places: int, empty: int, *, earliest: bool = False) -> Ranking:
    ranking = Ranking(places, empty, alike if earliest else fmean)
    for key, reward, trained in trials:
        ranking.add(key, PRICES[key], reward, trained=trained)
    return ranking


@pytest.mark.parametrize("earliest", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_the_top_are_the_finalists_of_the_search(seed: int, earliest: bool) -> None:
    rng = np.random.default_rng(seed)
    trials = history(rng, 12)
    for end in range(len(trials) + 1):
        for places in (1, 3):
            found = ranking_of(trials[:end], places, 0, earliest=earliest).top()
            assert found == finalists(trials[:end], places, earliest=earliest)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("out", [1, 2, 3])
def test_no_end_of_the_proposals_costs_more_and_one_costs_as_much(out: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    trials, places = history(rng, int(rng.integers(1, 9))), int(rng.integers(1, 4))
    proposed = [str(key) for key in rng.choice(list(PRICES), out)]
    bound = ranking_of(trials, places, 0).dearest({key: PRICES[key] for key in proposed})
    worst = 0
    # A reward above or below all others, or one between them, and a child that did not train.
    ends: Any = [(-100.0, True), (100.0, True), (0.0, False), *((level, True) for level in (0.2, 0.6))]
    for chosen in itertools.product(ends, repeat=out):
        ended = [(key, reward, ok) for key, (reward, ok) in zip(proposed, chosen, strict=True)]
        worst = max(worst, sum(PRICES[key] for key in finalists([*trials, *ended], places)))
    assert worst <= bound
    # Rewards of candidates proposed before are means, which cannot be had at will: there the bound may be higher.
    if not {key for key, _, _ in trials} & set(proposed) and len(set(proposed)) == out:
        assert worst == bound


def test_places_without_a_candidate_have_a_price_of_their_own() -> None:
    ranking = Ranking(3, empty=10)
    assert ranking.dearest() == 30
    assert ranking.dearest({"d": 4}) == 30  # it may fail, which leaves its place empty
    assert ranking.dearest({"d": 40}) == 60
    ranking.add("d", 40, 1.0, trained=False)
    assert ranking.dearest() == 30
    ranking.add("d", 40, 1.0, trained=True)
    assert (ranking.dearest(), ranking.top()) == (60, ["d"])


def test_a_finalist_that_is_proposed_again_may_make_room_for_a_dearer_one() -> None:
    ranking = Ranking(1, empty=0)
    ranking.add("cheap", 1, 0.9, trained=True)
    ranking.add("dear", 50, 0.8, trained=True)
    assert ranking.dearest() == 1
    assert ranking.dearest({"cheap": 1}) == 50
    ranking.add("cheap", 1, 0.1, trained=True)
    assert ranking.top() == ["dear"]
