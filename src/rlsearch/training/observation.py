"""What a policy that chooses optimizers sees and earns (Pham 2024, states and reward): shared by training and learning.

The state after a step: validation accuracy, validation loss / 2, their changes in this step, the share of steps done,
and which optimizer was used last. Before the first step nothing was measured, so an untrained network is taken to be
at chance: accuracy 1 / outputs, loss log(outputs), no last optimizer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LOSS_LIMIT = 10.0
"""Losses above this, and those that are not finite, count as this (nats); chance on ten classes is 2.3."""

FIXED = 5
"""Numbers of the state besides the last action's."""


@dataclass(frozen=True)
class Measured:
    """What is known of a child after a step: validation accuracy (0..1) and loss (nats), steps done, last action."""

    accuracy: float
    loss: float
    steps: int = 0
    action: int | None = None

    @classmethod
    def untrained(cls, outputs: int) -> Measured:
        """Return a network at chance, before its first step: it guesses one of so many answers."""
        return cls(1.0 / outputs, math.log(outputs))

    @property
    def bounded_loss(self) -> float:
        """The loss, at most LOSS_LIMIT."""
        return min(self.loss, LOSS_LIMIT) if math.isfinite(self.loss) else LOSS_LIMIT


def bounds(actions: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the lowest and the highest state, float32 (5 + actions,) each."""
    low = [0.0, 0.0, -1.0, -LOSS_LIMIT, 0.0, *[0.0] * actions]
    high = [1.0, LOSS_LIMIT / 2, 1.0, LOSS_LIMIT, 1.0, *[1.0] * actions]
    return np.asarray(low, np.float32), np.asarray(high, np.float32)


def observe(before: Measured, now: Measured, steps: int, actions: int) -> NDArray[np.float32]:
    """Return the state, float32 (5 + actions,): finite and inside `bounds`.

    Args:
        before, now: the child one step ago and now; the same at the start.
        steps: of a whole run; actions: how many optimizers there are.
    """
    last = [float(now.action == action) for action in range(actions)]
    accuracy = [value if math.isfinite(value) else 0.0 for value in (before.accuracy, now.accuracy)]
    changes = [accuracy[1] - accuracy[0], now.bounded_loss - before.bounded_loss]
    state = [accuracy[1], now.bounded_loss / 2.0, *changes, min(now.steps / steps, 1.0), *last]
    return np.clip(np.asarray(state, np.float32), *bounds(actions))


@dataclass(frozen=True)
class Weights:
    """The four weights of the reward. The source names them and gives no values."""

    accuracy: float
    loss: float
    cost: float
    final: float

    def step(self, before: Measured, now: Measured, cost: float) -> float:
        """Return the reward of a step: what accuracy and loss gained, less its cost in epochs of plain SGD."""
        gained = now.accuracy - before.accuracy
        return self.accuracy * gained + self.loss * (before.bounded_loss - now.bounded_loss) - self.cost * cost

    def end(self, now: Measured) -> float:
        """Return what is added at the end of a run: the final accuracy's share."""
        return self.final * now.accuracy

    def earned(self, before: Measured, now: Measured, cost: float, *, last: bool) -> float:
        """Return what a policy is told after a step of a child that has not diverged; `last` ends the run."""
        return self.step(before, now, cost) + (self.end(now) if last else 0.0)
