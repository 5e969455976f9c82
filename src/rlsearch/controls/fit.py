"""A parabola through rewards of one continuous action: the cheapest answer that random search can give."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Quadratic:
    """Least-squares fit of reward = c0 + c1 x + c2 x^2.

    Attributes:
        coefficients: (c0, c1, c2) in units of the reward.
        covariance: 3 x 3, of the coefficients; None with 3 points, which leave no residual.
        concave: whether the curve opens downwards, so that its vertex is a maximum.
        vertex: the best action inside the range; None unless concave.
        clipped: whether the vertex lay outside the range.
        residual_sd: standard deviation around the curve (n - 3 degrees of freedom); None with 3 points.
        n: number of points.
    """

    coefficients: tuple[float, float, float]
    covariance: Array | None
    concave: bool
    vertex: float | None
    clipped: bool
    residual_sd: float | None
    n: int

    def predict(self, actions: ArrayLike) -> Array:
        """Return the curve at these actions."""
        curve: Array = _design(np.asarray(actions, dtype=np.float64)) @ np.array(self.coefficients)
        return curve

    def half_width(self, actions: ArrayLike, confidence: float = 0.95) -> Array | None:
        """Return half the width of the pointwise t band of the curve; None without a residual."""
        if self.covariance is None:
            return None
        design = _design(np.asarray(actions, dtype=np.float64))
        variance = np.einsum("...i,ij,...j->...", design, self.covariance, design)
        # Rounding can turn the variance of a nearly exact fit slightly negative.
        half: Array = float(scipy.stats.t.ppf(0.5 + confidence / 2, self.n - 3)) * np.sqrt(np.maximum(variance, 0))
        return half

    def to_json(self) -> dict[str, Any]:
        """Return the numbers that a table shows."""
        names = ("concave", "vertex", "clipped", "residual_sd", "n")
        return {"coefficients": list(self.coefficients), **{name: getattr(self, name) for name in names}}


def quadratic(actions: ArrayLike, rewards: ArrayLike, low: float, high: float) -> Quadratic | None:
    """Fit a parabola and place its vertex, clipped to [low, high].

    Pairs with a value that is not finite are left out. The fit is only as good as the parabola: rewards of scales
    that do not train at all (chance level) pull the vertex away, so that callers may want to leave them out.

    Returns:
        None with fewer than 3 different actions.
    """
    x, y = np.asarray(actions, dtype=np.float64).reshape(-1), np.asarray(rewards, dtype=np.float64).reshape(-1)
    keep = np.isfinite(x) & np.isfinite(y)
    x, y = x[keep], y[keep]
    if np.unique(x).size < 3:
        return None
    # Centred and scaled: 1, x and x^2 over a narrow range are nearly collinear.
    centre, width = float(x.mean()), float(np.ptp(x)) / 2
    design = _design((x - centre) / width)
    solution: Array = np.asarray(np.linalg.lstsq(design, y, rcond=None)[0], dtype=np.float64)
    back = _back(centre, width)
    covariance, residual_sd = _spread(design, y - design @ solution)
    coefficients = back @ solution
    concave, vertex, clipped = _vertex(solution, centre, width, low, high)
    # The covariance of a linear map B c is B C B^T.
    covariance_of_x = None if covariance is None else back @ covariance @ back.T
    c0, c1, c2 = (float(value) for value in coefficients)
    return Quadratic((c0, c1, c2), covariance_of_x, concave, vertex, clipped, residual_sd, x.size)


def _design(x: Array) -> Array:
    return np.stack([np.ones_like(x), x, x**2], axis=-1)


def _back(centre: float, width: float) -> Array:
    """Return the matrix that turns coefficients of z = (x - centre) / width into those of x."""
    ratio = centre / width
    return np.array([[1, -ratio, ratio**2], [0, 1 / width, -2 * ratio / width], [0, 0, 1 / width**2]])


def _spread(design: Array, residuals: Array) -> tuple[Array | None, float | None]:
    free = design.shape[0] - 3
    if free < 1:
        return None, None
    variance = float(residuals @ residuals) / free
    # Ordinary least squares: cov = s^2 (X^T X)^-1; X is centred and scaled, so the inverse is well conditioned.
    return variance * np.linalg.inv(design.T @ design), math.sqrt(variance)


def _vertex(solution: Array, centre: float, width: float, low: float, high: float) -> tuple[bool, float | None, bool]:
    _, slope, curvature = (float(value) for value in solution)
    # Curvature at the level of rounding errors is a straight line, whatever its sign.
    if curvature >= -1e-12 * max(1.0, abs(slope)):
        return False, None, False
    # The derivative in z is slope + 2 curvature z; back in x, z is worth `width`.
    vertex = centre - width * slope / (2 * curvature)
    inside = min(max(vertex, low), high)
    return True, inside, inside != vertex
