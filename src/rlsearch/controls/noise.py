"""Replicate noise of real children at fixed candidates: what the controls' made-up rewards are built from.

A ledger's spread is no measure of noise, since it contains the signal.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlsearch.search import finalists
from rlsearch.search.answers import Answers
from rlsearch.search.answers.oracle import Floats, Oracle
from rlsearch.spaces.base import Actions

OfActions = Callable[[NDArray[Any]], Floats]
MadeUp = Callable[[NDArray[Any], int], Floats]
"""Maps the actions of candidates, and the replicate that is asked for, to rewards or noise."""


@dataclass(frozen=True)
class Noise:
    """Replicates at fixed candidates: their actions, specs and labels, and one list of rewards each."""

    actions: list[Actions]
    specs: list[Mapping[str, Any]]
    labels: list[str]
    rewards: list[list[float]]

    @property
    def sd(self) -> Floats:
        """Standard deviation at each candidate."""
        return np.array([statistics.stdev(values) for values in self.rewards])

    @property
    def pooled_sd(self) -> float:
        """Root mean square of the standard deviations."""
        # Variances are averaged, not standard deviations, whose mean falls short of a common one.
        return float(np.sqrt(np.mean(self.sd**2)))

    @property
    def pooled_mean(self) -> float:
        """Mean reward over all replicates: the level at which an agent without baseline has to work."""
        return float(np.mean(self.rewards))

    def reward(self, draws: MadeUp, signal: OfActions | None = None, sd: OfActions | None = None) -> MadeUp:
        """Return a reward at the measured level: flat without a signal, and without `sd` as noisy everywhere.

        Args:
            draws: standard normal noise of candidates and a replicate; signal, sd: of candidates.
        """

        def reward(actions: NDArray[Any], replicate: int) -> Floats:
            shape = 0.0 if signal is None else signal(actions)
            spread = self.pooled_sd if sd is None else sd(actions)
            return np.asarray(self.pooled_mean + shape + spread * draws(actions, replicate))

        return reward

    def to_json(self) -> dict[str, Any]:
        """Return the `noise` block of a controls file."""
        return {
            "actions": self.specs,
            "labels": self.labels,
            "mean": [statistics.fmean(values) for values in self.rewards],
            "sd": self.sd.tolist(),
            "replicates": len(self.rewards[0]),
            "pooled_sd": self.pooled_sd,
            "pooled_mean": self.pooled_mean,
        }


def measure(answers: Answers) -> Noise:
    """Train the replicates of the settings, or take all trainings of an oracle that lists them, which cost nothing."""
    control = answers.study.controls
    actions = answers.space.spread(control.actions)
    specs = [answers.space.decode(candidate) for candidate in actions]
    labels = [answers.space.describe(spec) for spec in specs]
    if isinstance(oracle := answers.oracle, Oracle):
        rows = [int(oracle.rows_of(candidate)) for candidate in actions]  # one by one: they may differ in length
        rewards = answers.reward.of_levels(oracle.levels[rows]).tolist()
    else:
        # 0.0 stands for the mean reward of a search, which these candidates never had.
        chosen = [(answers.space.key(spec), spec, 0.0) for spec in specs]
        with answers.evaluator(0, 1) as evaluator:
            measured = finalists.evaluate_again(chosen, evaluator, answers.reward, control.replicates, "replicate")
        rewards = [list(finalist.rewards) for finalist in measured]
    return Noise(actions, [dict(spec) for spec in specs], labels, rewards)
