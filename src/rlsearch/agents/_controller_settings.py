"""What a user can set of every controller that learns by policy gradient, whatever network it is."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from rlsearch.config.base import Count, Extended, LearnerSettings, Number, Positive


class ControllerSettings(LearnerSettings, Extended):
    """How a controller is trained: the settings that all update rules share.

    `batch` candidates are sampled and learnt from at a time. `optimizer`, `lr` and `lr_decay` (a factor every
    `lr_decay_every` updates) are those of the policy; gradients are clipped to a norm of `clip_norm` (null: not), as a
    `whole` or each `tensor` of weights by itself (`clip`). The softmax is divided by `temperature`, which is multiplied
    by `temperature_decay` at every update, or at every candidate (`temperature_by`), down to `temperature_end`. The
    loss is of the distribution that was sampled from; with `loss: untempered` it knows neither temperature nor mask,
    as in code of Salvucci (2025), which biases the gradient. `entropy` is the weight of the entropy bonus.
    `exploration` is the share of candidates that are drawn uniformly instead; their log-probabilities are still the
    policy's, so that it biases the gradient.
    """

    later: ClassVar[tuple[str, ...]] = ("clip", "temperature_by", "loss")

    batch: Count = 8
    optimizer: Literal["adam", "rmsprop"] = "adam"
    lr: Positive = 0.01
    lr_decay: Annotated[Number, Field(gt=0, le=1)] = 1.0
    lr_decay_every: Count = 500
    clip_norm: Positive | None = 5.0
    clip: Literal["whole", "tensor"] = "whole"
    temperature: Positive = 1.0
    temperature_decay: Annotated[Number, Field(gt=0, le=1)] = 1.0
    temperature_end: Positive = 1.0
    temperature_by: Literal["update", "candidate"] = "update"
    loss: Literal["as-sampled", "untempered"] = "as-sampled"
    entropy: Annotated[Number, Field(ge=0)] = 0.0
    exploration: Annotated[Number, Field(ge=0, lt=1)] = 0.0

    @model_validator(mode="after")
    def _temperatures(self) -> Self:
        if self.temperature_end > self.temperature:
            raise ValueError(f"temperature_end {self.temperature_end} lies above temperature {self.temperature}")
        if (self.temperature_decay == 1) != (self.temperature_end == self.temperature):
            raise ValueError(
                "the temperature falls only with both `temperature_decay` < 1 and `temperature_end` below it"
            )
        return self


class ReinforceSettings(ControllerSettings):
    """REINFORCE's own settings.

    `baseline: ema` subtracts a moving average of the rewards that starts at the first reward; `mean` the mean of the
    last 100; `max` the highest of that, of the mean of the last 20 and of 0.8 times the best reward, which counts as
    `first_best` until one is higher: a rule for rewards that are not negative. `mean` and `max` are `first_baseline`
    before there are 20 rewards. `average_first` has the present reward taken in before the subtraction, as the sources'
    code does. A candidate of which less than `dead_zone` is left is not learnt from, and where that is all of a batch
    there is no update.

    `clip_reward` clips what is left to [-clip, clip]. `next_reward` credits the first of each pair of candidates with
    r + next_reward * r', both rewards being what baseline and clipping leave of them, which the source calls
    actor-critic. All of these but `next_reward` and `ema_decay` are in units of the reward.
    """

    later: ClassVar[tuple[str, ...]] = (*ControllerSettings.later, "first_baseline", "first_best", "dead_zone")

    baseline: Literal["none", "ema", "mean", "max"] = "ema"
    ema_decay: Annotated[Number, Field(ge=0, lt=1)] = 0.95
    first_baseline: Number = 0.65
    first_best: Number = 0.5
    average_first: bool = False
    dead_zone: Positive | None = None
    clip_reward: Positive | None = None
    next_reward: Annotated[Number, Field(ge=0, le=1)] = 0.0

    # No settings but constants of this update rule, which `Learner` reads like settings.
    critic: ClassVar[bool] = False
    critic_lr: ClassVar[float] = 0.01
    passes: ClassVar[int] = 1
    minibatch: ClassVar[int | None] = None
    clip_ratio: ClassVar[float | None] = None

    @model_validator(mode="after")
    def _fit(self) -> Self:
        # An odd batch would leave its last candidate without a partner in every update.
        if self.next_reward and self.batch % 2:
            raise ValueError(f"`next_reward` pairs candidates: batch must be even, not {self.batch}")
        if self.dead_zone is not None and self.clip_reward is not None and self.dead_zone > self.clip_reward:
            raise ValueError(
                f"`dead_zone` {self.dead_zone:g} lies above `clip_reward` {self.clip_reward:g}: nothing would be learnt"
            )
        return self
