"""What every algorithm of Stable-Baselines3 needs to be driven: a silent logger, a way to stop, its training values.

It is watched while it learns: a policy that overflows ends it with one message.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from traceback import walk_tb
from typing import Any

import numpy as np

from rlsearch.agents._finite import check_weights, lost
from rlsearch.errors import ActionError, RlsearchError

STEPS = 2**62
"""What `learn` is asked for: schedules that run with the share of the steps done then stand still."""

LOGGED = (
    *("approx_kl", "clip_fraction", "entropy_loss", "explained_variance", "policy_gradient_loss", "value_loss"),
    *("policy_loss", "actor_loss", "critic_loss", "ent_coef", "td_loss", "epsilon", "random_actions"),
)
"""What the algorithms record under `train/`; the last three are DQN's (`_source_dqn.py`)."""


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
    with _watched(algorithm, getattr(agent, "settings", None)):
        algorithm.learn(STEPS, callback=callback, log_interval=None)


@contextmanager
def _watched(algorithm: Any, settings: Any) -> Iterator[None]:
    """Check the policy and the losses after each of the algorithm's updates.

    Args:
        settings: of the agent, for the message.

    Raises:
        PolicyError: weights or a loss overflow, or the policy's distribution or action is no longer a number.
    """
    own, train = vars(algorithm).get("train"), algorithm.train

    def checked(*positional: Any, **keywords: Any) -> None:
        with np.errstate(over="ignore", invalid="ignore"):  # the message comes of what is checked
            train(*positional, **keywords)
        _check_update(algorithm, settings)

    algorithm.train = checked
    try:
        yield
    except ValueError as error:
        if not _of_the_policy(error):
            raise
        raise lost("the distribution of its actions is no longer defined", settings) from error
    finally:
        del algorithm.train  # the class's again, or what stood over it
        if own is not None:
            algorithm.train = own


def _check_update(algorithm: Any, settings: Any) -> None:
    check_weights(settings, _acting(algorithm.policy).parameters())
    # The explained variance is NaN where all rewards are equal; losses and the entropy's weight never are.
    for name, value in algorithm.logger.name_to_value.items():
        if name.startswith("train/") and ("loss" in name or name == "train/ent_coef") and not math.isfinite(value):
            raise lost(f"its {name.removeprefix('train/')} is {value}", settings)


def _acting(policy: Any) -> Any:
    """Return the network that chooses the actions; one that only judges them shows in the losses."""
    parts = (getattr(policy, name, None) for name in ("actor", "q_net", "quantile_net"))
    return next((part for part in parts if part is not None), policy)


def _of_the_policy(error: Exception) -> bool:
    """Tell whether an error comes from the policy's numbers, and not from a child that was trained meanwhile."""
    if isinstance(error, ActionError):  # raised by the environment: the action is NaN
        return True
    modules = [str(frame.f_globals.get("__name__", "")) for frame, _ in walk_tb(error.__traceback__)]
    if any(name.startswith("rlsearch.envs") for name in modules):
        return False
    return modules[-1].startswith("torch.distributions")


def _refuse_forbidden(infos: Sequence[Mapping[str, Any]]) -> None:
    for info in infos:
        if "actions" in info and not info["key"]:
            raise RlsearchError(
                f"the algorithm took a forbidden action: {list(info['actions'])}",
                remedy="use an algorithm that reads the masks, such as maskable-ppo",
            )


def diagnostics(algorithm: Any) -> dict[str, float]:
    """Return what the algorithm logged about its latest update, finite numbers only; nothing before the first one.

    DQN's `epsilon` and `random_actions` are those of its latest action, from the first one on.
    """
    logged: Mapping[str, Any] = algorithm.logger.name_to_value
    values = {name: float(logged[f"train/{name}"]) for name in LOGGED if f"train/{name}" in logged}
    return {name: value for name, value in values.items() if math.isfinite(value)}


def optimizer(name: str, **arguments: Any) -> dict[str, Any]:
    """Return the arguments of a policy for an optimizer of torch, quick at its first step.

    Args:
        name: of its class. The library takes its own epsilons: 1e-5 in actor-critic policies, torch's in the others.
    """
    import torch

    from rlsearch.training.quick_start import without_compiler

    return {"optimizer_class": without_compiler(getattr(torch.optim, name)), "optimizer_kwargs": arguments}


def perceptron(settings: Any, eps: float) -> dict[str, Any]:
    """Return the arguments of a policy of multilayer perceptrons (`hidden`, `activation`) under Adam."""
    from torch import nn

    kinds = {"tanh": nn.Tanh, "relu": nn.ReLU}
    adam = optimizer("Adam", eps=eps)
    return {"net_arch": list(settings.hidden), "activation_fn": kinds[settings.activation], **adam}


def actor_critic(settings: Any, eps: float) -> dict[str, Any]:
    """Return the same for a policy with a critic; continuous actions start with a spread of exp(`log_std_init`)."""
    more = {"ortho_init": settings.ortho_init, "log_std_init": settings.log_std_init}
    return {**perceptron(settings, eps), **more}


def clipped_updates(settings: Any, steps: int) -> dict[str, Any]:
    """Return the keywords that PPO has in both of its versions, but for those of the policy.

    Args:
        steps: of a rollout, all of which are one minibatch where `batch_size` is None.
    """
    return {
        "learning_rate": settings.lr,
        "n_steps": steps,
        "batch_size": settings.batch_size or steps,
        "n_epochs": settings.n_epochs,
        "gamma": settings.gamma,
        "gae_lambda": settings.gae_lambda,
        "clip_range": settings.clip_range,
        "clip_range_vf": settings.clip_range_vf,
        "normalize_advantage": settings.normalize_advantage,
        "target_kl": settings.target_kl,
        "ent_coef": settings.ent_coef,
        "vf_coef": settings.vf_coef,
        "max_grad_norm": norm_limit(settings.max_grad_norm),
    }


def norm_limit(norm: float | None) -> float:
    """Return the norm to which the library clips gradients: infinite where they are not to be clipped."""
    return math.inf if norm is None else norm
