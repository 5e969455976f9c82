"""REINFORCE with an autoregressive LSTM controller (Williams 1992; Zoph & Le 2017; Srivatsava & Duddu 2019)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from rlsearch.agents._lstm import LSTMAgent, LSTMSettings
from rlsearch.config.base import Number, Positive


class Settings(LSTMSettings):
    """REINFORCE's own settings.

    `baseline: ema` subtracts a moving average of the rewards that starts at the first reward; `average_first` has it
    moved before the subtraction, as the source's code does. `clip_reward` clips what is left to [-clip, clip], in units
    of the reward. `next_reward` credits the first of each pair of candidates with r + next_reward * r', both rewards
    being what average and clipping leave of them, which the source calls actor-critic.
    """

    type: Literal["lstm-reinforce"] = "lstm-reinforce"
    baseline: Literal["none", "ema"] = "ema"
    ema_decay: Annotated[Number, Field(ge=0, lt=1)] = 0.95
    average_first: bool = False
    clip_reward: Positive | None = None
    next_reward: Annotated[Number, Field(ge=0, le=1)] = 0.0

    # No settings but constants of this update rule, which `Learner` reads like settings.
    critic: ClassVar[bool] = False
    critic_lr: ClassVar[float] = 0.01
    passes: ClassVar[int] = 1
    clip_ratio: ClassVar[float | None] = None

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        # An odd batch would leave its last candidate without a partner in every update.
        if self.next_reward and self.batch % 2:
            raise ValueError(f"`next_reward` pairs candidates: batch must be even, not {self.batch}")
        return self


class LSTMReinforce(LSTMAgent):
    """The gradient of log pi(candidate) times (reward - baseline), averaged over a batch."""


SETTINGS, AGENT = Settings, LSTMReinforce
