"""What the settings of Stable-Baselines3's algorithms share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from rlsearch.config.base import MOST, Count, LearnerSettings, Name, Natural, Number, Positive, Share, Width

Part = Annotated[Number, Field(ge=0, le=1)]
"""A share or a probability, both ends included."""

NotNegative = Annotated[Number, Field(ge=0)]
Steps = Natural
Activation = Literal["tanh", "relu"]
"""Between the layers of a multilayer perceptron."""

Hidden = Annotated[tuple[Width, ...], Field(strict=False, min_length=1)]
"""Widths of the hidden layers of a multilayer perceptron."""


class SB3Settings(LearnerSettings):
    """The library evaluates one candidate after the other: `batch` is 1.

    `optimizers`: in the space optimizer-selection, the labels among which the policy chooses; null = all.
    """

    batch: Literal[1] = 1
    optimizers: Annotated[tuple[Name, ...], Field(strict=False, min_length=2)] | None = None


class ReplaySettings(SB3Settings):
    """What `dqn` and `sac`, which learn from past steps, call by the same name and have the same default of.

    `batch_size` steps are drawn for each of the `gradient_steps` that follow every `train_freq` steps.
    """

    gamma: Part = 0.99
    buffer_size: Count = 5000
    batch_size: Count = 32
    train_freq: Count = 1
    gradient_steps: Count = 1
    n_steps: Count = 1
    adam_eps: Positive = 1e-8
    hidden: Hidden = (64, 64)
    activation: Activation = "relu"


class PPOSettings(LearnerSettings):
    """What `ppo` and `maskable-ppo` call by the same name and have the same default of."""

    batch: Literal[1] = 1
    batch_size: Annotated[int, Field(ge=2, le=MOST)] | None = None
    clip_range: Share = 0.2
    clip_range_vf: Positive | None = None
    target_kl: Positive | None = None
    adam_eps: Positive = 1e-5
    hidden: Hidden = (64, 64)
    activation: Activation = "tanh"
    ortho_init: bool = True
