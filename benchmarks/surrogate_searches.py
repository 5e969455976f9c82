"""What searches repeated on a surrogate take beside their agents alone: at most three times as long.

    python benchmarks/surrogate_searches.py [--agents lstm-reinforce random] [--runs 40] [--trials 800] [--noise 0]

The surrogate is the mock reward of two cells, whose space is far too large to be listed. The same searches, side by
side in one process, are timed on a constant reward first.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from table import Row, machine, show

from rlsearch.config import plugins
from rlsearch.config.models import RepetitionSettings, RewardSettings, SearchSettings
from rlsearch.controls import repetitions, traces
from rlsearch.controls.meetings import meetings
from rlsearch.controls.simulate import Floats, Integers, simulate_choices
from rlsearch.search.answers.function import FunctionOracle
from rlsearch.spaces._making import space_of

GOAL, BATCH = 3.0, 8
LEAST = 0.1
"""Seconds of an agent alone below which no goal is set: random search draws all at once."""
SPACE, MOCK = "nasnet-cells", "nasnet-mock"


def seconds(agent: str, runs: int, trials: int, noise: float) -> tuple[float, float]:
    """Return the processor time of an agent's searches on a constant reward, and that of its repetitions."""
    module, cells, mock = plugins.load("agents", agent), plugins.load("spaces", SPACE), plugins.load("surrogates", MOCK)
    settings, space = module.SETTINGS(type=agent, batch=BATCH), space_of(cells.SETTINGS(canonical=False))
    search = SearchSettings(seeds=1, budget=trials)
    control = RepetitionSettings(runs=runs, trials=trials + search.finalists * search.replicates)

    def constant(actions: Integers, replicate: int) -> Floats:
        return np.full(len(actions), 0.5)

    def alone(episodes: int) -> None:
        simulate_choices(module.AGENT, space, settings, constant, episodes=episodes, runs=runs)

    def repeated() -> None:
        oracle = FunctionOracle(space, mock.SURROGATE(space, mock.SETTINGS()), noise, "bench")
        met: Any = meetings(oracle, RewardSettings(), "bench", runs, search.replicates)
        limit = repetitions.budget(oracle, control, search)
        found = repetitions.searches(settings, met, limit, control.trials, met.places(search.replicates, trials))
        traces.block(found, met, control, search, limit.total)

    alone(2 * BATCH)  # pays for imports and caches
    start = time.process_time()
    alone(trials)
    between = time.process_time()
    repeated()
    return between - start, time.process_time() - between


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this benchmark's options."""
    parser.add_argument("--agents", nargs="+", default=["lstm-reinforce"], help="types of agents (lstm-reinforce)")
    parser.add_argument("--runs", type=int, default=40, help="searches (40)")
    parser.add_argument("--trials", type=int, default=800, help="trials of each (800)")
    parser.add_argument("--noise", type=float, default=0.0, help="standard deviation of the noise (0)")


def run(options: argparse.Namespace) -> list[Row]:
    """Measure as the options ask, on one thread; the goal is that of 40 searches of 800 trials."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    goal = GOAL if (options.runs, options.trials) == (40, 800) else None
    try:
        return [
            Row(
                f"{agent} on a surrogate: {options.runs} searches of {options.trials} trials",
                repeated / max(alone, 1e-9),
                "times its own time",
                goal if alone >= LEAST else None,
                note=f"{repeated:.2f} s beside {alone:.2f} s on a constant reward",
            )
            for agent in options.agents
            for alone, repeated in [seconds(agent, options.runs, options.trials, options.noise)]
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
