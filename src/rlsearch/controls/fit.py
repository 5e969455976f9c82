"""A parabola through rewards of one continuous action: the cheapest answer that random search can give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Quadratic:
    """Least-squares fit of reward = c0 + c1 x + c2 x^2.

    Attributes:
        coefficients: (c0, c1, c2) in units of the reward.
        vertex: the best action inside the range; None where the curve opens upwards, or not at all.
    """

    coefficients: Array
    vertex: float | None

    def predict(self, actions: ArrayLike) -> Array:
        """Return the curve at these actions."""
        curve: Array = _design(np.asarray(actions, dtype=np.float64)) @ self.coefficients
        return curve


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
    solution: Array = np.asarray(np.linalg.lstsq(_design((x - centre) / width), y, rcond=None)[0], dtype=np.float64)
    ratio = centre / width
    # The matrix turns coefficients of z = (x - centre) / width into those of x.
    back = np.array([[1, -ratio, ratio**2], [0, 1 / width, -2 * ratio / width], [0, 0, 1 / width**2]])
    return Quadratic(back @ solution, _vertex(solution, centre, width, low, high))


def _design(x: Array) -> Array:
    return np.stack([np.ones_like(x), x, x**2], axis=-1)


def _vertex(solution: Array, centre: float, width: float, low: float, high: float) -> float | None:
    _, slope, curvature = (float(value) for value in solution)
    # Curvature at the level of rounding errors is a straight line, whatever its sign.
    if curvature >= -1e-12 * max(1.0, abs(slope)):
        return None
    # The derivative in z is slope + 2 curvature z; back in x, z is worth `width`.
    return min(max(centre - width * slope / (2 * curvature), low), high)
