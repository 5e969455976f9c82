"""Reading the greedy policy out of an algorithm of Stable-Baselines3."""

from __future__ import annotations

from typing import Any

import numpy as np
import sb3_contrib
import stable_baselines3
from gymnasium.spaces import Box, Discrete
from torch import nn

from rlsearch.errors import RlsearchError
from rlsearch.policies.frozen import FrozenPolicy

ACTORS = (stable_baselines3.PPO, stable_baselines3.A2C, sb3_contrib.TRPO, sb3_contrib.MaskablePPO)
ACTIVATIONS = {nn.ReLU: "relu", nn.Tanh: "tanh"}
ALLOWED = "DQN; PPO, A2C, TRPO or MaskablePPO with discrete actions"


def freeze(algorithm: Any) -> FrozenPolicy:
    """Return the policy that `algorithm.predict(observation, deterministic=True)` follows at this moment.

    DQN: the network of action values. PPO, A2C, TRPO, MaskablePPO: the actor, whose logits are those before any mask.
    The weights are copied: what the algorithm learns afterwards does not change them.

    Raises:
        RlsearchError: another algorithm, continuous actions, an observation that is not a vector of real numbers, a
            network that is not a perceptron with ReLU or tanh.
    """
    if not isinstance(algorithm, (stable_baselines3.DQN, *ACTORS)) or not _plain(algorithm):
        raise RlsearchError(
            f"the policy of {type(algorithm).__name__} cannot be stored as weights and settings",
            where=f"actions {algorithm.action_space}, observations {algorithm.observation_space}",
            allowed=f"{ALLOWED}; observations: a vector of real numbers",
        )
    if isinstance(algorithm, stable_baselines3.DQN):
        # The network that acts, not the target network, which lags behind it.
        return _read(list(algorithm.q_net.q_net), "q-values")
    policy: Any = algorithm.policy
    return _read([*policy.mlp_extractor.policy_net, policy.action_net], "logits")


def _plain(algorithm: Any) -> bool:
    """Tell whether actions are numbered from 0 and observations reach the network as they are."""
    observations, actions = algorithm.observation_space, algorithm.action_space
    vector = isinstance(observations, Box) and len(observations.shape) == 1 and observations.dtype.kind == "f"
    return vector and isinstance(actions, Discrete) and int(actions.start) == 0


def _read(modules: list[nn.Module], output: str) -> FrozenPolicy:
    """Return a perceptron of linear layers with one activation between them."""
    linear, between = modules[::2], modules[1::2]
    names = {ACTIVATIONS.get(type(module), "") for module in between} or {"relu"}
    if not all(isinstance(module, nn.Linear) for module in linear) or len(names) > 1 or "" in names:
        raise RlsearchError(
            f"a network of {', '.join(type(module).__name__ for module in modules)} cannot be stored",
            allowed="linear layers with ReLU, or tanh, between them",
        )
    layers = tuple((_copy(module.weight), _copy(module.bias)) for module in linear)
    return FrozenPolicy(layers, names.pop(), output)


def _copy(weights: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.array(weights.detach().cpu().numpy(), np.float32)
