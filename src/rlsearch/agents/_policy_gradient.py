"""What policy-gradient learners of many independent runs share: the credit of rewards, and the step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from rlsearch.agents._finite import check


def credited(reward: Tensor, next_reward: float) -> tuple[Tensor, Tensor]:
    """Return what each candidate is credited with, and which candidates count (1.0, else 0.0), both (runs, batch).

    With `next_reward` > 0 candidates come in pairs: the first is credited with r + next_reward * r', r' being the
    second's, and the second is not learnt from; a last one without a partner is credited with its own. The rewards
    are those left by baseline and clipping. Srivatsava & Duddu 2019 call this actor-critic; no critic is in it.
    """
    counted = torch.ones_like(reward)
    if next_reward == 0:
        return reward, counted
    credit = reward.clone()
    pairs = reward.shape[1] // 2
    credit[:, 0 : 2 * pairs : 2] += next_reward * reward[:, 1 : 2 * pairs : 2]
    counted[:, 1 : 2 * pairs : 2] = 0
    return credit, counted


def step(optimizer: torch.optim.Optimizer, loss: Tensor, settings: Any) -> Tensor:
    """Take one step down the losses of all runs (runs,); return each run's gradient norm before clipping (runs,).

    Args:
        settings: of the agent; the norm of each run's gradient is clipped to `clip_norm` (None: not).

    Raises:
        PolicyError: a gradient is not finite.
    """
    norm = differentiate([p for group in optimizer.param_groups for p in group["params"]], loss, settings)
    optimizer.step()
    return norm


def differentiate(parameters: Sequence[nn.Parameter], loss: Tensor, settings: Any, clip: str = "whole") -> Tensor:
    """Set the gradients of the losses of all runs (runs,), clipped; return each run's norm before that (runs,).

    Args:
        parameters: tensors (runs, ...).
        clip: whether `settings.clip_norm` bounds the gradient of a run as a "whole" or in each "tensor".

    Raises:
        PolicyError: a gradient is not finite.
    """
    for parameter in parameters:
        parameter.grad = None
    # Runs share no weights, so the gradient of the sum holds that of each run by itself.
    loss.sum().backward()
    gradients = [p.grad for p in parameters if p.grad is not None]
    squares = torch.stack([g.flatten(1).square().sum(1) for g in gradients])
    norm = squares.sum(0).sqrt()
    if settings.clip_norm is not None:
        bounded = [norm] * len(gradients) if clip == "whole" else squares.sqrt()
        for gradient, length in zip(gradients, bounded, strict=True):
            # 1e-6 as in `clip_grad_norm_` of torch, which would clip the norm of all runs together.
            gradient.mul_((settings.clip_norm / (length + 1e-6)).clamp(max=1.0)[:, None, None])
    check(settings, gradient=norm)
    return norm
