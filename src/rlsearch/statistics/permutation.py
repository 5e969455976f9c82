"""Permutation tests and the intervals that come from inverting them.

Both tests below ask the same question of a shift d: would |statistic| be as large as observed under so many of the
rearrangements, had d been taken off the data first? The statistic of rearrangement A is linear in d: D_A - d b_A with
|b_A| <= 1, against D - d for the data as they came. So the shifts for which A is at least as extreme form one closed
interval around D, from (D - D_A) / (1 - b_A) and (D + D_A) / (1 + b_A), and the interval of all shifts that are not
rejected follows from sorting those ends: no search, no bisection (Pitman 1937; Ernst 2004, Statistical Science 19,
describes the idea).
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import chain, combinations
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rlsearch import seeds
from rlsearch.statistics.intervals import Interval, Values, sample

EXACT_LIMIT = 200_000
"""Up to so many rearrangements all are enumerated; beyond, DRAWS of them are drawn at random."""
DRAWS = 20_000
_CHUNK = 2_000

Array = NDArray[np.float64]


class ShiftTest(Protocol):
    """What a claim needs of a test: its name, the effect, its p value, and an interval at any level."""

    @property
    def name(self) -> str:
        """What the test is called where its p value is printed."""

    @property
    def effect(self) -> float:
        """The estimate, in the unit of the claim."""

    @property
    def p(self) -> float:
        """Two-sided p value of no effect."""

    def interval(self, confidence: float) -> Interval:
        """Return the shifts that the test does not reject at 1 - confidence."""


class Permutation:
    """A test whose rearrangements are computed once and then serve p value and interval at any level.

    Attributes:
        name: "permutation" of two samples or "sign flip" of pairs.
        effect: observed statistic (difference of means, or mean of the paired differences).
        exact: whether all rearrangements were enumerated.
        p: two-sided p value; when rearrangements are drawn, (1 + hits) / (1 + draws) (Phipson & Smyth 2010).
    """

    def __init__(self, name: str, effect: float, statistics: Array, slopes: Array, exact: bool) -> None:
        self.name, self.effect, self.exact = name, effect, exact
        self._lows, self._highs = reach(effect, statistics, slopes)
        # Equal sums differ in their last bits when added in another order; without this ties would not count.
        slack = 1e-10 * max(abs(effect), float(np.abs(statistics).max()))
        self.p = float(np.mean(np.abs(statistics) >= abs(effect) - slack))

    def interval(self, confidence: float) -> Interval:
        """Return all shifts that the test does not reject at 1 - confidence.

        An end is infinite when there are too few rearrangements to reject any shift at this level.
        """
        # The margin keeps a product that should be whole from being rounded down below it.
        skipped = math.floor((1 - confidence) * self._lows.size * (1 + 1e-12))
        if skipped >= self._lows.size:
            return Interval(self.effect, self.effect, confidence)
        low = float(np.partition(self._lows, skipped)[skipped])
        high = -float(np.partition(-self._highs, skipped)[skipped])
        return Interval(low, high, confidence)


def reach(effect: float | Array, statistics: Array, slopes: Array) -> tuple[Array, Array]:
    """Return for each rearrangement the lowest and the highest shift at which it is as extreme as the data.

    Of many data sets at once: effect (sets, 1), statistics (sets, rearrangements), slopes (rearrangements,).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        a = np.where(slopes < 1 - 1e-12, (effect - statistics) / (1 - slopes), -math.inf)
        b = np.where(slopes > 1e-12 - 1, (effect + statistics) / (1 + slopes), math.inf)
    always = (slopes >= 1 - 1e-12) | (slopes <= 1e-12 - 1)  # the data as they came, or mirrored
    low = np.where(always, -math.inf, np.minimum(a, b))
    high = np.where(always, math.inf, np.maximum(a, b))
    return low, high


def two_sample(first: Values, second: Values, rng: np.random.Generator | None = None) -> Permutation | None:
    """Test the difference of two means by exchanging values between the samples; the interval is for a pure shift.

    For arms of different size see `studentised`, which allows for different spreads.

    Args:
        first, second: at least one value each (3 against 3 can reach p = 0.10, 4 against 4 p = 0.029).
        rng: for the drawn rearrangements of large samples; seeded by name when left out.

    Returns:
        None when a sample is empty or holds a NaN.
    """
    x, y = sample(first), sample(second)
    if not x.size or not y.size or not (np.isfinite(x).all() and np.isfinite(y).all()):
        return None
    pooled, n = np.concatenate([x, y]), x.size
    chosen, exact = rearrangements(n, y.size, rng)
    # Mean of the chosen values less that of the others, worked out from the sum of the chosen ones alone.
    statistics = pooled[chosen].sum(axis=1) * (1 / n + 1 / y.size) - pooled.sum() / y.size
    return Permutation("permutation", float(x.mean() - y.mean()), statistics, _exchanged(chosen, n, y.size), exact)


def _exchanged(chosen: NDArray[np.int64], n: int, m: int) -> Array:
    """Return the slope b of every rearrangement: what it makes of a shift of the first sample."""
    return np.asarray((chosen < n).sum(axis=1) * (1 / n + 1 / m) - n / m)


def two_sample_weights(n: int, m: int) -> tuple[Array, Array]:
    """Return weights (rearrangements, n + m) of pooled values that give the statistics, and slopes; the data first."""
    chosen, _ = rearrangements(n, m)
    weights = np.full((len(chosen), n + m), -1 / m)
    np.put_along_axis(weights, chosen, 1 / n, axis=1)
    return weights, _exchanged(chosen, n, m)


def sign_flip(differences: Values, rng: np.random.Generator | None = None) -> Permutation | None:
    """Test the mean of paired differences by flipping their signs (Fisher 1935); six pairs are the fewest for 0.05."""
    x = sample(differences)
    if not x.size or not np.isfinite(x).all():
        return None
    exact = 2**x.size <= EXACT_LIMIT
    if exact:
        signs = _all_signs(x.size)
    else:
        draws = (rng or seeds.generator("sign-flip", x.size)).integers(0, 2, (DRAWS, x.size))
        # The data as they came count as one rearrangement, so that p is never 0 (Phipson & Smyth 2010).
        signs = np.concatenate([np.ones((1, x.size)), 1.0 - 2.0 * draws])
    return Permutation("sign flip", float(x.mean()), (signs * x).mean(axis=1), signs.mean(axis=1), exact)


def sign_weights(n: int) -> tuple[Array, Array]:
    """Return weights (2^n, n) that give the statistics of differences, the data's first, and slopes."""
    weights = _all_signs(n) / n
    return weights, weights.sum(axis=1)


def _all_signs(n: int) -> Array:
    # The bits of the row's number; row 0 has none set: the data as they came.
    return np.asarray(1.0 - 2.0 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1))


def rearrangements(n: int, m: int, rng: np.random.Generator | None = None) -> tuple[NDArray[np.int64], bool]:
    """Return which of n + m pooled values form the first sample, one rearrangement a row, and whether these are all."""
    if math.comb(n + m, n) <= EXACT_LIMIT:
        return _subsets(n + m, n), True
    return _drawn(n + m, n, rng or seeds.generator("permutation", n, m)), False


@lru_cache(maxsize=8)
def _subsets(total: int, size: int) -> NDArray[np.int64]:
    """Return all choices of `size` among `total` indices, one a row."""
    count = math.comb(total, size)
    flat = np.fromiter(chain.from_iterable(combinations(range(total), size)), dtype=np.int64, count=count * size)
    # The cache hands the same array to everybody.
    flat.flags.writeable = False
    return flat.reshape(count, size)


def _drawn(total: int, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the identity and DRAWS random choices of `size` among `total` indices, one a row."""
    rows = [np.arange(size)[None, :]]
    for _ in range(DRAWS // _CHUNK):
        # The places of the smallest of independent random numbers are a uniform subset.
        rows.append(rng.random((_CHUNK, total)).argpartition(size - 1, axis=1)[:, :size])
    return np.concatenate(rows).astype(np.int64)
