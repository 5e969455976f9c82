"""What tabular Q-learning costs: a repetition of 100 networks in at most 0.05 s, and no more a network later on.

    python benchmarks/q_learning.py [--networks 100] [--late 10000] [--rounds 9]

Nothing is trained and nothing is written. A repetition is one search in memory, each network followed by a replay of
100, with four decisions a network as in the truth table of MetaQNN; processor time, so that other work on the machine
counts less. The growth is that of asking for and telling a network of the paper's space with a replay of 10, in a
search of 10,000, its last tenth against its second: the replay of a long search meets memory that no cache holds any
more. (The first tenth would bring the first sight of many states; in a small space known networks are drawn again and
again, and a network costs as many draws as it takes to find a new one.)
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
from typing import Any

from table import Row, machine, show

from rlsearch import seeds
from rlsearch.agents.base import Proposal
from rlsearch.agents.q_learning import QLearning, Settings
from rlsearch.spaces.base import Space
from rlsearch.spaces.layered_cnn import LayeredCNN, LayeredSettings
from rlsearch.spaces.metaqnn import MetaQNN

GOAL, GROWTH_GOAL = 0.05, 1.5
FULL = 100
UPDATES: dict[str, dict[str, Any]] = {
    "the paper's update": {},
    "forward, at every decision": {"order": "forward", "reward_at": "every", "gamma": 0.01},
    "sarsa": {"update": "sarsa"},
    "double": {"update": "double"},
    "monte carlo": {"steps": None},
    "max": {"update": "max"},
}


def small() -> Space:
    """Return 900 networks of four decisions."""
    kernels, filters = (1, 3, 5, 7, 9), (4, 8, 16, 32, 64, 128)
    return LayeredCNN(LayeredSettings(layers=2, kernels=kernels, filters=filters, strides=(1,)))


def told(agent: QLearning, networks: int) -> list[float]:
    """Let an agent search; return the seconds of each network."""
    rng, taken = seeds.generator("bench", "q-learning"), []
    rewards = (0.7 + 0.2 * rng.random(networks)).tolist()
    for reward in rewards:
        start = time.process_time()
        proposals: list[Proposal] = agent.ask(1)
        agent.tell(proposals, [reward])
        taken.append(time.process_time() - start)
    return taken


def repetition(name: str, networks: int, rounds: int) -> Row:
    """Return how long a search in memory takes, the median of some."""
    space = small()
    searches = [sum(told(QLearning(space, Settings(**UPDATES[name]), seed), networks)) for seed in range(rounds)]
    goal = GOAL if networks == FULL else None
    spread = f"{min(searches):.3f} to {max(searches):.3f}"
    return Row(f"q-learning, {name}: {networks} networks", statistics.median(searches), "s", goal, note=spread)


def growth(networks: int) -> Row:
    """Return what a network of the last tenth costs against one of the second."""
    agent = QLearning(MetaQNN(), Settings(replay=10, schedule=((0.5, 1),)), 0)
    taken, tenth = told(agent, networks), max(1, networks // 10)
    ratio = statistics.median(taken[-tenth:]) / statistics.median(taken[tenth : 2 * tenth])
    return Row(f"q-learning: network {networks:,} against network {2 * tenth:,}", ratio, "x", GROWTH_GOAL)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this benchmark's options."""
    parser.add_argument("--networks", type=int, default=FULL, help="of a repetition (100)")
    parser.add_argument("--late", type=int, default=10_000, help="networks of the long search (10000)")
    parser.add_argument("--rounds", type=int, default=9, help="repetitions of which the median counts (9)")


def run(options: argparse.Namespace) -> list[Row]:
    """Measure as the options ask."""
    return [*(repetition(name, options.networks, options.rounds) for name in UPDATES), growth(options.late)]


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options; an empty list gives the defaults."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add_options(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    print(show(run(parse()), machine("cpu", 1)))
