"""Where Q-learning ends on the table's space when what is best is known: the best reward so far leads there.

The paper's update does not: its states forget what earlier layers have earned, so that values of unlike candidates mix.
"""

from __future__ import annotations

import pytest

from layer_chains import TABLE
from q_searches import agent, run

NETWORKS = 300
SCHEDULE = [[1.0, 120], *([epsilon, 27] for epsilon in (0.9, 0.7, 0.5, 0.3, 0.1))]
"""The laptop's, three times as long: 120 networks are drawn uniformly, the last 45 nearly greedily."""


@pytest.mark.parametrize(("update", "least", "most"), [("max", 8, 10), ("q-learning", 0, 2)])
def test_how_often_the_greedy_network_is_the_planted_optimum(update: str, least: int, most: int) -> None:
    """Of ten seeds."""
    ends = 0
    for seed in range(10):
        made = agent(TABLE, seed, schedule=SCHEDULE, update=update, q0=0.0)
        run(made, NETWORKS, TABLE.planted)
        ends += made.tree.greedy()[0] == TABLE.optimum()
    assert least <= ends <= most
