"""The reward of an outcome, which the agent receives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlsearch.config.models import RewardSettings
from rlsearch.measures import Measure
from rlsearch.training.outcome import Outcome
from rlsearch.units import Value

RewardOf = Callable[[Outcome], float]
LEAST = 1e-6
"""Smaller levels are raised to this where the power is negative, so that no reward is infinite."""


@dataclass(frozen=True)
class Reward:
    """scale x measure ** power; the failure reward of a child that diverged or did not train.

    >>> from rlsearch.measures import ACCURACY, PERPLEXITY
    >>> Reward(RewardSettings(), ACCURACY)(Outcome("ok", {"accuracy": 0.5}))
    5.0
    >>> Reward(RewardSettings(power=-1), PERPLEXITY)(Outcome("ok", {"loss": 0.0}))
    10.0
    """

    settings: RewardSettings
    measure: Measure

    def __call__(self, outcome: Outcome) -> float:
        """Return the reward of an outcome."""
        if outcome.status != "ok":
            return self.settings.failure
        return self._earned(self.measure.of(outcome.metrics))

    def of_levels(self, levels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the rewards of many levels, NaN where a training diverged."""
        return np.where(np.isnan(levels), self.settings.failure, self._earned(levels))

    def _earned(self, level: Value) -> Value:
        power = self.settings.power
        if power < 0:
            level = np.maximum(level, LEAST) if isinstance(level, np.ndarray) else max(level, LEAST)
        return self.settings.scale * level**power
