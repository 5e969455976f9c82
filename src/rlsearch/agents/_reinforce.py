"""REINFORCE's update for any number of independent runs (Williams 1992, eq. 11: (r - b) d log pi / d theta)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from rlsearch.agents._baselines import Baseline
from rlsearch.agents._finite import check
from rlsearch.agents._policy_gradient import step
from rlsearch.agents._reinforce_settings import Settings
from rlsearch.policies.gaussian_mlp import GaussianMLP, log_density
from rlsearch.training.quick_start import without_compiler


@dataclass(frozen=True)
class Sampled:
    """A draw: all tensors (runs, batch). `action` is in the range, `latent` before the sigmoid."""

    action: Tensor
    latent: Tensor
    mean: Tensor
    log_std: Tensor


class Learner:
    """Policies, optimizer and baseline of `runs` searches that never see each other.

    Args:
        settings: of the agent.
        low, high: the range of the decision.
        runs: independent searches; seed: of the initial weights and of the sampling noise.
    """

    def __init__(self, settings: Settings, low: float, high: float, runs: int, seed: int) -> None:
        self.settings, self.low, self.high, self.runs = settings, low, high, runs
        self.generator = torch.Generator().manual_seed(seed)
        self.policy = GaussianMLP(runs, settings.hidden, self.generator)
        self.optimizer = without_compiler(torch.optim.Adam)(self.policy.parameters(), lr=settings.lr)
        self.baseline = Baseline(settings.baseline, settings.ema_decay)
        # What `SpaceEnv` shows before the first reward.
        self.previous = torch.tensor([1.0, 0.0]).repeat(runs, 1)

    def observation(self, batch: int) -> Tensor:
        """Return what the policies see, (runs, batch, 2): the constant (1, 0) or the previous action and reward."""
        return self.previous[:, None, :].expand(self.runs, batch, 2)

    @torch.no_grad()
    def sample(self, batch: int) -> Sampled:
        """Draw actions column by column: asking for fewer proposals gives the beginning of asking for more, to the bit.

        Vector kernels round differently for different sizes, so nothing here may depend on `batch`.
        """
        mean, log_std = self.policy(self.observation(1))
        noise = [torch.randn(self.runs, 1, generator=self.generator) for _ in range(batch)]
        latent = [mean + torch.exp(log_std) * column for column in noise]
        check(self.settings, distribution=latent[0])  # which shows weights that are not finite
        action = [self.low + (self.high - self.low) * torch.sigmoid(column) for column in latent]
        shape = (self.runs, batch)
        return Sampled(torch.cat(action, 1), torch.cat(latent, 1), mean.expand(shape), log_std.expand(shape))

    def update(self, action: Tensor, latent: Tensor, reward: Tensor) -> dict[str, Tensor]:
        """Take one gradient step from actions, latents and rewards (runs, batch); return diagnostics (runs,).

        Raises:
            PolicyError: the step overflows.
        """
        advantage = self.baseline.subtract(reward)
        mean, log_std = self.policy(self.observation(latent.shape[1]))
        # The density before the sigmoid: its Jacobian does not depend on the weights and drops out of the gradient.
        loss = -(log_density(latent, mean, log_std) * advantage).mean(dim=1)
        norm = step(self.optimizer, loss, self.settings)
        self.watch(action, reward)
        baseline = self.baseline.value(self.runs)
        return {"policy_loss": loss.detach(), "advantage": advantage.mean(1), "baseline": baseline, "grad_norm": norm}

    def watch(self, action: Tensor, reward: Tensor) -> None:
        """Take note of the last action and its reward, (runs, batch) each, where the policies look at them."""
        if self.settings.observation == "previous":
            self.previous = torch.stack([action[:, -1], reward[:, -1]], dim=1)

    def state_dict(self) -> dict[str, Any]:
        """Return all state as tensors and plain containers."""
        return {
            "policy": self.policy.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "baseline": self.baseline.average,
            "previous": self.previous,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        self.policy.load_state_dict(state["policy"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])
        self.baseline.average, self.previous = state["baseline"], state["previous"]
