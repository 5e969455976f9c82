"""Tests that rearrange nothing, in the shape of the permutation tests: Student's t, and none where none is needed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import ClassVar

import scipy

from rlsearch.statistics.intervals import Interval, is_rounding


@dataclass(frozen=True)
class TTest:
    """A two-sided test that a mean is 0, such as the mean over trainings of the logarithm of a ratio of variances.

    >>> round(TTest(0.3, 0.1, 199).p, 4)
    0.003

    Attributes:
        effect: the mean; error: its standard error, above 0; df: degrees of freedom of the error.
    """

    effect: float
    error: float
    df: float
    name: ClassVar[str] = "t"

    @classmethod
    def of(cls, values: Sequence[float]) -> TTest:
        """Return the test of independent values, at least two that are not all equal."""
        return cls(fmean(values), stdev(values) / math.sqrt(len(values)), len(values) - 1)

    @classmethod
    def summed(cls, effect: float, parts: Sequence[tuple[float, float]]) -> TTest | None:
        """Return the test of an effect whose variance is a sum of independent parts, each with degrees of freedom.

        The degrees of freedom are Satterthwaite's. None where nothing varies, so that the noise is unknown.
        """
        variance = sum(part for part, _ in parts)
        if is_rounding(math.sqrt(variance), [effect]):
            return None
        # Satterthwaite 1946: the degrees of freedom of a chi-squared variable with this mean and variance.
        return cls(effect, math.sqrt(variance), variance**2 / sum(part**2 / df for part, df in parts))

    @property
    def p(self) -> float:
        """Two-sided p value of no effect."""
        return float(2 * scipy.stats.t.sf(abs(self.effect) / self.error, self.df))

    def interval(self, confidence: float) -> Interval:
        """Return the shifts that the test does not reject at 1 - confidence."""
        low, high = scipy.stats.t.interval(confidence, self.df, loc=self.effect, scale=self.error)
        return Interval(float(low), float(high), confidence)


@dataclass(frozen=True)
class Identical:
    """Two arms that are one: they do not differ, and no seed variance is in that."""

    name: str = "none needed"
    effect: float = 0.0
    p: float = 1.0

    def interval(self, confidence: float) -> Interval:
        """Return 0 alone."""
        return Interval(0.0, 0.0, confidence)
