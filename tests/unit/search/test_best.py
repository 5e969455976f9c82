"""The rule by which searches pick their finalists: means of distinct candidates, ties to the first that was asked."""

from __future__ import annotations

import numpy as np

from rlsearch.search.best import distinct, finalist_places

ASKED = np.array(["c", "a", "b", "c", "d", "b"])
REWARDS = np.array([1.0, 2.0, 3.0, 3.0, 9.0, 1.0])


def test_repeated_candidates_count_with_their_mean_and_ties_go_to_the_first_asked() -> None:
    first, means, position = distinct(ASKED, REWARDS)
    assert dict(zip(ASKED[first].tolist(), means.tolist(), strict=True)) == {"a": 2.0, "b": 2.0, "c": 2.0, "d": 9.0}
    assert (first[position] == [0, 1, 2, 0, 4, 2]).all()
    assert ASKED[first[finalist_places(means, first, 3)]].tolist() == ["d", "c", "a"]


def test_a_candidate_that_never_trained_is_no_finalist() -> None:
    first, means, _ = distinct(ASKED, REWARDS)
    able = ASKED[first] != "d"
    assert ASKED[first[finalist_places(means, first, 9, able)]].tolist() == ["c", "a", "b"]
    assert not finalist_places(means, first, 9, np.zeros(4, dtype=bool)).size


def test_the_first_candidates_are_finalists_where_an_agent_asks_for_them() -> None:
    first, means, _ = distinct(ASKED, REWARDS)
    assert ASKED[first[finalist_places(means, first, 3, earliest=True)]].tolist() == ["c", "a", "b"]
    able = ASKED[first] != "a"
    assert ASKED[first[finalist_places(means, first, 3, able, earliest=True)]].tolist() == ["c", "b", "d"]
