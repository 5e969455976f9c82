"""Building an algorithm of Stable-Baselines3 from its name and options."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.noise import NormalActionNoise

from rlsearch.agents._sb3_algorithms import ALGORITHMS
from rlsearch.training.quick_start import without_compiler


def build(settings: Any, env: Any, seed: int) -> Any:
    """Return the algorithm, seeded, on the CPU.

    Args:
        settings: of the agent `sb3`.

    Raises:
        AssertionError, TypeError, ValueError: what the library raises on values that it does not take.
    """
    about = ALGORITHMS[settings.algorithm]
    # YAML has no tuples, and the library takes no lists (train_freq: [1, episode]).
    arguments = {key: tuple(value) if isinstance(value, list) else value for key, value in settings.options.items()}
    if settings.noise:
        shape = env.action_space.shape
        arguments["action_noise"] = NormalActionNoise(np.zeros(shape), np.full(shape, settings.noise))
    if settings.hidden:
        arguments["policy_kwargs"] = {"net_arch": list(settings.hidden)}
    kind = getattr(importlib.import_module(about.library), settings.algorithm)
    algorithm = kind(about.policy, env, seed=seed, device="cpu", **arguments)
    _quicken(algorithm)
    if hasattr(algorithm, "exploration_schedule"):
        algorithm.exploration_schedule = _by_steps(algorithm, settings.exploration_steps)
        algorithm.exploration_rate = algorithm.exploration_initial_eps
    return algorithm


def _quicken(algorithm: Any) -> None:
    """Spare the algorithm's own optimizers, whatever their settings, the seconds that their first step takes."""
    policy = algorithm.policy
    for owner in (algorithm, policy, getattr(policy, "actor", policy), getattr(policy, "critic", policy)):
        for optimizer in getattr(owner, "__dict__", {}).values():
            if isinstance(optimizer, torch.optim.Optimizer):
                # The class alone changes: its state and parameters stay those that the library made.
                optimizer.__class__ = without_compiler(type(optimizer))


def _by_steps(algorithm: Any, steps: int) -> Callable[[float], float]:
    """Return an epsilon that falls with the steps taken; the library's falls with a share of 2**62 steps."""
    start, end = float(algorithm.exploration_initial_eps), float(algorithm.exploration_final_eps)

    def epsilon(_: float) -> float:
        return start + (end - start) * min(1.0, int(algorithm.num_timesteps) / steps)

    return epsilon
