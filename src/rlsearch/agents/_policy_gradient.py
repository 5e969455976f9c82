"""What policy-gradient learners of many independent runs share: moving average and credit of rewards, and the step."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor

from rlsearch.agents._finite import check


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


def step(optimizer: torch.optim.Optimizer, loss: Tensor, settings: Any) -> Tensor:
    """Take one step down the losses of all runs (runs,); return each run's gradient norm before clipping (runs,).

    Args:
        settings: of the agent; the norm of each run's gradient is clipped to `clip_norm` (None: not).

    Raises:
        PolicyError: a gradient is not finite.
    """
    optimizer.zero_grad(set_to_none=True)
    # Runs share no weights, so the gradient of the sum holds that of each run by itself.
    loss.sum().backward()
    gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
    norm = torch.stack([g.flatten(1).square().sum(1) for g in gradients]).sum(0).sqrt()
    if settings.clip_norm is not None:
        # 1e-6 as in `clip_grad_norm_` of torch, which would clip the norm of all runs together.
        factor = (settings.clip_norm / (norm + 1e-6)).clamp(max=1.0)[:, None, None]
        for gradient in gradients:
            gradient.mul_(factor)
    check(settings, gradient=norm)
    optimizer.step()
    return norm
