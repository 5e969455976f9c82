"""Actor-critic with an autoregressive LSTM controller: a critic predicts the return before every decision."""

from __future__ import annotations

from typing import ClassVar, Literal

from rlsearch.agents._lstm import LSTMAgent, LSTMSettings
from rlsearch.config.base import Positive


class Settings(LSTMSettings):
    """The critic's settings: an LSTM of the policy's size, trained by Adam with `critic_lr` on squared errors."""

    type: Literal["lstm-actor-critic"] = "lstm-actor-critic"
    critic_lr: Positive = 0.01

    # No settings but constants of this update rule, which `Learner` reads like settings.
    critic: ClassVar[bool] = True
    baseline: ClassVar[str] = "none"
    ema_decay: ClassVar[float] = 0.95
    average_first: ClassVar[bool] = False
    clip_reward: ClassVar[float | None] = None
    next_reward: ClassVar[float] = 0.0
    passes: ClassVar[int] = 1
    clip_ratio: ClassVar[float | None] = None


class LSTMActorCritic(LSTMAgent):
    """The advantage of decision t is R - V(decisions before t), R being the candidate's reward (no discount)."""


SETTINGS, AGENT = Settings, LSTMActorCritic
