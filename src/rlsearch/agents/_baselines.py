"""What policy-gradient learners of many independent runs subtract from rewards."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor

FEW, MANY, SHARE = 20, 100, 0.8
"""Rewards of the shorter and of the longer mean, and the share of the best reward, in code of Salvucci (2025)."""


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

    def state(self) -> Any:
        """Return what goes on from batch to batch."""
        return self.average

    def load(self, state: Any) -> None:
        """Continue where `state` was taken."""
        self.average = state


class Window:
    """The mean of the last 100 rewards of each run ("mean"), or the highest of three levels ("max").

    The three: that mean, the mean of the last 20, and 0.8 times the best reward so far.

    Args:
        first: the level before there are 20 rewards.
        best: what counts as the best reward until one is higher.
        average_first: whether a reward is taken in before the level is subtracted from it.
    """

    def __init__(self, kind: Literal["mean", "max"], first: float, best: float, average_first: bool = False) -> None:
        self.kind, self.first, self.least, self.average_first = kind, first, best, average_first
        self.past: Tensor | None = None
        self.best: Tensor | None = None

    def subtract(self, reward: Tensor) -> Tensor:
        """Return rewards (runs, batch) minus the level, which then takes them in, one after the other."""
        before, levels = self.value(len(reward))[:, None], []
        for column in torch.split(reward, 1, dim=1):
            self.past = column if self.past is None else torch.cat([self.past, column], 1)[:, -MANY:]
            self.best = column.clamp(min=self.least) if self.best is None else torch.maximum(self.best, column)
            levels.append(self.value(len(reward))[:, None])
        return reward - (torch.cat(levels, 1) if self.average_first else before)

    def value(self, runs: int) -> Tensor:
        """Return the level of each run (runs,)."""
        if self.past is None or self.best is None or self.past.shape[1] < FEW:
            return torch.full((runs,), self.first)
        mean = self.past.mean(1)
        if self.kind == "mean":
            return mean
        return torch.maximum(torch.maximum(mean, self.past[:, -FEW:].mean(1)), SHARE * self.best[:, 0])

    def state(self) -> Any:
        """Return what goes on from batch to batch."""
        return {"past": self.past, "best": self.best}

    def load(self, state: Any) -> None:
        """Continue where `state` was taken."""
        self.past, self.best = state["past"], state["best"]


def baseline_of(settings: Any) -> Baseline | Window:
    """Return the baseline that settings ask for."""
    if settings.baseline in ("mean", "max"):
        return Window(settings.baseline, settings.first_baseline, settings.first_best, settings.average_first)
    return Baseline(settings.baseline, settings.ema_decay, settings.average_first)
