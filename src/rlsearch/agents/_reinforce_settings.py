"""What a user can set of REINFORCE with a Gaussian policy."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from rlsearch.config.base import LearnerSettings, Number, Positive, Width


class Settings(LearnerSettings):
    """Policy and update of the source; `baseline` and `observation` are two factors that it did not vary.

    `baseline: ema` subtracts an exponential moving average of past rewards that starts at the first reward.
    `observation: none` feeds the constant (1, 0); `previous` feeds the previous action and reward.
    """

    type: Literal["reinforce"] = "reinforce"
    baseline: Literal["none", "ema"] = "ema"
    ema_decay: Annotated[Number, Field(ge=0, lt=1)] = 0.9
    observation: Literal["none", "previous"] = "none"
    hidden: Width = 64
    lr: Positive = 1e-3
    clip_norm: Positive = 1.0
