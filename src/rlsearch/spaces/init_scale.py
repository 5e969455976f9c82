"""The scale s of weight initialisation: std = s * sqrt(2 / fan_in), biases 0 (Yaman & Shondhani 2025)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from rlsearch.config.base import Positive, SpaceSettings
from rlsearch.spaces._analytic_scale import ANALYTIC_SILU
from rlsearch.spaces._rounding import MOST_DIGITS, range_fault
from rlsearch.spaces.base import Actions, Continuous, Decision, Space, Spec


class Settings(SpaceSettings):
    """The range of s and the decimals to which it is rounded (equal after rounding = the same candidate).

    Both ends must be such rounded values, so that no scale outside the range is trained.
    """

    type: Literal["init-scale"] = "init-scale"
    low: Positive = 0.3
    high: Positive = 1.7
    digits: Annotated[int, Field(ge=1, le=MOST_DIGITS)] = 2

    @model_validator(mode="after")
    def _rounded(self) -> Settings:
        if fault := range_fault(self.low, self.high, self.digits):
            raise ValueError(fault)
        return self


class InitScale(Space):
    """One continuous decision: the scale.

    >>> space = InitScale(Settings(low=0.3, high=1.7))
    >>> space.decode((1.25,))
    {'init': {'scheme': 'scaled-normal', 'scale': 1.25}}
    """

    noun: ClassVar[str] = "scale"
    question: ClassVar[str] = "Which scale of the initial weights is best for this network?"

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.decision = Continuous("scale", self.settings.low, self.settings.high, self.settings.digits)

    def next(self, prefix: Actions) -> Decision | None:
        """Return the scale's range, then nothing."""
        return None if prefix else self.decision

    def decode(self, actions: Actions) -> Spec:
        """Return {"init": {"scheme": "scaled-normal", "scale": s}}."""
        (scale,) = actions
        return {"init": {"scheme": "scaled-normal", "scale": self.decision.clip(scale)}}

    @property
    def nominal_size(self) -> int:
        """Number of scales that rounding keeps apart."""
        return self.decision.levels

    def baselines(self) -> Mapping[str, Spec]:
        """Return He et al.'s scale 1, the analytic scale for SiLU, and three initialisers of the literature."""
        return {
            "he": {"init": {"scheme": "scaled-normal", "scale": 1.0}},
            "analytic": {"init": {"scheme": "scaled-normal", "scale": ANALYTIC_SILU}},
            "xavier": {"init": {"scheme": "xavier"}},
            "orthogonal": {"init": {"scheme": "orthogonal"}},
            "lsuv": {"init": {"scheme": "lsuv"}},
        }

    def spread(self, count: int) -> list[Actions]:
        """Return `count` scales at equal distances, both ends included."""
        values = np.linspace(self.settings.low, self.settings.high, count)
        return [(self.decision.clip(float(value)),) for value in values]

    def planted(self, actions: Actions) -> float:
        """Return -(s - s*)^2 plus its mean under uniform s, with s* at 68 % of the range (1.25 for [0.3, 1.7])."""
        low, high, (optimum,) = self.settings.low, self.settings.high, self.optimum()
        # E (s - s*)^2 of a uniform s, so that planted rewards have mean 0.
        mean = ((high - optimum) ** 3 - (low - optimum) ** 3) / (3 * (high - low))
        return mean - (float(actions[0]) - optimum) ** 2

    def optimum(self) -> tuple[float]:
        """Return the best scale under `planted`, before it is rounded."""
        # 1.25 on [0.3, 1.7], away from the middle of the range.
        return (self.settings.low + (self.settings.high - self.settings.low) * 0.95 / 1.4,)

    def describe(self, spec: Spec) -> str:
        """Return "s = 1.25" or the name of the scheme."""
        init = spec["init"]
        return f"s = {init['scale']:g}" if init["scheme"] == "scaled-normal" else str(init["scheme"])

    def read(self, text: str) -> Spec:
        """Return the scale (to the six digits of its label) or the scheme of that name."""
        scale = re.fullmatch(r"s = (\d+(?:\.\d+)?)", text)
        return {"init": {"scheme": "scaled-normal", "scale": float(scale[1])}} if scale else super().read(text)


SETTINGS, SPACE = Settings, InitScale
