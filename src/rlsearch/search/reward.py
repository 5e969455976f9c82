"""What an agent is told about an outcome."""

from __future__ import annotations

from collections.abc import Callable

from rlsearch.config.models import RewardSettings
from rlsearch.training.outcome import Outcome

Reward = Callable[[Outcome], float]


def reward_of(settings: RewardSettings) -> Reward:
    """Return the reward function: scale x validation accuracy ** power, or the failure reward."""

    def reward(outcome: Outcome) -> float:
        if outcome.status != "ok":
            return settings.failure
        return settings.scale * outcome.metrics["accuracy"] ** settings.power

    return reward
