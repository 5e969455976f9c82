"""Actor-critic with an autoregressive LSTM controller: a critic predicts the return before every decision."""

from __future__ import annotations

from typing import ClassVar, Literal

from rlsearch.agents._controller import ControllerAgent
from rlsearch.agents._controller_settings import ControllerSettings
from rlsearch.agents._lstm import LSTMSettings
from rlsearch.config.base import Positive


class Settings(ControllerSettings, LSTMSettings):
    """The critic's settings: an LSTM of the policy's size, trained by Adam with `critic_lr` on squared errors."""

    type: Literal["lstm-actor-critic"] = "lstm-actor-critic"
    critic_lr: Positive = 0.01

    # No settings but constants of this update rule, which `Learner` reads like settings.
    critic: ClassVar[bool] = True
    baseline: ClassVar[str] = "none"
    ema_decay: ClassVar[float] = 0.95
    first_baseline: ClassVar[float] = 0.0
    first_best: ClassVar[float] = 0.0
    average_first: ClassVar[bool] = False
    dead_zone: ClassVar[float | None] = None
    clip_reward: ClassVar[float | None] = None
    next_reward: ClassVar[float] = 0.0
    passes: ClassVar[int] = 1
    minibatch: ClassVar[int | None] = None
    clip_ratio: ClassVar[float | None] = None


class LSTMActorCritic(ControllerAgent):
    """The advantage of decision t is R - V(decisions before t), R being the candidate's reward (no discount)."""


SETTINGS, AGENT = Settings, LSTMActorCritic
