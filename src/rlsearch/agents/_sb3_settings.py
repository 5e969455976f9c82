"""What the settings of Stable-Baselines3's algorithms share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from rlsearch.config.base import LearnerSettings, Name, Natural, Number, Width

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
