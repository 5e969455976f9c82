"""What is made of a reward before it multiplies a log-probability: moving average, credit."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor


def credited(reward: Tensor, next_reward: float) -> tuple[Tensor, Tensor]:
    """Return what each candidate is credited with, and which candidates count (1.0, else 0.0), both (runs, batch).

    With `next_reward` > 0 candidates come in pairs: the first is credited with r + next_reward * r', r' being the
    second's, and the second is not learnt from; a last one without a partner is credited with its own. The rewards
    are those left by moving average and clipping. Srivatsava & Duddu 2019 call this actor-critic; no critic is in it.
    """
    counted = torch.ones_like(reward)
    if next_reward == 0:
        return reward, counted
    credit = reward.clone()
    pairs = reward.shape[1] // 2
    credit[:, 0 : 2 * pairs : 2] += next_reward * reward[:, 1 : 2 * pairs : 2]
    counted[:, 1 : 2 * pairs : 2] = 0
    return credit, counted


class Baseline:
    """An exponential moving average of the rewards of each run.

    It starts at the first reward. `average_first` moves it before the subtraction, as the source's code does, which
    multiplies every advantage by the decay.
    """

    def __init__(self, kind: Literal["none", "ema"], decay: float, average_first: bool = False) -> None:
        self.kind, self.decay, self.average_first = kind, decay, average_first
        self.average: Tensor | None = None

    def subtract(self, reward: Tensor) -> Tensor:
        """Return rewards (runs, batch) minus the average of earlier batches, then move the average."""
        if self.kind == "none":
            return reward
        # The average starts at the first reward: from 0 the first advantages would all have the rewards' sign.
        before = reward[:, :1] if self.average is None else self.average
        after, moved = before, []
        # Candidate by candidate, in the order of asking, whatever the size of the batch.
        for column in torch.split(reward, 1, dim=1):
            after = self.decay * after + (1 - self.decay) * column
            moved.append(after)
        self.average = after
        return reward - (torch.cat(moved, 1) if self.average_first else before)

    def value(self, runs: int) -> Tensor:
        """Return the average of each run (runs,); 0 before the first reward."""
        return torch.zeros(runs) if self.average is None else self.average[:, 0]
