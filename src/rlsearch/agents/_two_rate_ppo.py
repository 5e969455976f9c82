"""Stable-Baselines3's PPO with a learning rate for the actor and another one for the critic."""

from __future__ import annotations

from typing import Any

import torch
from stable_baselines3 import PPO


class TwoRatePPO(PPO):
    """PPO (Schulman et al. 2017) whose optimizer has two groups of parameters, as Pham (2024) sets them.

    The actor's group (with the standard deviation of continuous actions) learns at `learning_rate`, the critic's at
    `value_lr`. The networks share nothing, so neither rate touches the other network.

    Args:
        value_lr: learning rate of the critic.
        arguments: of the library's class; `learning_rate` is a number.
    """

    def __init__(self, *positional: Any, value_lr: float, **arguments: Any) -> None:
        self.value_lr = value_lr
        super().__init__(*positional, **arguments)

    def _setup_model(self) -> None:
        """Build as the library does, then sort the parameters into the two groups."""
        super()._setup_model()
        policy = self.policy
        critic = [*policy.mlp_extractor.value_net.parameters(), *policy.value_net.parameters()]
        # By identity: `in` would compare tensors element by element.
        critic_ids = {id(parameter) for parameter in critic}
        actor = [parameter for parameter in policy.parameters() if id(parameter) not in critic_ids]
        groups = [{"params": actor, "lr": self.lr_schedule(1)}, {"params": critic, "lr": self.value_lr}]
        make: Any = policy.optimizer_class
        policy.optimizer = make(groups, **policy.optimizer_kwargs)

    def _update_learning_rate(self, optimizers: list[torch.optim.Optimizer] | torch.optim.Optimizer) -> None:
        """Leave both rates as they are: the library would give `learning_rate` to every group before each update."""
        for optimizer in optimizers if isinstance(optimizers, list) else [optimizers]:
            for name, group in zip(("learning_rate", "value_learning_rate"), optimizer.param_groups, strict=True):
                self.logger.record(f"train/{name}", group["lr"])
