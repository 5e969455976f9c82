"""The network of the MLP agents."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from rlsearch.config.base import LearnerSettings, Width


class MLPSettings(LearnerSettings):
    """A perceptron of `layers` hidden layers of `hidden` units each, fed with the options taken so far."""

    network: ClassVar[str] = "mlp"

    hidden: Width = 35
    layers: Annotated[int, Field(ge=1, le=8)] = 2
