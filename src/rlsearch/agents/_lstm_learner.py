"""Policy-gradient updates of LSTM controllers for any number of independent runs.

Sources: REINFORCE with a moving-average baseline as in Zoph & Le 2017, section 3.2; a critic with the advantage
R - V(s_t), without bootstrapping or discount, for the reward comes at the end (Sutton & Barto 2018, section 13.4); and
PPO's clipped surrogate (Schulman et al. 2017, eq. 7), as Zoph et al. 2018 use it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlsearch.agents._finite import check, check_weights
from rlsearch.agents._policy_gradient import Baseline, credited, step
from rlsearch.policies.lstm import Critic, LSTMPolicy
from rlsearch.policies.unroll import Unrolled, unroll
from rlsearch.policies.vocabulary import vocabulary
from rlsearch.spaces.base import Space
from rlsearch.training.quick_start import without_compiler

OPTIMIZERS = {"adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}


@dataclass(frozen=True)
class Sampled:
    """A draw: actions (runs, batch, decisions), padded with 0, their lengths and log-probabilities (runs, batch)."""

    actions: NDArray[np.int64]
    lengths: NDArray[np.int64]
    log_prob: Tensor


class Learner:
    """Policies, critics, optimizers and baselines of `runs` searches that never see each other.

    Args:
        space: what is chosen, at its first stage.
        settings: of the agent, whose constants say which rule it is (`critic`, `baseline`, `clip_ratio` and so on).
        runs: independent searches; seed: of the initial weights and of the sampling noise.
        critic: have a critic beside an update rule that needs none (to compare estimators).
    """

    def __init__(self, space: Space, settings: Any, runs: int, seed: int, *, critic: bool = False) -> None:
        self.settings, self.runs = settings, runs
        self.generator = torch.Generator().manual_seed(seed)
        words = vocabulary(space)
        self.policy = LSTMPolicy(runs, words, settings, self.generator)
        self.critic = Critic(runs, words, settings, self.generator) if critic or settings.critic else None
        self.optimizer = _optimizer(settings.optimizer, self.policy, settings.lr)
        self.critic_optimizer = _optimizer("adam", self.critic, settings.critic_lr) if self.critic else None
        self.baseline = Baseline(settings.baseline, settings.ema_decay, settings.average_first)
        self.updates = 0

    @property
    def temperature(self) -> float:
        """What the logits are divided by now."""
        start, end = self.settings.temperature, self.settings.temperature_end
        return float(max(end, start * self.settings.temperature_decay**self.updates))

    @torch.no_grad()
    def sample(self, space: Space, batch: int, *, explore: bool = True) -> Sampled:
        """Draw a batch of candidates for each run; without `explore` all of them from the policy."""
        share = self.settings.exploration if explore else 0.0
        # Drawn at a share of 0 too, so that the noise of the sampling below does not depend on the setting.
        strays = torch.rand(self.runs, batch, generator=self.generator) < share
        walk = unroll(
            self.policy, space, self.runs, batch, self.temperature, generator=self.generator, uniform_rows=strays
        )
        return Sampled(walk.actions.numpy(), walk.lengths.numpy(), walk.log_prob.sum(2))

    def walk(self, space: Space, actions: NDArray[np.int64], lengths: NDArray[np.int64]) -> Unrolled:
        """Follow given candidates, with gradients."""
        candidates = torch.from_numpy(actions)
        return unroll(
            self.policy,
            space,
            self.runs,
            candidates.shape[1],
            self.temperature,
            actions=candidates,
            lengths=torch.from_numpy(lengths),
            critic=self.critic,
        )

    def update(
        self, space: Space, actions: NDArray[np.int64], lengths: NDArray[np.int64], rewards: NDArray[np.float64]
    ) -> dict[str, Tensor]:
        """Learn from one batch: actions (runs, batch, decisions), lengths and rewards (runs, batch).

        Returns diagnostics (runs,).

        Raises:
            PolicyError: the step overflows.
        """
        reward = torch.from_numpy(rewards).float()
        if self.critic is not None:
            # From the level of the first batch: a critic that starts at 0 would have to learn the level first.
            self.critic.offset = torch.where(
                self.critic.offset.isnan(), reward.mean(1, keepdim=True), self.critic.offset
            )
        shaped, counted = credited(self._shaped(reward), self.settings.next_reward)
        before: Tensor | None = None
        for _ in range(self.settings.passes):
            walk = self.walk(space, actions, lengths)
            advantage = self._advantage(reward, shaped, walk)
            # Of the first pass, whose weights drew the batch: the ratio of `_loss` starts at exactly 1.
            before = walk.log_prob.detach() if before is None else before
            loss = self._loss(walk, advantage, before, counted)
            norm = step(self.optimizer, loss, self.settings)
            check_weights(self.settings, self.policy.parameters())  # NaN among logits is drawn from without an error
        self.updates += 1
        self._decay()
        steps = walk.active.sum((1, 2))
        diagnostics = {
            "policy_loss": loss.detach(),
            "advantage": (advantage * walk.active).sum((1, 2)) / steps,
            "entropy": (walk.entropy.detach() * walk.active).sum((1, 2)) / steps,
            "grad_norm": norm,
            "baseline": self.baseline.value(self.runs),
        }
        if self.critic is not None:
            diagnostics["critic_loss"] = self._learn_values(reward, walk)
        return diagnostics

    def episode(
        self, space: Space, reward: Callable[[NDArray[np.int64]], NDArray[np.float64]]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Sample a batch for each run, earn rewards candidate by candidate, learn; return actions and rewards."""
        drawn = self.sample(space, self.settings.batch)
        rewards = np.stack([reward(drawn.actions[:, column]) for column in range(drawn.actions.shape[1])], axis=1)
        if self.settings.learning:
            self.update(space, drawn.actions, drawn.lengths, rewards)
        else:
            self.updates += 1
        return drawn.actions, rewards

    def _shaped(self, reward: Tensor) -> Tensor:
        """Return rewards (runs, batch) less the moving average, clipped where the settings say so."""
        less, clip = self.baseline.subtract(reward), self.settings.clip_reward
        return less if clip is None else less.clamp(-clip, clip)

    def _advantage(self, reward: Tensor, shaped: Tensor, walk: Unrolled) -> Tensor:
        """Return the advantage of every decision (runs, batch, decisions)."""
        if self.settings.critic and walk.value is not None:
            # Detached: the policy's loss must not train the critic, which has one of its own.
            return reward[..., None] - walk.value.detach()
        return shaped[..., None].expand_as(walk.log_prob)

    def _loss(self, walk: Unrolled, advantage: Tensor, before: Tensor, counted: Tensor) -> Tensor:
        """Return the loss of each run (runs,): minus the mean over candidates of the sum over decisions."""
        if self.settings.clip_ratio is None:
            gain = walk.log_prob * advantage
        else:
            ratio = torch.exp(walk.log_prob - before)
            near = ratio.clamp(1 - self.settings.clip_ratio, 1 + self.settings.clip_ratio)
            # Schulman et al. 2017, eq. 7: a lower bound, so that no step gains by leaving the range of the ratio.
            gain = torch.minimum(ratio * advantage, near * advantage)
        bonus = self.settings.entropy * walk.entropy
        per_candidate = ((gain + bonus) * walk.active).sum(2) * counted
        # The mean over the candidates that count: `next_reward` leaves out every second one.
        loss: Tensor = -per_candidate.sum(1) / counted.sum(1)
        return loss

    def _learn_values(self, reward: Tensor, walk: Unrolled) -> Tensor:
        """Take one step of the critics towards the returns; return their losses (runs,)."""
        assert walk.value is not None
        assert self.critic is not None
        assert self.critic_optimizer is not None
        error = (walk.value - reward[..., None]).square() * walk.active
        loss = error.sum((1, 2)) / walk.active.sum((1, 2))
        check(self.settings, critic_loss=loss)
        self.critic_optimizer.zero_grad(set_to_none=True)
        loss.sum().backward()
        self.critic_optimizer.step()
        check_weights(self.settings, self.critic.parameters())
        return loss.detach()

    def _decay(self) -> None:
        # Worked out from the count, so that a resumed search has the same rate to the bit.
        rate = self.settings.lr * self.settings.lr_decay ** (self.updates // self.settings.lr_decay_every)
        for group in self.optimizer.param_groups:
            group["lr"] = rate

    def state_dict(self) -> dict[str, Any]:
        """Return all state as tensors and plain containers."""
        return {
            "policy": self.policy.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "critic": self.critic.state_dict() if self.critic else None,
            "critic_optimizer": self.critic_optimizer.state_dict() if self.critic_optimizer else None,
            "generator": self.generator.get_state(),
            "baseline": self.baseline.average,
            "updates": self.updates,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        self.policy.load_state_dict(state["policy"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.critic is not None and self.critic_optimizer is not None:
            self.critic.load_state_dict(state["critic"])
            self.critic_optimizer.load_state_dict(state["critic_optimizer"])
        self.generator.set_state(state["generator"])
        self.baseline.average, self.updates = state["baseline"], state["updates"]


def _optimizer(name: str, module: torch.nn.Module, lr: float) -> torch.optim.Optimizer:
    optimizer: torch.optim.Optimizer = without_compiler(OPTIMIZERS[name])(module.parameters(), lr=lr)
    return optimizer
