"""What a policy that chooses optimizers sees and earns (Pham 2024, states and reward): shared by training and learning.

The state after a step: the merit of the validation level in the task's measure (the accuracy, minus the cross-entropy),
validation loss / 2, their changes in this step, the share of steps done, and which optimizer was used last. Before the
first step nothing was measured, so an untrained network counts as one that guesses: accuracy 1 / outputs, loss
log(outputs), no last optimizer.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rlsearch.measures import Measure
from rlsearch.units import Value

LOSS_LIMIT = 10.0
"""Losses above this, and those that are not finite, count as this (nats); chance on ten classes is 2.3.

Merits of measures without bounds of their own end at plus and minus this.
"""


@dataclass(frozen=True)
class Measured:
    """What is known of a child after a step: validation merit (of `merits`), loss (nats), steps done, last action."""

    merit: float
    loss: float
    steps: int = 0
    action: int | None = None

    @classmethod
    def of(cls, measure: Measure, level: float, loss: float, steps: int = 0, action: int | None = None) -> Measured:
        """Return it from the validation level in the task's measure."""
        return cls(float(merits(measure, level)), loss, steps, action)

    @classmethod
    def untrained(cls, measure: Measure, outputs: int) -> Measured:
        """Return a network at chance, before its first step: it guesses one of so many answers."""
        # log(outputs) is the cross-entropy of equal probabilities, -log(1 / outputs).
        return cls.of(measure, measure.chance(1.0 / outputs), math.log(outputs))

    @property
    def bounded_loss(self) -> float:
        """The loss, at most LOSS_LIMIT."""
        return min(self.loss, LOSS_LIMIT) if math.isfinite(self.loss) else LOSS_LIMIT


def merits(measure: Measure, level: Value) -> Value:
    """Return levels as merits, within finite bounds; NaN, of a child that diverged, stays what it is.

    >>> from rlsearch.measures import ACCURACY, PERPLEXITY
    >>> float(merits(ACCURACY, 0.75)), float(merits(PERPLEXITY, math.inf))
    (0.75, -10.0)
    """
    merit, (low, high) = measure.merit(level), _merit_bounds(measure)
    if isinstance(merit, float):
        # np.clip takes microseconds for one number, and policies that learn in memory ask at every step.
        return merit if math.isnan(merit) else min(max(merit, low), high)
    bounded: Value = np.clip(merit, low, high)
    return bounded


def _merit_bounds(measure: Measure) -> tuple[float, float]:
    low, high = measure.merit_bounds
    return low if math.isfinite(low) else -LOSS_LIMIT, high if math.isfinite(high) else LOSS_LIMIT


@functools.cache
def bounds(measure: Measure, actions: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the lowest and the highest state, float32 (5 + actions,) each, which cannot be written to."""
    # Merit, loss / 2, the changes of both, the share of steps, and one number for each optimizer.
    worst, best = _merit_bounds(measure)
    low = np.asarray([worst, 0.0, worst - best, -LOSS_LIMIT, 0.0, *[0.0] * actions], np.float32)
    high = np.asarray([best, LOSS_LIMIT / 2, best - worst, LOSS_LIMIT, 1.0, *[1.0] * actions], np.float32)
    low.flags.writeable = high.flags.writeable = False
    return low, high


def observe(measure: Measure, before: Measured, now: Measured, steps: int, actions: int) -> NDArray[np.float32]:
    """Return the state, float32 (5 + actions,): finite and inside `bounds`.

    Args:
        measure: of the task; before, now: the child one step ago and now; the same at the start.
        steps: of a whole run; actions: how many optimizers there are.
    """
    last = [float(now.action == action) for action in range(actions)]
    worst = _merit_bounds(measure)[0]
    merit = [value if math.isfinite(value) else worst for value in (before.merit, now.merit)]
    changes = [merit[1] - merit[0], now.bounded_loss - before.bounded_loss]
    state = [merit[1], now.bounded_loss / 2.0, *changes, min(now.steps / steps, 1.0), *last]
    return np.clip(np.asarray(state, np.float32), *bounds(measure, actions))


@dataclass(frozen=True)
class Weights:
    """The four weights of the reward. The source names them and gives no values.

    `gain` is that of a step's gain in merit, `final` of the merit at the end: of accuracies, as in the source, or of
    what else the task is measured by.
    """

    gain: float
    loss: float
    cost: float
    final: float

    def step(self, before: Measured, now: Measured, cost: float) -> float:
        """Return the reward of a step: what merit and loss gained, less its cost in epochs of plain SGD."""
        gained = now.merit - before.merit
        return self.gain * gained + self.loss * (before.bounded_loss - now.bounded_loss) - self.cost * cost

    def end(self, now: Measured) -> float:
        """Return what is added at the end of a run: the final merit's share."""
        return self.final * now.merit

    def earned(self, before: Measured, now: Measured, cost: float, *, last: bool) -> float:
        """Return what a policy is told after a step of a child that has not diverged; `last` ends the run."""
        return self.step(before, now, cost) + (self.end(now) if last else 0.0)
