"""Intervals and differences from t, Fisher's z and the binomial; what cannot be computed is None, never a warning.

Percentile bootstrap is not offered: with the three to six values that a study can afford it covers far less than it
says (docs/statistics.md). Permutation tests are in `permutation`.

`scipy.stats` loads at its first use and not with this module: it takes a second, which reading settings, printing help
and planning jobs can do without.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

Values = Sequence[float] | NDArray[np.float64]

FIELLER = 0.437
"""Variance of Fisher's z of Kendall's tau is about 0.437 / (n - 4): Fieller, Hartley & Pearson 1957, Biometrika 44."""


@dataclass(frozen=True)
class Interval:
    """A confidence interval; an end is infinite where the data cannot bound it on that side."""

    low: float
    high: float
    confidence: float

    def to_json(self) -> dict[str, float | None]:
        """Return plain values; an infinite end becomes null."""
        ends = {"low": self.low, "high": self.high}
        return {**{k: v if math.isfinite(v) else None for k, v in ends.items()}, "confidence": self.confidence}


@dataclass(frozen=True)
class Difference:
    """Mean of the first sample minus mean of the second.

    Attributes:
        effect: the difference; NaN when a sample is empty or holds a NaN.
        se: its standard error; None when it cannot be estimated, or is 0 because no value varies.
        p: two-sided p value; interval: at the confidence asked for; both None when they cannot be computed.
    """

    effect: float
    se: float | None
    p: float | None
    interval: Interval | None


@dataclass(frozen=True)
class Rank:
    """Kendall's tau-b of n pairs with a two-sided p value and an interval; None where undefined."""

    tau: float | None
    p: float | None
    interval: Interval | None
    n: int


def sample(values: Values) -> NDArray[np.float64]:
    """Return the values as a flat float array."""
    return np.asarray(values, dtype=np.float64).reshape(-1)


Bounds = tuple[float, float]
ANY: Bounds = (-math.inf, math.inf)
SHARE: Bounds = (0.0, 1.0)
POSITIVE: Bounds = (0.0, math.inf)
"""What a mean can be: of accuracies and other shares, of costs and losses."""


def t_interval(values: Values, confidence: float = 0.95, bounds: Bounds = ANY) -> Interval | None:
    """Return Student's interval for a mean, cut to what the mean can be.

    With two or three values the interval of a mean near an end of its range reaches beyond it. The mean cannot lie
    there, so the cut interval covers it exactly as often.

    >>> t_interval((0.80, 0.99)).high > 1, t_interval((0.80, 0.99), bounds=SHARE).high
    (True, 1.0)

    Args:
        values: the sample. confidence: of the interval.
        bounds: the least and the greatest that the mean can be; the values lie between them.

    Returns:
        None with fewer than 2 values, with a NaN, or when all values are equal (the spread is then unknown, not 0).
    """
    x = sample(values)
    if x.size < 2 or not np.isfinite(x).all() or is_rounding(scipy.stats.sem(x), x):
        return None
    # The hypothesis of 0 plays no part: scipy gives Student's interval with the test.
    ends, (low, high) = scipy.stats.ttest_1samp(x, 0.0).confidence_interval(confidence), bounds
    return Interval(max(float(ends.low), low), min(float(ends.high), high), confidence)


def t_bands(
    table: NDArray[np.float64], confidence: float = 0.95, bounds: Bounds = ANY
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return mean, low and high (columns,) of every column of `table` (rows, columns), as `t_interval` has them.

    A value that is not finite is left out of its column. Where a column has no interval both ends are its mean, which
    is NaN without a value. All columns at once: asked one by one, scipy takes half a millisecond for each.
    """
    known = np.isfinite(table)
    count, filled = known.sum(axis=0), np.where(known, table, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):  # columns of no value, or of one
        mean = filled.sum(axis=0) / count
        error = np.sqrt(np.where(known, (filled - mean) ** 2, 0.0).sum(axis=0) / (count - 1) / count)
    varied = (count >= 2) & (error > 1e-14 * np.maximum(1.0, np.abs(filled).max(axis=0, initial=0.0)))
    quantile = scipy.stats.t.isf((1 - confidence) / 2, np.maximum(count - 1, 1))
    reach = np.where(varied, quantile * error, 0.0)
    low, high = np.maximum(mean - reach, bounds[0]), np.minimum(mean + reach, bounds[1])
    return mean, np.where(varied, low, mean), np.where(varied, high, mean)


def welch(first: Values, second: Values, confidence: float = 0.95) -> Difference:
    """Return the difference of means with Welch's t interval and test (Welch 1947, unequal variances)."""
    x, y = sample(first), sample(second)
    effect = float(x.mean() - y.mean()) if x.size and y.size else math.nan
    unknown = Difference(effect, None, None, None)
    if min(x.size, y.size) < 2 or not math.isfinite(effect):
        return unknown
    # The variances of two independent means add up.
    se = math.hypot(scipy.stats.sem(x), scipy.stats.sem(y))
    if is_rounding(se, np.concatenate([x, y])):
        return unknown
    with warnings.catch_warnings():
        # scipy warns of an arm in which nothing varies; the other arm's variance is then the whole.
        warnings.simplefilter("ignore", RuntimeWarning)
        result = scipy.stats.ttest_ind(x, y, equal_var=False)
    ends = result.confidence_interval(confidence)
    interval = Interval(float(ends.low), float(ends.high), confidence)
    return Difference(effect, se, float(result.pvalue), interval)


def is_rounding(spread: float, values: Values) -> bool:
    """Tell whether a spread of values is one of rounding: equal values can have one of some 1e-17 from their mean."""
    return spread <= 1e-14 * max(1.0, float(np.abs(values).max()))


def proportion_interval(hits: int, runs: int, confidence: float = 0.95) -> Interval | None:
    """Return the exact interval for a share (Clopper & Pearson 1934), which covers at least what it says."""
    if runs < 1:
        return None
    ends = scipy.stats.binomtest(hits, runs).proportion_ci(confidence)
    return Interval(float(ends.low), float(ends.high), confidence)


def kendall(first: Values, second: Values, confidence: float = 0.95) -> Rank:
    """Return Kendall's tau-b of paired values, its exact p where there are no ties, and an interval.

    The interval is Fisher's z with the variance 0.437 / (n - 4) of Fieller, Hartley & Pearson 1957. They derived it for
    normal pairs without ties, and it serves for n of 10 and more and |tau| below about 0.8; beyond that it is a guide.
    None below n = 5 and at |tau| = 1, where z is infinite.
    """
    x, y = sample(first), sample(second)
    if x.size != y.size:
        raise ValueError(f"pairs needed, got {x.size} and {y.size} values")
    usable = x.size >= 2 and bool(np.isfinite(x).all() and np.isfinite(y).all())
    if not usable or np.ptp(x) == 0 or np.ptp(y) == 0:
        return Rank(None, None, None, x.size)
    result = scipy.stats.kendalltau(x, y)
    tau = float(result.statistic)
    return Rank(tau, float(result.pvalue), _fisher_z(tau, x.size, confidence), x.size)


def _fisher_z(tau: float, n: int, confidence: float) -> Interval | None:
    if n < 5 or abs(tau) > 1 - 1e-12:
        return None
    half = float(scipy.stats.norm.ppf(0.5 + confidence / 2)) * math.sqrt(FIELLER / (n - 4))
    # Fisher's z, in which the distribution of tau is nearly normal.
    centre = math.atanh(tau)
    return Interval(math.tanh(centre - half), math.tanh(centre + half), confidence)
