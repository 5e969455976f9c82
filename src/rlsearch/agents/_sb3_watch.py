"""Watches an algorithm of Stable-Baselines3 while it learns: a policy that overflows ends it with one message."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import numpy as np

from rlsearch.agents._finite import check_weights, lost
from rlsearch.errors import ActionError


@contextmanager
def watched(algorithm: Any, settings: Any) -> Iterator[None]:
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
    modules = list(_modules(error.__traceback__))
    if any(name.startswith("rlsearch.envs") for name in modules):
        return False
    return modules[-1].startswith("torch.distributions")


def _modules(traceback: TracebackType | None) -> Iterator[str]:
    while traceback is not None:
        yield str(traceback.tb_frame.f_globals.get("__name__", ""))
        traceback = traceback.tb_next
