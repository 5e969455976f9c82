"""Which spaces Q-learning takes, and what it says of those that it cannot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rlsearch
from rlsearch.agents.q_learning import QLearning
from rlsearch.errors import RlsearchError
from rlsearch.spaces.base import Actions, Choice, Decision, Space


class Wide(Space):
    """Two decisions of many options."""

    width, depth = 200, 2

    def next(self, prefix: Actions) -> Decision | None:
        name = f"decision {len(prefix)}"
        return Choice(name, tuple(range(self.width)), (True,) * self.width) if len(prefix) < self.depth else None

    def decode(self, actions: Actions) -> dict[str, Any]:
        return {"network": {"numbers": list(actions)}}

    def spread(self, count: int) -> list[Actions]:
        return [(place,) * self.depth for place in range(count)]

    def planted(self, actions: Actions) -> float:
        return float(sum(actions))


def test_a_space_of_many_options_is_one_of_choices() -> None:
    """However many of its prefixes there are: a thousand are asked, and complete candidates are none of them."""
    assert QLearning.supports(Wide())
    found = rlsearch.search(Wide(), "q-learning", lambda spec: sum(spec["network"]["numbers"]) / 400, trials=30)
    assert len({trial.key for trial in found.trials}) == 30


@pytest.mark.parametrize("state", [[1], np.array([1, 2]), ([1],)])
def test_a_state_that_cannot_be_a_key_is_one_message(state: Any) -> None:
    class Odd(Wide):
        def state(self, prefix: Actions) -> Any:
            return state

    with pytest.raises(RlsearchError, match=r"the state of \[\] is .* cannot be the key of a row"):
        rlsearch.search(Odd(), "q-learning", lambda _: 0.5, trials=3)


@pytest.mark.parametrize("wrap", [np.int64, lambda depth: (np.int64(depth), np.str_("x"))])
def test_a_state_of_numpys_numbers_is_one_of_plain_numbers(wrap: Any) -> None:
    class Counted(Wide):
        def state(self, prefix: Actions) -> Any:
            return wrap(len(prefix))

    class Plain(Wide):
        def state(self, prefix: Actions) -> Any:
            return len(prefix) if wrap is np.int64 else (len(prefix), "x")

    learnt = [rlsearch.search(space, "q-learning", lambda _: 0.5, trials=5).learnt for space in (Counted(), Plain())]
    assert learnt[0] == learnt[1]


def test_a_space_without_a_decision_is_one_message() -> None:
    class Empty(Wide):
        depth = 0

    with pytest.raises(RlsearchError, match="the space has no decision"):
        rlsearch.search(Empty(), "q-learning", lambda _: 0.5, trials=3)


def test_prefixes_are_told_by_their_options_however_deep() -> None:
    class Deep(Wide):
        width, depth = 2, 4

    rows = rlsearch.search(Deep(), "q-learning", lambda _: 0.5, trials=16).learnt["q_table"]["rows"]
    labels = [row[0] for row in rows if row[1] == 3]
    assert {label.count(" - ") for label in labels} == {2} and len(set(labels)) == 8
