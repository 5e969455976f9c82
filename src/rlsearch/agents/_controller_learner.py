"""Policy-gradient updates of controllers for any number of independent runs.

Sources: REINFORCE with a moving-average baseline as in Zoph & Le 2017, section 3.2; a critic with the advantage
R - V(s_t), without bootstrapping or discount, for the reward comes at the end (Sutton & Barto 2018, section 13.4); and
PPO's clipped surrogate (Schulman et al. 2017, eq. 7), as Zoph et al. 2018 use it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlsearch.agents._baselines import baseline_of
from rlsearch.agents._controller_batch import Batch, Candidates, Sampled
from rlsearch.agents._controller_networks import critic_of, policy_of
from rlsearch.agents._finite import check, check_weights
from rlsearch.agents._optimizers import PerRun, optimizer_of, shared_optimizer
from rlsearch.agents._policy_gradient import credited, differentiate
from rlsearch.agents._temperature import temperatures
from rlsearch.policies.unroll import Unrolled, unroll
from rlsearch.spaces.base import Space


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
        self.policy = policy_of(space, settings, runs, self.generator)
        self.critic = critic_of(space, settings, runs, self.generator) if critic or settings.critic else None
        self.optimizer = optimizer_of(settings, self.policy)
        self.critic_optimizer = shared_optimizer("adam", self.critic, settings.critic_lr) if self.critic else None
        self.baseline = baseline_of(settings)
        self.updates = 0

    @torch.no_grad()
    def sample(self, space: Space, batch: int, *, explore: bool = True) -> Sampled:
        """Draw a batch of candidates for each run; without `explore` all of them from the policy."""
        share = self.settings.exploration if explore else 0.0
        # Drawn at a share of 0 too, so that the noise of the sampling below does not depend on the setting.
        strays = torch.rand(self.runs, batch, generator=self.generator) < share
        heat = temperatures(self.settings, self.updates, batch)
        walk = unroll(self.policy, space, self.runs, batch, heat, generator=self.generator, uniform_rows=strays)
        return Sampled(walk.actions.numpy(), walk.lengths.numpy(), walk.log_prob.sum(2))

    def walk(self, space: Space, actions: NDArray[np.int64], lengths: NDArray[np.int64]) -> Unrolled:
        """Follow given candidates, with gradients, by the distribution that they are drawn from."""
        return self._follow(space, self._candidates(actions, lengths))

    def _candidates(self, actions: NDArray[np.int64], lengths: NDArray[np.int64]) -> Candidates:
        heat = temperatures(self.settings, self.updates, actions.shape[1])
        return Candidates(torch.from_numpy(actions), torch.from_numpy(lengths), heat)

    def _follow(self, space: Space, candidates: Candidates, *, untempered: bool = False) -> Unrolled:
        return unroll(
            *(self.policy, space, self.runs, candidates.actions.shape[1], candidates.temperature),
            actions=candidates.actions,
            lengths=candidates.lengths,
            critic=self.critic,
            untempered=untempered,
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
        credit, counted = credited(self._shaped(reward), self.settings.next_reward)
        heard = self._heard(credit)
        batch = Batch(self._candidates(actions, lengths), reward, credit, counted * heard)
        walk, loss, norm = self._descend(space, batch)
        self.updates += 1
        self._decay()
        advantage, steps = self._advantage(batch, walk), walk.active.sum((1, 2))
        diagnostics = {
            "policy_loss": loss.detach(),
            "advantage": (advantage * walk.active).sum((1, 2)) / steps,
            "entropy": (walk.entropy.detach() * walk.active).sum((1, 2)) / steps,
            "grad_norm": norm,
            "baseline": self.baseline.value(self.runs),
        }
        if self.settings.dead_zone is not None:
            diagnostics["skipped"] = 1 - heard.mean(1)
        if self.critic is not None:
            diagnostics["critic_loss"] = self._learn_values(reward, walk)
        return diagnostics

    def _descend(self, space: Space, batch: Batch) -> tuple[Unrolled, Tensor, Tensor]:
        """Take all steps on a batch; return the last walk along all of it, and loss and gradient norm of the last step.

        With minibatches that walk comes after the last step, else before it.
        """
        untempered, size = self.settings.loss == "untempered", self.settings.minibatch
        if size is not None:
            with torch.no_grad():
                batch = batch.since(self._follow(space, batch.candidates, untempered=untempered))
        for _ in range(self.settings.passes):
            for part in [batch] if size is None else batch.parts(size, self.generator):
                walk = self._follow(space, part.candidates, untempered=untempered)
                if part.before is None:
                    # The first pass, whose weights drew the batch: the ratio of `_loss` starts at exactly 1.
                    batch = part = part.since(walk)
                loss = self._loss(walk, self._advantage(part, walk), part.before, part.counted)
                norm = self._step(loss, part.counted)
        if size is not None:
            walk = self._follow(space, batch.candidates, untempered=untempered)
        return walk, loss, norm

    def _step(self, loss: Tensor, counted: Tensor) -> Tensor:
        """Take one step down the losses (runs,); return the norms of the gradients (runs,)."""
        norm = differentiate(list(self.policy.parameters()), loss, self.settings, self.settings.clip)
        if isinstance(self.optimizer, PerRun):
            self.optimizer.step(counted.sum(1) > 0)
        else:
            self.optimizer.step()
        check_weights(self.settings, self.policy.parameters())  # NaN among logits is drawn from without an error
        return norm

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
        """Return rewards (runs, batch) less the baseline, clipped where the settings say so."""
        less, clip = self.baseline.subtract(reward), self.settings.clip_reward
        return less if clip is None else less.clamp(-clip, clip)

    def _heard(self, credit: Tensor) -> Tensor:
        """Return 1.0 for the candidates that lie outside the dead zone, else 0.0 (runs, batch)."""
        zone = self.settings.dead_zone
        return torch.ones_like(credit) if zone is None else (credit.abs() >= zone).to(credit.dtype)

    def _advantage(self, batch: Batch, walk: Unrolled) -> Tensor:
        """Return the advantage of every decision (runs, batch, decisions)."""
        if self.settings.critic and walk.value is not None:
            # Detached: the policy's loss must not train the critic, which has one of its own.
            return batch.reward[..., None] - walk.value.detach()
        return batch.credit[..., None].expand_as(walk.log_prob)

    def _loss(self, walk: Unrolled, advantage: Tensor, before: Tensor | None, counted: Tensor) -> Tensor:
        """Return the loss of each run (runs,): minus the mean over candidates of the sum over decisions."""
        if self.settings.clip_ratio is None or before is None:
            gain = walk.log_prob * advantage
        else:
            ratio = torch.exp(walk.log_prob - before)
            near = ratio.clamp(1 - self.settings.clip_ratio, 1 + self.settings.clip_ratio)
            # Schulman et al. 2017, eq. 7: a lower bound, so that no step gains by leaving the range of the ratio.
            gain = torch.minimum(ratio * advantage, near * advantage)
        bonus = self.settings.entropy * walk.entropy
        per_candidate = ((gain + bonus) * walk.active).sum(2) * counted
        # The mean over the candidates that count, if any does.
        loss: Tensor = -per_candidate.sum(1) / counted.sum(1).clamp(min=1)
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
            "baseline": self.baseline.state(),
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
        self.baseline.load(state["baseline"])
        self.updates = state["updates"]
