"""Which pixels of a 64x64 picture a shape covers, in whole numbers: no byte depends on a machine or a library.

The pixel in column x and row y is the point (x, y), its centre. It belongs to a shape that holds this point or has it
on its edge.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

SIDE = 64
Mask = NDArray[np.bool_]

X, Y = np.arange(SIDE)[None, :], np.arange(SIDE)[:, None]

UNIT = 1 << 14
"""A pixel in turned coordinates: sines and cosines are rounded to multiples of 1/16384, the same everywhere."""

COSINES, SINES = (
    [round(UNIT * turn(math.radians(degrees))) for degrees in range(360)] for turn in (math.cos, math.sin)
)


def disc(x: int, y: int, radius: int) -> Mask:
    """Return the pixels at most `radius` from (x, y), bool (64, 64)."""
    across, down = X - x, Y - y
    return across * across + down * down <= radius * radius


def rectangle(x: int, y: int, width: int, height: int) -> Mask:
    """Return width x height pixels with (x, y) in the middle; of an even side, in the second of the two middle ones."""
    left, top = x - width // 2, y - height // 2
    return (left <= X) & (left + width > X) & (top <= Y) & (top + height > Y)


def line(start: tuple[int, int], end: tuple[int, int], width: int) -> Mask:
    """Return the pixels at most half a width from the straight line between two points: its ends are round."""
    (x, y), (right, bottom) = start, end
    run, rise = right - x, bottom - y
    across, down = X - x, Y - y
    length, along, beside = run * run + rise * rise, across * run + down * rise, across * rise - down * run
    between = (along > 0) & (along < length) & (4 * beside * beside <= width * width * length)
    ends = [4 * ((X - x) ** 2 + (Y - y) ** 2) <= width * width for x, y in (start, end)]
    return between | ends[0] | ends[1]


def leaf(x: int, y: int, length: int, degrees: int) -> tuple[Mask, Mask]:
    """Return the blade of a leaf around (x, y), and its veins.

    The blade is an ellipse of axes `length` and 0.6 `length`, its long axis turned from the horizontal by `degrees`. A
    vein runs along the long axis. Three leave it, 45 degrees to its end, at a quarter, a half and three quarters of the
    length, by turns to either side, and end with the blade. All are one pixel wide.
    """
    cosine, sine = COSINES[degrees], SINES[degrees]
    # Along the long axis and across it, in units of 1/16384 of a pixel: squares stay far below 2**63.
    along = cosine * (X - x) + sine * (Y - y)
    across = cosine * (Y - y) - sine * (X - x)
    # (2 along / length)**2 + (2 across / 0.6 length)**2 <= 1, times 9 length**2.
    blade = 36 * along * along + 100 * across * across <= 9 * (length * UNIT) ** 2
    veins = 2 * np.abs(across) <= UNIT
    for quarter, side in ((-1, 1), (0, -1), (1, 1)):
        # Four times the distance from the line at 45 degrees, times the root of 2.
        beside = 4 * (along - side * across) - quarter * length * UNIT
        veins |= (beside * beside <= 8 * UNIT * UNIT) & (side * across >= 0)
    return blade, veins & blade
