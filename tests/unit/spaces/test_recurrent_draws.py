"""Drawing recurrent cells without replacement: cells are counted, not sequences of decisions."""

from __future__ import annotations

from rlsearch.agents.random import Random
from rlsearch.agents.random import Settings as RandomSettings
from rlsearch.spaces.base import Size
from rlsearch.spaces.recurrent_cell import SETTINGS, RecurrentCell


def test_random_without_replacement_meets_each_cell_once() -> None:
    made = RecurrentCell(
        SETTINGS(base=2, combinations=["add", "mult"], activations=["tanh"], injection=["add", "tanh"])
    )
    agent = Random(made, RandomSettings(type="random", replacement=False), 0)
    assert made.nominal_size == 72 and made.distinct_size == Size(38)
    proposed = [made.key(made.decode(proposal.actions)) for _ in range(38) for proposal in agent.ask(1)]
    assert len(set(proposed)) == 38 and not agent.ask(1)
