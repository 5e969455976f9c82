"""A two-sided t test of an effect that is no difference of means, from its jackknife standard error."""

from __future__ import annotations

from dataclasses import dataclass

from scipy import stats

from rlsearch.evidence.statistics import Interval


@dataclass(frozen=True)
class Jackknife:
    """A test of one effect, such as the mean logarithm of a ratio of variances (Efron & Tibshirani 1993, chapter 11).

    >>> round(Jackknife(0.3, 0.1, 199).p, 4)
    0.0031

    Attributes:
        effect: the estimate; error: its standard error, above 0; df: degrees of freedom of the error.
    """

    effect: float
    error: float
    df: float

    @property
    def p(self) -> float:
        """Two-sided p value of no effect."""
        return float(2 * stats.t.sf(abs(self.effect) / self.error, self.df))

    def interval(self, confidence: float) -> Interval:
        """Return the shifts that the test does not reject at 1 - confidence."""
        half = float(stats.t.ppf(0.5 + confidence / 2, self.df)) * self.error
        return Interval(self.effect - half, self.effect + half, confidence)
