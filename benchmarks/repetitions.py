"""How long whole searches repeated on a truth table take: 500 of 200 trials each in under a minute on one core.

    python benchmarks/repetitions.py [--agents random lstm-reinforce] [--runs 500] [--trials 200]

The table is made up and has the size of RL-NAS-1296, so that nothing but this package is needed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from table import Row, machine, show

from rlsearch import seeds
from rlsearch.config import plugins
from rlsearch.config.models import RepetitionSettings, RewardSettings, SearchSettings
from rlsearch.controls import repetitions, traces
from rlsearch.controls.traces import SeedOrder
from rlsearch.search.answers.table import oracle_of
from rlsearch.truth import recipe
from rlsearch.truth.table import TruthTable

GOAL = 60.0
TABLE, SEEDS = "rl-nas-1296", 10


def made_up_table() -> TruthTable:
    """Return a table in which larger networks are better and cost more, with noise of two points."""
    asked = recipe.read(TABLE, Path(__file__).parents[1])
    rows = np.array(list(asked.made_space.enumerate()))
    size = rows.sum(axis=1) / rows.sum(axis=1).max()
    noise = seeds.generator("bench", "table").normal(0, 0.02, (len(rows), SEEDS))
    accuracy = np.clip(0.7 + 0.2 * size[:, None] + noise, 0, 1)[:, :, None]
    flops = (1e6 * (1 + 4 * size)).astype(np.int64)
    return TruthTable(asked, "validation", {"accuracy": accuracy, "loss": 1 - accuracy}, np.array([6]), flops, flops)


def seconds(agent: str, table: TruthTable, runs: int, trials: int) -> float:
    """Return how long the repetitions of an agent take, with its answers and curves."""
    settings = plugins.load("agents", agent).SETTINGS(type=agent)
    control = RepetitionSettings(runs=runs, trials=trials)
    search = SearchSettings(seeds=1, budget=trials)
    start = time.perf_counter()
    oracle = oracle_of(table)
    seed_order = SeedOrder(oracle, RewardSettings(), "bench", runs)
    limit = repetitions.budget(oracle, control, search)
    found = repetitions.searches(settings, seed_order, limit, trials)
    traces.block(found, seed_order, control, search, limit.total)
    return time.perf_counter() - start


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this benchmark's options."""
    parser.add_argument("--agents", nargs="+", default=["random", "lstm-reinforce"], help="types of agents")
    parser.add_argument("--runs", type=int, default=500, help="repetitions (500)")
    parser.add_argument("--trials", type=int, default=200, help="cost of each, in networks of mean cost (200)")


def run(options: argparse.Namespace) -> list[Row]:
    """Measure as the options ask, on one thread; the goal is that of 500 repetitions of 200 trials."""
    table, threads = made_up_table(), torch.get_num_threads()
    torch.set_num_threads(1)
    goal = GOAL if (options.runs, options.trials) == (500, 200) else None
    try:
        return [
            Row(f"{agent}: {options.runs} searches of {options.trials} trials", taken, "s", goal)
            for agent in options.agents
            for taken in [seconds(agent, table, options.runs, options.trials)]
        ]
    finally:
        torch.set_num_threads(threads)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options; an empty list gives the defaults."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add_options(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    print(show(run(parse()), machine("cpu", 1)))
