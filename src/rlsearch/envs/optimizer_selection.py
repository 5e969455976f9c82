"""Optimizer selection as a Gymnasium environment (Pham 2024): the closed loop of the space of that name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from rlsearch.envs.closed_loop import WEIGHTS, Child, ClosedLoopEnv
from rlsearch.errors import SettingsError, check_keywords
from rlsearch.spaces.optimizer_selection import OptimizerSelection, Settings


class OptimizerSelectionEnv(ClosedLoopEnv):
    """Which optimizer trains the next step; see `ClosedLoopEnv`. Without a space it takes the space's defaults."""

    def __init__(
        self,
        space: OptimizerSelection | None = None,
        start: Callable[[int, int], Child] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(space or OptimizerSelection(), start, **options)


def make(
    start: Callable[[int, int], Child] | None = None,
    optimizers: tuple[str, ...] | None = None,
    weights: Mapping[str, float] | None = None,
    outputs: int = 10,
    failure_reward: float = -2.0,
    render_mode: str | None = None,
    **settings: Any,
) -> OptimizerSelectionEnv:
    """Return the environment for `gymnasium.make`; see `OptimizerSelectionEnv` for the arguments.

    Args:
        weights: gain, loss, cost, final; those left out keep the package's values.
        settings: of the space, e.g. steps.

    Raises:
        SettingsError: a setting that the space does not take, or a label or weight that does not exist.
    """
    where = "gymnasium.make('rlsearch/OptimizerSelection-v0', ...)"
    check_keywords(settings, Settings.model_fields, where)
    try:
        space = OptimizerSelection(Settings(**settings))
        # `replace` refuses a weight that does not exist, with a TypeError that is told below.
        chosen = replace(WEIGHTS, **weights or {})
        return OptimizerSelectionEnv(
            space,
            start,
            optimizers=optimizers,
            weights=chosen,
            outputs=outputs,
            failure_reward=failure_reward,
            render_mode=render_mode,
        )
    except (ValidationError, ValueError, TypeError) as error:
        raise SettingsError(str(error), where=where) from None
