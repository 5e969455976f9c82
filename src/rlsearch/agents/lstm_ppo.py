"""PPO with an autoregressive LSTM controller (Schulman et al. 2017, eq. 7; Zoph et al. 2018)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from rlsearch.agents._controller import ControllerAgent
from rlsearch.agents._controller_settings import ControllerSettings
from rlsearch.agents._lstm import LSTMSettings
from rlsearch.config.base import Count, Number, Positive


class Settings(ControllerSettings, LSTMSettings):
    """PPO's own settings: `passes` over each batch, the ratio within 1 - and 1 + `clip_ratio`.

    A pass is one gradient step on the batch, or one on each `minibatch` candidates of it, in an order drawn anew.
    `critic: true` takes advantages from a critic, else from a baseline of the rewards: `baseline`, `first_baseline`,
    `first_best` and `dead_zone` are as in `ReinforceSettings`.
    """

    later: ClassVar[tuple[str, ...]] = (
        *ControllerSettings.later,
        *("minibatch", "baseline", "first_baseline", "first_best", "dead_zone"),
    )

    type: Literal["lstm-ppo"] = "lstm-ppo"
    passes: Count = 4
    minibatch: Count | None = None
    clip_ratio: Annotated[Number, Field(gt=0, lt=1)] = 0.2
    critic: bool = False
    critic_lr: Positive = 0.01
    baseline: Literal["ema", "mean", "max"] = "ema"
    ema_decay: Annotated[Number, Field(ge=0, lt=1)] = 0.95
    first_baseline: Number = 0.65
    first_best: Number = 0.5
    dead_zone: Positive | None = None

    # No settings but constants of this update rule, which `Learner` reads like settings.
    average_first: ClassVar[bool] = False
    clip_reward: ClassVar[float | None] = None
    next_reward: ClassVar[float] = 0.0

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if self.minibatch is not None and self.minibatch > self.batch:
            raise ValueError(
                f"`minibatch` is {self.minibatch} of a batch of {self.batch}: at most the batch; null takes all of it"
            )
        if self.critic and (self.baseline != "ema" or self.dead_zone is not None):
            raise ValueError(
                "with `critic: true` advantages are the critic's: leave `baseline` and `dead_zone` out, or the critic"
            )
        return self


class LSTMPPO(ControllerAgent):
    """Several clipped steps on each batch, on advantages from a baseline of the rewards or from a critic."""


SETTINGS, AGENT = Settings, LSTMPPO
