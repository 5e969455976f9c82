"""What a reader of certain lags could know of a chain at best, and a price for being narrow."""

from __future__ import annotations

import math
from functools import cached_property
from typing import ClassVar, Literal

from rlsearch.config.base import Positive
from rlsearch.config.evaluator_models import SurrogateSettings
from rlsearch.measures import PERPLEXITY, Measure
from rlsearch.spaces.base import Space, Spec
from rlsearch.surrogates.base import Surrogate, values

from ..shared.chain import LawSettings, MarkovChain
from ..spaces.lag_choice import LagChoice


class Settings(SurrogateSettings):
    """The law of the chain, and the nats that a reader of width 1 loses: one of width w loses 1/w of them."""

    name: Literal["lag-entropy"] = "lag-entropy"
    law: LawSettings = LawSettings()
    narrowness: Positive = 0.2


class LagEntropy(Surrogate):
    """The perplexity that is left to whoever knows the chain and sees these lags alone."""

    measure: ClassVar[Measure] = PERPLEXITY

    def __init__(self, space: Space, settings: Settings) -> None:
        self.space, self.settings, self.chain = space, settings, MarkovChain(settings.law)

    @classmethod
    def supports(cls, space: Space) -> bool:
        """Take readers of lags."""
        return isinstance(space, LagChoice)

    def value(self, spec: Spec) -> float:
        """Return the perplexity of a reader."""
        network = spec["network"]
        return math.exp(self.chain.uncertainty(network["lags"]) + self.settings.narrowness / network["width"])

    @cached_property
    def optimum(self) -> float:
        """The least perplexity of all."""
        return float(values(self, self.space).min())


SETTINGS, SURROGATE = Settings, LagEntropy
