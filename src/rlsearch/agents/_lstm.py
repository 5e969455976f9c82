"""The network of the LSTM agents."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from rlsearch.config.base import LearnerSettings, Positive, Width


class LSTMSettings(LearnerSettings):
    """An LSTM of `layers` layers of `hidden` units, fed with embeddings; all weights start within `init_range`."""

    network: ClassVar[str] = "lstm"

    embedding: Width = 20
    hidden: Width = 35
    layers: Annotated[int, Field(ge=1, le=8)] = 1
    init_range: Positive = 0.08
