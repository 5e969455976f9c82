"""Repeated searches stretch by stretch: means of each by itself, from its first trials to its last."""

from __future__ import annotations

import numpy as np
import pytest

from rlsearch.controls import stretches
from rlsearch.controls.meetings import Trace
from rlsearch.measures import ACCURACY, PERPLEXITY


def trace(*levels: float) -> Trace:
    values, nothing = np.array(levels), np.zeros(len(levels), np.int64)
    return Trace(nothing, nothing, values, 10 * np.nan_to_num(values, nan=-0.2), nothing)


def test_each_search_has_its_own_means_and_none_where_it_had_ended() -> None:
    searches = [trace(0.5, 0.8, 0.9, 0.6, np.nan), trace(0.8, 0.8)]
    found = stretches.block(searches, np.array([1, 2, 4, 5]), (0.7, 0.85), ACCURACY)["stretches"]
    assert found["ends"] == [2, 4, 5]  # the first trial is no stretch of its own
    assert found["rewards"] == [[6.5, 7.5, -2.0], [8.0, None, None]]
    # What diverged falls short of every level.
    assert found["below"] == {"0.7": [[0.5, 0.5, 1.0], [0.0, None, None]], "0.85": [[1.0, 0.5, 1.0], [1.0, None, None]]}


def test_falling_short_is_being_worse() -> None:
    found = stretches.block([trace(90.0, 110.0, 130.0)], np.array([3]), (100.0,), PERPLEXITY)["stretches"]
    assert found["below"] == {"100": [[pytest.approx(2 / 3)]]}


def test_without_a_level_nothing_is_kept() -> None:
    assert stretches.block([trace(0.5)], np.array([1]), (), ACCURACY) == {}
