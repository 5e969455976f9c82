"""Which training of each network a repetition meets: the same one, whichever agent searches."""

from __future__ import annotations

import numpy as np

from rlsearch import seeds
from rlsearch.config.models import RewardSettings
from rlsearch.controls.simulate import Integers
from rlsearch.search.answers.oracle import Oracle
from rlsearch.search.reward import Reward

FIRST_SEED = 1_000_000
"""Repetition i has this search seed plus i, so that no real search meets its trainings."""


class SeedOrder:
    """Which training of a network a repetition meets, and what it earns there.

    Args:
        oracle: all candidates and trainings; settings: of the reward; study: its name; runs: repetitions.
    """

    def __init__(self, oracle: Oracle, settings: RewardSettings, study: str, runs: int) -> None:
        self.oracle, self.runs = oracle, runs
        self.levels = oracle.levels
        self.reward = Reward(settings, oracle.measure).of_levels(self.levels)
        # One generator a repetition: a generator for each network, as in real searches, takes a hundred times as long.
        columns = np.tile(np.arange(oracle.seeds, dtype=np.int8), (oracle.candidates, 1))
        generators = [seeds.generator("repetition", study, FIRST_SEED + run) for run in range(runs)]
        self.order = np.stack([rng.permuted(columns, axis=1) for rng in generators])

    def columns(self, runs: Integers | int, rows: Integers, position: Integers | int) -> Integers:
        """Return the columns that repetitions meet at a position of their order; it begins again at the end."""
        # Modulo: an agent that asks for more replicates than there are trainings meets the first ones again.
        return np.asarray(self.order[runs, rows, np.asarray(position) % self.oracle.seeds], dtype=np.int64)
