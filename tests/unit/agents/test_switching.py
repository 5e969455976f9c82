"""The sweep of schedules that switch seldom: which there are, in which order, and on which seeds."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from pydantic import ValidationError

from rlsearch.agents.switching import AGENT, SETTINGS, schedules
from rlsearch.spaces.init_scale import InitScale
from rlsearch.spaces.optimizer_selection import OptimizerSelection
from rlsearch.spaces.optimizer_selection import Settings as SpaceSettings
from rlsearch.spaces.sgd_sweep import SgdSweep

SPACE = OptimizerSelection(SpaceSettings(steps=4))


@pytest.mark.parametrize("switches", range(4))
def test_schedules_are_those_with_so_few_changes(switches: int) -> None:
    found = schedules(SPACE, switches)
    few = [one for one in SPACE.enumerate() if sum(a != b for a, b in pairwise(one)) <= switches]
    assert found == few


def test_each_round_tries_all_of_them_on_the_next_seed() -> None:
    agent = AGENT(SPACE, SETTINGS(switches=1), 0)
    size = 3 + 3 * 2 * 3
    asked = agent.ask(2 * size + 5)
    first, second = asked[:size], asked[size : 2 * size]
    for number, proposals in enumerate((first, second)):
        assert Counter(one.actions for one in proposals) == Counter(schedules(SPACE, 1))
        assert {one.replicate for one in proposals} == {number}
    assert [one.actions for one in first] != [one.actions for one in second]
    assert {one.replicate for one in asked[2 * size :]} == {2}


def test_it_is_for_schedules_only() -> None:
    assert AGENT.supports(SPACE)
    assert not AGENT.supports(InitScale()) and not AGENT.supports(SgdSweep())
    with pytest.raises(ValidationError):
        SETTINGS(switches=4)


def test_too_many_schedules_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 20000 schedules of 60 steps with 3 switches"):
        schedules(OptimizerSelection(SpaceSettings(steps=60)), 3)
