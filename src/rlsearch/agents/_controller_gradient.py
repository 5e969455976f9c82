"""Policy-gradient estimates of many batches at frozen policies, by several estimators on the same batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlsearch import seeds
from rlsearch.agents._baselines import Baseline, Window, baseline_of
from rlsearch.agents._controller_learner import Learner
from rlsearch.agents._finite import lost
from rlsearch.policies.unroll import Unrolled
from rlsearch.spaces.base import Space


def samples(
    space: Space,
    settings: Any,
    reward: Callable[[NDArray[np.int64]], NDArray[np.float64]],
    *,
    updates: Sequence[int],
    batches: int,
    clip: float,
    seed: int,
) -> list[dict[str, Any]]:
    """Train one search, freeze its policy after each of `updates` updates, and estimate its gradient there.

    Every estimator is evaluated on the same `batches` batches: "none" (no baseline), "ema" (the moving average, which
    goes on from batch to batch and so never contains the present one) and "critic" (R - V(s_t), V frozen); where the
    agent has another baseline ("mean", "max"), that too, going on in the same way. All are unclipped estimates of the
    gradient of the expected reward: their means agree, their variances can be compared. What would bias them all is
    left out here, whatever the search does: exploration, `next_reward`, the entropy bonus, the dead zone, a loss of
    another distribution than the sampled one.

    Args:
        reward: maps the actions of a candidate of each run, int64 (runs, decisions), to rewards (runs,).
        updates: ascending; 0 is the initial policy.
        clip: bounds the advantages of `clipped` where the agent itself clips nothing, in the unit of the reward.

    Returns:
        For each frozen policy `updates`, `others` (float64 (batches, parameters) by estimator), `plain` (= "none"),
        `estimate` (the agent's own) and `clipped` (the agent's own with advantages clipped).
    """
    learner = Learner(space, settings, 1, seeds.integer("gradient", settings.type, seed), critic=True)
    own = baseline_of(settings)
    baselines: list[Baseline | Window] = [Baseline("ema", settings.ema_decay)]
    baselines += [own] if isinstance(own, Window) else []
    _warm_up(learner, space, reward, baselines)
    bound = clip if settings.clip_reward is None else settings.clip_reward
    policies = []
    for count in sorted(updates):
        while learner.updates < count:
            _, rewards = learner.episode(space, reward)
            _take(baselines, rewards)
        frozen = _frozen(learner, space, settings, batches, seeds.integer("gradient", settings.type, seed, count))
        policies.append({"updates": count, **_estimates(frozen, space, settings, reward, baselines, bound)})
    return policies


def _warm_up(
    learner: Learner,
    space: Space,
    reward: Callable[[NDArray[np.int64]], NDArray[np.float64]],
    baselines: Sequence[Baseline | Window],
) -> None:
    """Set where the baselines and the critic begin, by one batch from which nothing is learnt."""
    drawn = learner.sample(space, learner.settings.batch)
    rewards = np.stack([reward(drawn.actions[:, column]) for column in range(drawn.actions.shape[1])], axis=1)
    _take(baselines, rewards)
    assert learner.critic is not None
    learner.critic.offset = torch.from_numpy(rewards).float().mean(1, keepdim=True)


def _take(baselines: Sequence[Baseline | Window], rewards: NDArray[np.float64]) -> None:
    for baseline in baselines:
        baseline.subtract(torch.from_numpy(rewards).float())


def _frozen(learner: Learner, space: Space, settings: Any, batches: int, seed: int) -> Learner:
    """Return `batches` copies of a search's policy and critic, which differ in nothing but their noise."""
    copies = Learner(space, settings, batches, seed, critic=True)
    assert copies.critic is not None
    assert learner.critic is not None
    pairs = [(copies.policy, learner.policy), (copies.critic, learner.critic)]
    with torch.no_grad():
        for copied, single in pairs:
            for target, source in zip(copied.parameters(), single.parameters(), strict=True):
                target.copy_(source.expand_as(target))
        copies.critic.offset = learner.critic.offset.expand(batches, 1).clone()
    copies.updates = learner.updates
    return copies


def _estimates(
    frozen: Learner,
    space: Space,
    settings: Any,
    reward: Callable[[NDArray[np.int64]], NDArray[np.float64]],
    baselines: Sequence[Baseline | Window],
    clip: float,
) -> dict[str, Any]:
    # Without exploration, whose uniform draws would bias the estimate (`ControllerSettings`).
    drawn = frozen.sample(space, settings.batch, explore=False)
    rewards = np.stack([reward(drawn.actions[:, column]) for column in range(settings.batch)], axis=1)
    walk = frozen.walk(space, drawn.actions, drawn.lengths)
    earned, average = torch.from_numpy(rewards).float(), baselines[0]
    advantages = _advantages(earned, walk, float(average.value(1)[0]), settings.ema_decay)
    advantages |= {window.kind: _of_window(earned, walk, window) for window in baselines if isinstance(window, Window)}
    own = "critic" if settings.critic else settings.baseline
    others = {name: _gradient(frozen, walk, advantage) for name, advantage in advantages.items()}
    clipped = _gradient(frozen, walk, advantages[own].clamp(-clip, clip))
    return {"others": others, "plain": others["none"], "estimate": others[own], "clipped": clipped}


def _advantages(reward: Tensor, walk: Unrolled, level: float, decay: float) -> dict[str, Tensor]:
    """Return the advantages (batches, batch, decisions) of the three estimators; `level`: of the moving average."""
    assert walk.value is not None
    # One batch after the other, as a search would meet them: each is judged by the average of all before it.
    baseline = []
    for row in reward.tolist():
        baseline.append(level)
        for value in row:
            level = decay * level + (1 - decay) * value
    less_average = reward - torch.tensor(baseline)[:, None]
    per_decision = reward[..., None]
    return {
        "none": per_decision.expand_as(walk.log_prob),
        "ema": less_average[..., None].expand_as(walk.log_prob),
        "critic": per_decision - walk.value.detach(),
    }


def _of_window(reward: Tensor, walk: Unrolled, window: Window) -> Tensor:
    """Return the advantages of a window of rewards, which starts as the search has left it and goes on in the same way.

    Each batch is judged by all before it: with a reward of its own in the baseline no estimate is unbiased.
    """
    going = copy(window)
    going.average_first = False
    return torch.cat([going.subtract(row[None]) for row in reward])[..., None].expand_as(walk.log_prob)


def _gradient(frozen: Learner, walk: Unrolled, advantage: Tensor) -> NDArray[np.float64]:
    """Return the gradient of each batch's mean reward, (batches, parameters)."""
    gain = (walk.log_prob * advantage * walk.active).sum(2).mean(1)
    # Every copy has weights of its own, so the gradient of the sum is that of each batch. The graph is kept for the
    # other estimators.
    parts = torch.autograd.grad(gain.sum(), list(frozen.policy.parameters()), retain_graph=True, allow_unused=True)
    # In double precision: variances are small differences of sums over many batches.
    flat = [part.flatten(1).double().numpy() for part in parts if part is not None]
    gradient = np.concatenate(flat, axis=1)
    if not np.isfinite(gradient).all():
        raise lost("a gradient is not finite", frozen.settings)
    return gradient
