"""A permutation test for arms of very different size: Welch's t as the statistic (Janssen 1997; Chung & Romano 2013).

Exchanging values compares means fairly only while both arms spread alike. With 6 values against 200 and twice the
spread among the 6, the interval for a plain difference of means covers 70 % where it says 95 %; with Welch's t as the
statistic it covers 94 % (measured; docs/statistics.md). With arms of equal size the two statistics order all
rearrangements alike, and `permutation.two_sample` gives the same answer without a search.
"""

from __future__ import annotations

import math

import numpy as np

from rlsearch.boundary import at_most
from rlsearch.statistics.intervals import Interval, Values, sample, welch
from rlsearch.statistics.permutation import Array, rearrangements

# Up to 2^20 standard errors from the effect, then to 2^-45 of that distance.
_DOUBLINGS, _HALVINGS = 20, 45


class Studentised:
    """Two-sided test of a shift between two samples of at least two values each.

    Attributes:
        name: "studentised permutation".
        effect: difference of the means.
        exact: whether all rearrangements were enumerated.
        p: two-sided p value of no difference.
    """

    name = "studentised permutation"

    def __init__(self, first: Array, second: Array, se: float, rng: np.random.Generator | None) -> None:
        self.effect = float(first.mean() - second.mean())
        self._se, self._sizes = se, (first.size, second.size)
        pooled = np.concatenate([first, second])
        pooled -= pooled.mean()  # the sums of squares below would otherwise lose digits
        chosen, self.exact = rearrangements(first.size, second.size, rng)
        moved = chosen < first.size
        values = pooled[chosen]
        # All that a shift needs: sums and squares of each first arm, and of what in it belonged to the first sample.
        self._sum, self._squares = values.sum(axis=1), (values**2).sum(axis=1)
        self._own, self._count = (values * moved).sum(axis=1), moved.sum(axis=1)
        self._total_squares, self._own_total = float(pooled @ pooled), float(pooled[: first.size].sum())
        self.p = self.p_at(0.0)

    def p_at(self, shift: float) -> float:
        """Return the p value of the hypothesis that the first sample lies higher by `shift`."""
        observed = abs(self.effect - shift) / self._se
        extreme = self._statistics(shift) >= observed * (1 - 1e-9) - 1e-12
        extreme[0] = True  # the data as they came, which rounding at far shifts must not lose
        return float(extreme.mean())

    def _statistics(self, shift: float) -> Array:
        """Return |Welch's t| of every rearrangement after `shift` was taken off the first sample."""
        n, m = self._sizes
        first = self._sum - shift * self._count
        # The pooled values sum to 0, so the other arm has what is left of -shift n.
        second = -shift * n - first
        squares = self._squares - 2 * shift * self._own + shift**2 * self._count
        rest = self._total_squares - 2 * shift * self._own_total + shift**2 * n - squares
        # Sums of squares that cancel may be rounded below 0.
        inside = np.maximum(squares - first**2 / n, 0) / (n * (n - 1))
        outside = np.maximum(rest - second**2 / m, 0) / (m * (m - 1))
        difference, spread = np.abs(first / n - second / m), np.sqrt(inside + outside)
        # Where neither arm varies any difference is infinitely far out.
        return np.asarray(np.divide(difference, spread, out=np.full(spread.shape, math.inf), where=spread > 0))

    def interval(self, confidence: float) -> Interval:
        """Return the shifts around the effect that are not rejected at 1 - confidence, found by bisection."""
        return Interval(self._end(-1, confidence), self._end(1, confidence), confidence)

    def _end(self, direction: int, confidence: float) -> float:
        inner, outer = self.effect, self.effect + direction * self._se
        # Outwards until a shift is rejected, then bisection between it and the last one that is not.
        for _ in range(_DOUBLINGS):
            if at_most(self.p_at(outer), 1 - confidence):
                break
            inner, outer = outer, self.effect + 2 * (outer - self.effect)
        else:
            return direction * math.inf
        for _ in range(_HALVINGS):
            middle = (inner + outer) / 2
            inner, outer = (inner, middle) if at_most(self.p_at(middle), 1 - confidence) else (middle, outer)
        return inner


def studentised(first: Values, second: Values, rng: np.random.Generator | None = None) -> Studentised | None:
    """Return the test; None when a sample has fewer than 2 values or a NaN, or when nothing varies in either."""
    se = welch(first, second).se
    return None if se is None else Studentised(sample(first), sample(second), se, rng)
