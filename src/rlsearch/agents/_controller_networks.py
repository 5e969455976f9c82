"""The networks of a controller, by the `network` that its settings name."""

from __future__ import annotations

from typing import Any

import torch

from rlsearch.policies.lstm import Critic, LSTMPolicy
from rlsearch.policies.mlp import MLPCritic, MLPPolicy
from rlsearch.policies.vocabulary import one_head, vocabulary
from rlsearch.spaces.base import LAST_TRIAL, Space


def policy_of(space: Space, settings: Any, runs: int, generator: torch.Generator) -> LSTMPolicy | MLPPolicy:
    """Return the policies of `runs` searches."""
    if settings.network == "mlp":
        return MLPPolicy(runs, one_head(space), space.at(LAST_TRIAL).longest, settings, generator)
    return LSTMPolicy(runs, vocabulary(space), settings, generator)


def critic_of(space: Space, settings: Any, runs: int, generator: torch.Generator) -> Critic | MLPCritic:
    """Return their critics, of the policies' sizes."""
    if settings.network == "mlp":
        return MLPCritic(runs, space.at(LAST_TRIAL).longest, settings, generator)
    return Critic(runs, vocabulary(space), settings, generator)
