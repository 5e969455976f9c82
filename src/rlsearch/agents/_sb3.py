"""What every algorithm of Stable-Baselines3 needs to be driven: a silent logger, a way to stop, its training values."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rlsearch.errors import RlsearchError

STEPS = 2**62
"""What `learn` is asked for: schedules that run with the share of the steps done then stand still."""

LOGGED = ("approx_kl", "clip_fraction", "entropy_loss", "explained_variance", "policy_gradient_loss", "value_loss")


def learn(algorithm: Any, more: Callable[[], bool]) -> None:
    """Let an algorithm learn until `more`, asked after every step, says no.

    Raises:
        RlsearchError: the algorithm took a forbidden action.
    """
    from stable_baselines3.common.logger import Logger

    def callback(local: Mapping[str, Any], _: Mapping[str, Any]) -> bool:
        _refuse_forbidden(local["infos"])
        return more()

    # Its own logger would leave an empty folder in the temporary directory.
    algorithm.set_logger(Logger(None, []))
    algorithm.learn(STEPS, callback=callback, log_interval=None)


def diagnostics(algorithm: Any) -> dict[str, float]:
    """Return what the algorithm logged about its latest update, finite numbers only; nothing before the first one."""
    values: Mapping[str, Any] = algorithm.logger.name_to_value
    found = {name: float(values[f"train/{name}"]) for name in LOGGED if f"train/{name}" in values}
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _refuse_forbidden(infos: Sequence[Mapping[str, Any]]) -> None:
    for info in infos:
        if "actions" in info and info["spec"] is None:
            raise RlsearchError(
                f"the algorithm took a forbidden action: {list(info['actions'])}",
                remedy="use an algorithm that reads the masks, such as maskable-ppo",
            )
