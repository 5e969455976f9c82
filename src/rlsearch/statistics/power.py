"""The effect that a claim's test finds four times in five: from the distribution of that very test.

The interval of a shift test moves with the data: an effect d is found, on noise e, exactly if the interval of e has its
lower end above -d. So one simulation of noise gives the power of every effect, and the effect found with power 0.8 is
the 0.8 quantile of minus the lower end. Small tests are simulated so, with all their rearrangements. Larger ones, and
tests of a sample against a much larger one, have the power of Student's t to within a point (docs/statistics.md).

Effects here are in standard errors at the true noise. A printed effect takes the noise as it was measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import scipy

from rlsearch import seeds
from rlsearch.boundary import just_above
from rlsearch.statistics import permutation
from rlsearch.statistics.reach import SIGN_FLIP_PAIRS
from rlsearch.statistics.spread import Spread

Test = Literal["two-sample", "sign-flip", "t"]
Way = Literal["two samples", "pairs", "t"]
"""How a claim's values stand to each other, which is known beforehand; with their number it says which test decides."""
POWER = 0.8
MOST_SIMULATED = 5_000
"""A test with more rearrangements than this has the power of Student's t: the levels it can reach lie close enough."""
NOISES = 6_000, 40_000
"""Simulated noises, at least and at most: 0.5 and 0.2 points of power. Small tests take more in the same time."""
_COUNTED = 40
_NOISE_LEVELS = 4_000
_CHUNK = 2_000_000
"""Statistics held at a time."""


@dataclass(frozen=True)
class Design:
    """How a claim is tested: by exchanging values between two samples of `n`, by flipping `n` signs, or by Student's t.

    `df`: degrees of freedom of the standard error. Samples of different size count as "t" (`studentised`).

    >>> five = Design("two-sample", 5, 8.0)
    >>> 3.1 < five.detectable(0.05) < 3.4, five.detectable(0.001)
    (True, None)
    """

    test: Test
    n: int
    df: float

    @property
    def rearrangements(self) -> int:
        """Number of rearrangements, counted up to about 1e12; 0 for Student's t."""
        n = min(self.n, _COUNTED)
        if self.test == "two-sample":
            return math.comb(2 * n, n)
        return 1 << n if self.test == "sign-flip" else 0

    def detectable(self, level: float, power: float = POWER) -> float | None:
        """Return the effect found with this power at a two-sided level, in standard errors; None: no effect is."""
        if self.df <= 0:
            return None
        if self.test == "t":
            return noncentral(self.df, level, power)
        skipped = math.floor(just_above(level * self.rearrangements))
        if skipped < 2:  # the data as they came and mirrored are as extreme as any
            return None
        if self.rearrangements > MOST_SIMULATED:
            return noncentral(self.df, level, power)
        return float(np.quantile(_needed(self.test, self.n, skipped), power))


def design(way: Way, seeds: int, spread: Spread) -> Design:
    """Return how a claim is tested with so many seeds in each arm."""
    test: Test = "t"
    if way == "two samples":
        test = "two-sample"
    elif way == "pairs" and seeds >= SIGN_FLIP_PAIRS:
        test = "sign-flip"
    return Design(test, seeds, spread.df(seeds))


def detectable(way: Way, seeds: int, spread: Spread, level: float) -> float | None:
    """Return the effect, in its own unit, that the claim's test finds four times in five at this noise."""
    effect = design(way, seeds, spread).detectable(level)
    return None if effect is None else effect * spread.error(seeds)


@lru_cache(maxsize=1024)
def noncentral(df: float, level: float, power: float = POWER) -> float:
    """Return the noncentrality at which a two-sided t test at `level` rejects on the effect's side with this power.

    >>> round(noncentral(8, 0.05), 2)
    3.2
    """
    critical = float(scipy.stats.t.ppf(1 - level / 2, df))
    # Over the estimated noise rather than by scipy's nct, whose series fail at small df or level.
    noise = np.sqrt(scipy.stats.chi2.ppf((np.arange(_NOISE_LEVELS) + 0.5) / _NOISE_LEVELS, df) / df)

    def lacks(shift: float) -> float:
        return float(scipy.special.ndtr(shift - critical * noise).mean()) - power

    # Between no effect, found too seldom, and one that stands out even from the largest noise.
    return float(scipy.optimize.brentq(lacks, 0.0, critical * float(noise[-1]) + 10.0))


@lru_cache(maxsize=64)
def _needed(test: Test, n: int, skipped: int) -> permutation.Array:
    """Return for each simulated noise the effect, in standard errors, beyond which the test rejects."""
    rng = seeds.generator("power", test, n)
    weights, slopes = permutation.two_sample_weights(n, n) if test == "two-sample" else permutation.sign_weights(n)
    size, error = weights.shape[1], math.sqrt((2 if test == "two-sample" else 1) / n)
    chunk, lows = _CHUNK // len(weights), []
    noises = min(max(NOISES[0], 10 * chunk), NOISES[1])
    for _ in range(math.ceil(noises / chunk)):
        # Noise alone: the interval moves with an effect, so its lower end under noise says which effects are found.
        statistics = rng.standard_normal((chunk, size)) @ weights.T
        low, _ = permutation.reach(statistics[:, :1], statistics, slopes)
        lows.append(np.partition(low, skipped, axis=1)[:, skipped])
    return -np.concatenate(lows) / error
