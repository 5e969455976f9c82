"""What every algorithm of Stable-Baselines3 needs to be driven: a silent logger, a way to stop, its training values."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rlsearch.agents._sb3_watch import watched
from rlsearch.errors import RlsearchError

STEPS = 2**62
"""What `learn` is asked for: schedules that run with the share of the steps done then stand still."""

LOGGED = (
    *("approx_kl", "clip_fraction", "entropy_loss", "explained_variance", "policy_gradient_loss", "value_loss"),
    *("policy_loss", "actor_loss", "critic_loss", "ent_coef", "td_loss", "epsilon", "random_actions"),
)
"""What the algorithms record under `train/`; the last three are DQN's (`_sb3_dqn.py`)."""


def learn(
    algorithm: Any,
    more: Callable[[], bool],
    ended: Callable[[Mapping[str, Any]], None] | None = None,
    *,
    agent: object = None,
) -> None:
    """Let an algorithm learn until `more`, asked after every step, says no.

    Args:
        ended: told the last info of every episode, before `more` is asked.
        agent: whose algorithm it is, for the message about a policy that has overflowed.

    Raises:
        RlsearchError: the algorithm took a forbidden action.
        PolicyError: its policy has overflowed.
    """
    from stable_baselines3.common.logger import Logger

    def callback(local: Mapping[str, Any], _: Mapping[str, Any]) -> bool:
        # First, since a candidate with a forbidden action has no key under which it could be booked.
        _refuse_forbidden(local["infos"])
        for info in local["infos"]:
            if ended is not None and "actions" in info:
                ended(info)
        return more()

    # Its own logger would leave an empty folder in the temporary directory.
    algorithm.set_logger(Logger(None, []))
    with watched(algorithm, getattr(agent, "settings", None)):
        algorithm.learn(STEPS, callback=callback, log_interval=None)


def diagnostics(algorithm: Any) -> dict[str, float]:
    """Return what the algorithm logged about its latest update, finite numbers only; nothing before the first one.

    DQN's `epsilon` and `random_actions` are those of its latest action, from the first one on.
    """
    logged: Mapping[str, Any] = algorithm.logger.name_to_value
    values = {name: float(logged[f"train/{name}"]) for name in LOGGED if f"train/{name}" in logged}
    return {name: value for name, value in values.items() if math.isfinite(value)}


def adam(eps: float = 1e-8) -> dict[str, Any]:
    """Return the arguments of a policy for the library's own optimizer, quick at its first step.

    Args:
        eps: of Adam; the library takes 1e-5 for its actor-critic policies and torch's value for the others.
    """
    import torch

    from rlsearch.training.quick_start import without_compiler

    return {"optimizer_class": without_compiler(torch.optim.Adam), "optimizer_kwargs": {"eps": eps}}


def rms_prop(alpha: float, eps: float) -> dict[str, Any]:
    """Return the same for RMSprop as the library's A2C takes it."""
    import torch

    from rlsearch.training.quick_start import without_compiler

    arguments = {"alpha": alpha, "eps": eps, "weight_decay": 0}
    return {"optimizer_class": without_compiler(torch.optim.RMSprop), "optimizer_kwargs": arguments}


def perceptron(settings: Any, eps: float) -> dict[str, Any]:
    """Return the arguments of a policy of multilayer perceptrons (`hidden`, `activation`) under Adam."""
    from torch import nn

    kinds = {"tanh": nn.Tanh, "relu": nn.ReLU}
    return {"net_arch": list(settings.hidden), "activation_fn": kinds[settings.activation], **adam(eps)}


def actor_critic(settings: Any, eps: float) -> dict[str, Any]:
    """Return the same for a policy with a critic; continuous actions start with a spread of exp(`log_std_init`)."""
    more = {"ortho_init": settings.ortho_init, "log_std_init": settings.log_std_init}
    return {**perceptron(settings, eps), **more}


def norm_limit(norm: float | None) -> float:
    """Return the norm to which the library clips gradients: infinite where they are not to be clipped."""
    return math.inf if norm is None else norm


def _refuse_forbidden(infos: Sequence[Mapping[str, Any]]) -> None:
    for info in infos:
        if "actions" in info and not info["key"]:
            raise RlsearchError(
                f"the algorithm took a forbidden action: {list(info['actions'])}",
                remedy="use an algorithm that reads the masks, such as maskable-ppo",
            )
