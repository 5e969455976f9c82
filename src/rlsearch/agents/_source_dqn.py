"""Stable-Baselines3's DQN with what Pham (2024) counts otherwise: epsilon by steps, target updates by gradient updates.

Its loss can be chosen as well: the source has the mean squared error, the library the Huber loss.

The library lowers epsilon linearly over a share of the steps that `learn` is asked for. The driver asks for 2**62, so
that schedule would stand still; it also copies the target network every so many steps of the environment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import DQN
from stable_baselines3.common.noise import ActionNoise
from stable_baselines3.common.utils import polyak_update
from torch import Tensor
from torch.nn import functional

LOSSES: Mapping[str, Callable[..., Tensor]] = {
    "squared": functional.mse_loss,
    "huber": functional.smooth_l1_loss,
}


@dataclass(frozen=True)
class Epsilon:
    """The probability of a random action: `start` at first, times `decay` after every step, never below `end`.

    >>> epsilon = Epsilon(start=1.0, decay=0.995, end=0.05)
    >>> epsilon(0), round(epsilon(41), 2), epsilon(598) > 0.05, epsilon(599)
    (1.0, 0.81, True, 0.05)
    """

    start: float
    decay: float
    end: float

    def __call__(self, steps: int) -> float:
        """Return the probability for the action that follows after so many steps."""
        return max(self.end, self.start * self.decay**steps)


class SourceDQN(DQN):
    """DQN (Mnih et al. 2015) as Pham (2024) counts.

    Epsilon is the only source of random actions: there is no phase of purely random ones before the first update,
    which waits for `learning_starts` steps. Epsilon and the number of random actions so far are recorded as
    `train/epsilon` and `train/random_actions`.

    Args:
        epsilon: of the epsilon-greedy policy.
        target_update: gradient updates between two copies of the network into the target network.
        loss: of the temporal differences, a name in LOSSES.
        arguments: of the library's class.

    Attributes:
        random_actions: actions that epsilon-greedy drew at random so far.
    """

    def __init__(self, *positional: Any, epsilon: Epsilon, target_update: int, loss: str, **arguments: Any) -> None:
        super().__init__(*positional, **arguments)
        self.epsilon, self.target_update, self.loss = epsilon, target_update, LOSSES[loss]
        self.random_actions = 0
        self.exploration_rate = epsilon(0)

    def _sample_action(
        self, learning_starts: int, action_noise: ActionNoise | None = None, n_envs: int = 1
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the action, twice: as the environment and as the replay buffer take it."""
        if np.random.rand() < self.exploration_rate:
            action = np.array([self.action_space.sample() for _ in range(n_envs)])
            self.random_actions += n_envs
        else:
            assert self._last_obs is not None
            action, _ = self.predict(self._last_obs, deterministic=True)
        self.logger.record("train/epsilon", self.exploration_rate)
        self.logger.record("train/random_actions", self.random_actions)
        return action, action

    def _on_step(self) -> None:
        """Lower epsilon; the library would also update the target network here."""
        self.exploration_rate = self.epsilon(self.num_timesteps)

    def train(self, gradient_steps: int, batch_size: int = 100) -> None:
        """Take gradient steps; update the target network whenever its number of them is reached."""
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        for _ in range(gradient_steps):
            loss = self._gradient_step(batch_size)
            self._n_updates += 1
            if self._n_updates % self.target_update == 0:
                polyak_update(self.q_net.parameters(), self.q_net_target.parameters(), self.tau)
        self.logger.record("train/td_loss", loss.item())

    def _gradient_step(self, batch_size: int) -> Tensor:
        """Move the network towards the targets of one minibatch, as the library does; return the loss."""
        assert self.replay_buffer is not None
        drawn = self.replay_buffer.sample(batch_size, env=self._vec_normalize_env)
        discounts = self.gamma if drawn.discounts is None else drawn.discounts  # gamma to the power of `n_steps`
        with torch.no_grad():
            best = self.q_net_target(drawn.next_observations).max(dim=1, keepdim=True).values
            # y = r + gamma max_a Q_target(s', a), and r alone at the end of an episode (Mnih et al. 2015, algorithm 1).
            target = drawn.rewards + (1 - drawn.dones) * discounts * best
        value = self.q_net(drawn.observations).gather(1, drawn.actions.long())
        loss = self.loss(value, target)
        self.policy.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.policy.parameters(), self.max_grad_norm)
        self.policy.optimizer.step()
        return loss.detach()
