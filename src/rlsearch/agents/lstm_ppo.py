"""PPO with an autoregressive LSTM controller (Schulman et al. 2017, eq. 7; Zoph et al. 2018)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from rlsearch.agents._lstm import LSTMAgent, LSTMSettings
from rlsearch.config.base import Count, Number, Positive


class Settings(LSTMSettings):
    """PPO's own settings: `passes` gradient steps over each batch, the ratio within 1 - and 1 + `clip_ratio`.

    `critic: true` takes advantages from a critic, else from a moving average of the rewards.
    """

    type: Literal["lstm-ppo"] = "lstm-ppo"
    passes: Count = 4
    clip_ratio: Annotated[Number, Field(gt=0, lt=1)] = 0.2
    critic: bool = False
    critic_lr: Positive = 0.01
    ema_decay: Annotated[Number, Field(ge=0, lt=1)] = 0.95

    # No settings but constants of this update rule, which `Learner` reads like settings.
    baseline: ClassVar[str] = "ema"
    average_first: ClassVar[bool] = False
    clip_reward: ClassVar[float | None] = None
    next_reward: ClassVar[float] = 0.0


class LSTMPPO(LSTMAgent):
    """Several clipped steps on each batch, on advantages from a moving average or from a critic."""


SETTINGS, AGENT = Settings, LSTMPPO
